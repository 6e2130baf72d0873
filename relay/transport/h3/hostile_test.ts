/** Random and half-random bytes on every kind of stream: nothing hangs and nothing else fails. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import {
  CONNECT,
  headersFrame,
  hex,
  http3Pair,
  openControl,
  openRequest,
  openUni,
} from "../../../tests/support/peers/http3.ts";
import { TransportError } from "../errors.ts";
import type { Connection } from "../types.ts";
import { controlStreamPreface } from "./control_stream.ts";
import { HANDSHAKE_TIMEOUT } from "../limits.ts";
import { concat } from "./varint.ts";

const junk = fc.uint8Array({ maxLength: 40 });
// What makes junk get past the first check.
const start = fc.constantFrom(
  "",
  "00",
  "0004",
  "000400",
  "02",
  "03",
  "4054",
  "405400",
  "21",
  "4041",
)
  .map(hex);
const frameStart = fc.constantFrom("", "01", "0108", "01080000", "00", "0004", "404101", "404100")
  .map(hex);
const capsuleStart = fc.constantFrom("", "0020", "00206843", "0008684307", "0006800078ae", "0104")
  .map(hex);

Deno.test("a handshake of random bytes ends with an error of ours", async () => {
  const stream = (first: fc.Arbitrary<Uint8Array>) => fc.tuple(first, junk, fc.boolean());
  const streams = fc.array(stream(start), { maxLength: 6 });
  await checkProperty(
    fc.asyncProperty(
      streams,
      fc.array(stream(frameStart), { maxLength: 4 }),
      async (unis, bidis) => {
        const { client, clock, accepted } = http3Pair();
        for (const [head, tail, ended] of unis) {
          await send(client, () => client.openUni(), concat(head, tail), ended);
        }
        for (const [head, tail, ended] of bidis) {
          const open = async () => (await client.openBidi()).send;
          await send(client, open, concat(head, tail), ended);
        }
        await clock.advance(HANDSHAKE_TIMEOUT);
        await assert.rejects(accepted, isHandshakeError);
        await client.closed;
        assert.equal(clock.pending, 0);
      },
    ),
    { numRuns: 1500 },
  );
});

Deno.test("a handshake with bytes turned over is accepted or refused", async () => {
  const control = controlStreamPreface();
  const request = headersFrame(CONNECT);
  const flips = fc.array(
    fc.tuple(fc.nat(control.length + request.length - 1), fc.integer({ min: 1, max: 255 })),
    { minLength: 1, maxLength: 3 },
  );
  await checkProperty(
    fc.asyncProperty(flips, async (flips) => {
      const bytes = concat(control, request);
      for (const [at, mask] of flips) bytes[at]! ^= mask;
      const { client, clock, accepted } = http3Pair();
      await openUni(client, bytes.subarray(0, control.length));
      const stream = await client.openBidi();
      await stream.send.write(bytes.subarray(control.length));
      await clock.advance(HANDSHAKE_TIMEOUT);
      await accepted.then(async (session) => {
        client.close(0x100, "");
        await session.closed;
      }, (error) => assert(isHandshakeError(error)));
      assert.equal(clock.pending, 0);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("random bytes on the session's stream end it, or not, and nothing else", async () => {
  const parts = fc.array(fc.tuple(capsuleStart, junk), { maxLength: 5 });
  await checkProperty(
    fc.asyncProperty(parts, async (parts) => {
      const { client, accepted } = http3Pair();
      await openControl(client);
      const request = await openRequest(client);
      const session = await accepted;
      for (const [head, tail] of parts) {
        await request.send.write(concat(head, tail)).catch(() => {});
      }
      await request.send.finish().catch(() => {});
      const { by } = await session.closed;
      assert.notEqual(by, "lost");
      await client.closed;
    }),
    { numRuns: 1000 },
  );
});

Deno.test("random datagrams and data streams leave a session alone", async () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom("405400", "21"), junk, junk));
  await checkProperty(
    fc.asyncProperty(pieces, async (pieces) => {
      const { client, accepted } = http3Pair();
      await openControl(client);
      await openRequest(client);
      const session = await accepted;
      for (const [head, tail, datagram] of pieces) {
        client.sendDatagram(datagram);
        await send(client, () => client.openUni(), concat(hex(head), tail), true);
      }
      client.sendDatagram(hex("00 7e7e"));
      for (let last = ""; last !== "7e7e";) {
        const bytes = await session.receiveDatagram();
        assert(bytes !== undefined, "the session ended");
        last = bytes.toHex();
      }
      client.close(0x100, "");
      assert.equal((await session.closed).code, 0);
    }),
    { numRuns: 300 },
  );
});

/** Sends what the connection still takes. */
async function send(
  client: Connection,
  open: () => Promise<{ write(bytes: Uint8Array): Promise<void>; finish(): Promise<void> }>,
  bytes: Uint8Array,
  ended: boolean,
): Promise<void> {
  try {
    const stream = await open();
    await stream.write(bytes);
    if (ended) await stream.finish();
  } catch (error) {
    assert(error instanceof TransportError, `${client.remoteAddress}: ${error}`);
  }
}

function isHandshakeError(error: unknown): boolean {
  return error instanceof TransportError && error.kind === "handshake";
}
