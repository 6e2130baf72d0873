import assert from "node:assert/strict";
import { hex, openSession } from "../../../tests/support/peers/http3.ts";
import { Http3Code } from "./codes.ts";
import { FRAMES_AT_ONCE, FRAMES_PER_SECOND } from "./limits.ts";
import { concat } from "./varint.ts";

const FLOODS: readonly (readonly [what: string, unit: string])[] = [
  ["empty frames", "00 00"],
  ["frames of unknown types", "21 00"],
  ["empty capsules in frames of their own", "00 02 17 00"],
];

for (const [what, unit] of FLOODS) {
  Deno.test(`a session that floods with ${what} is closed for excessive load`, async () => {
    const { session, client, request } = await openSession();
    const received = session.receiveDatagram();
    await request.send.write(repeated(unit, FRAMES_AT_ONCE + 1)).catch(() => {});
    const { by, code, overLimit } = await session.closed;
    assert.deepEqual({ by, code, overLimit }, {
      by: "local",
      code: Http3Code.excessiveLoad,
      overLimit: true,
    });
    assert.equal((await client.closed).code, Http3Code.excessiveLoad);
    assert.equal(await received, undefined);
  });
}

Deno.test("a session that floods with capsules in one frame is closed for excessive load", async () => {
  const { session, request } = await openSession();
  const capsules = repeated("17 00", FRAMES_AT_ONCE + 1);
  const header = Uint8Array.of(0, 0x80, 0, capsules.length >> 8, capsules.length & 0xff);
  await request.send.write(concat(header, capsules)).catch(() => {});
  assert.equal((await session.closed).code, Http3Code.excessiveLoad);
});

Deno.test("a session that floods with datagrams of no session is closed for excessive load", async () => {
  const { session, client } = await openSession();
  const received = session.receiveDatagram();
  for (let sent = 0; sent <= FRAMES_AT_ONCE; sent++) {
    client.sendDatagram(Uint8Array.of(9));
    if (sent % 100 === 0) await settled();
  }
  assert.equal((await session.closed).overLimit, true);
  assert.equal(await received, undefined);
});

Deno.test("a session may send frames beside its data for ever, a few a second", async () => {
  const { session, clock, request } = await openSession();
  // A frame and a capsule each time, more in all than there may be at once.
  for (let sent = 0; sent < FRAMES_AT_ONCE; sent++) {
    await request.send.write(hex("00 02 17 00"));
    await clock.advance(2 * 1_000 / FRAMES_PER_SECOND);
  }
  await request.send.finish();
  assert.deepEqual(await session.closed, { code: 0, reason: "", by: "peer" });
});

function repeated(unit: string, count: number): Uint8Array<ArrayBuffer> {
  return hex(unit.repeat(count));
}

function settled(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(resolve));
}
