import assert from "node:assert/strict";
import {
  CONNECT,
  headersFrame,
  hex,
  http3Pair,
  openControl,
  openRequest,
  openSession,
  openUni,
  readAnswer,
} from "../../../tests/support/peers/http3.ts";
import { TransportError } from "../errors.ts";
import type { Connection, SendStream } from "../types.ts";
import { Http3Code } from "./codes.ts";
import {
  MAX_EXTRA_REQUESTS,
  MAX_SILENT_STREAMS,
  MAX_UNCLAIMED_STREAMS,
  STREAM_HEADER_TIMEOUT,
} from "./limits.ts";

Deno.test("streams without their header hold up nobody", async () => {
  const { client, session } = await openSession();
  for (const part of ["", "40", "4054", "4054 40", "c0000000"]) await openUni(client, hex(part));
  for (const part of ["", "40", "4041", "4041 c0"]) {
    await (await client.openBidi()).send.write(hex(part));
  }
  await openUni(client, hex("4054 00 61"));
  await (await client.openBidi()).send.write(hex("4041 00 62"));
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  const bidi = await session.acceptBidi();
  assert.deepEqual(await bidi?.receive.read(new Uint8Array(9)), hex("62"));
  await end(session, client);
});

Deno.test("a header that comes byte by byte is a header", async () => {
  const { client, session } = await openSession();
  const stream = await openUni(client, ...[0x40, 0x54, 0xc0].map((byte) => Uint8Array.of(byte)));
  for (let count = 0; count < 7; count++) await stream.write(Uint8Array.of(0));
  await stream.write(hex("61"));
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  await end(session, client);
});

Deno.test("streams that end before their header harm nobody", async () => {
  const { client, session } = await openSession();
  for (const part of ["", "40", "4054", "4054 40"]) {
    await (await openUni(client, hex(part))).finish();
    (await openUni(client, hex(part))).reset(1);
  }
  for (const part of ["", "40", "4041", "4041 c0"]) {
    const { send } = await client.openBidi();
    await send.write(hex(part));
    await send.finish();
  }
  await openUni(client, hex("4054 00 61"));
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  await end(session, client);
});

Deno.test("silent streams are stopped after a while, but for the first few", async () => {
  const { client, session, clock } = await openSession();
  const streams: SendStream[] = [];
  for (let at = 0; at < MAX_SILENT_STREAMS + 3; at++) {
    streams.push(await openUni(client, hex("40")));
  }
  await clock.advance(STREAM_HEADER_TIMEOUT - 1);
  for (const stream of streams) await stream.write(new Uint8Array());
  await clock.advance(1);
  const rest = hex("54 00 61");
  const written = await Promise.all(
    streams.map(async (stream) =>
      await stream.write(rest).then(() => "taken", (error) => {
        assert(error instanceof TransportError);
        assert.equal(error.kind, "stopped");
        assert.equal(error.code, Http3Code.bufferedStreamRejected);
        return "stopped";
      })
    ),
  );
  const taken = Array(MAX_SILENT_STREAMS).fill("taken");
  assert.deepEqual(written, [...taken, "stopped", "stopped", "stopped"]);
  for (let at = 0; at < MAX_SILENT_STREAMS; at++) {
    assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  }
  await end(session, client);
  assert.equal(clock.pending, 0);
});

Deno.test("no more streams are taken than there is room for", async () => {
  const { client, session } = await openSession();
  const streams: SendStream[] = [];
  for (let at = 0; at < MAX_UNCLAIMED_STREAMS; at++) streams.push(await openUni(client));
  const late = await openUni(client, hex("4054 00 61"));
  let claimed = false;
  const next = session.acceptUni().then((stream) => {
    claimed = true;
    return stream;
  });
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  assert.equal(claimed, false, "a stream too many was taken");
  await streams[7]!.finish();
  assert.deepEqual(await (await next)?.read(new Uint8Array(9)), hex("61"));
  await late.finish();
  await end(session, client);
});

Deno.test("there is room again for every stream that was taken", async () => {
  const { client, session } = await openSession();
  for (let at = 0; at < MAX_UNCLAIMED_STREAMS + 1; at++) {
    await openUni(client, hex("4054 00"), Uint8Array.of(at));
    const { send } = await client.openBidi();
    await send.write(hex("4041 00"));
    await send.write(Uint8Array.of(at));
    const uni = await session.acceptUni();
    const bidi = await session.acceptBidi();
    for (const stream of [uni, bidi?.receive]) {
      assert.deepEqual(await stream?.read(new Uint8Array(9)), Uint8Array.of(at));
    }
  }
  await end(session, client);
});

Deno.test("a second request gets 429 and the session stays", async () => {
  const { client, session } = await openSession();
  for (const fields of [CONNECT, [[":method", "GET"], [":path", "/"]] as const]) {
    const second = await openRequest(client, fields);
    assert.equal((await readAnswer(second)).get(":status"), "429");
    assert.equal(await second.receive.read(new Uint8Array(1)), undefined);
    await assert.rejects(second.send.write(hex("61")), {
      kind: "stopped",
      code: Http3Code.requestRejected,
    });
  }
  await openUni(client, hex("4054 00 61"));
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  await end(session, client);
});

Deno.test("two requests at once make one session", async () => {
  const { client, accepted } = http3Pair();
  const first = await openRequest(client);
  const second = await openRequest(client);
  assert.equal((await readAnswer(second)).get(":status"), "429");
  await openControl(client);
  assert.equal((await readAnswer(first)).get(":status"), "200");
  await end(await accepted, client);
});

Deno.test("too many requests beside the session end the connection", async () => {
  const { client, session } = await openSession();
  for (let count = 0; count < MAX_EXTRA_REQUESTS + 1; count++) await openRequest(client);
  assert.equal((await client.closed).code, Http3Code.excessiveLoad);
  assert.equal((await session.closed).by, "local");
});

Deno.test("data that comes before the request waits for it", async () => {
  const { client, accepted } = http3Pair();
  const request = await client.openBidi();
  await openUni(client, hex("4054 00 61"));
  await (await client.openBidi()).send.write(hex("4041 00 62"));
  await openControl(client);
  await request.send.write(headersFrame(CONNECT));
  const session = await accepted;
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  const bidi = await session.acceptBidi();
  assert.deepEqual(await bidi?.receive.read(new Uint8Array(9)), hex("62"));
  await end(session, client);
});

Deno.test("streams of another session are refused, those of ours are not", async () => {
  const { client, session } = await openSession();
  const uni = await openUni(client, hex("4054 04 61"));
  const bidi = await client.openBidi();
  await bidi.send.write(hex("4041 08 61"));
  await openUni(client, hex("4054 00 62"));
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("62"));
  const code = Http3Code.bufferedStreamRejected;
  await assert.rejects(uni.write(hex("61")), { kind: "stopped", code });
  await assert.rejects(bidi.send.write(hex("61")), { kind: "stopped", code });
  await assert.rejects(bidi.receive.read(new Uint8Array(1)), { kind: "reset", code });
  await end(session, client);
});

Deno.test("where there are no resets a refused stream ends", async () => {
  const { client, session } = await openSession({}, { canReset: false });
  const bidi = await client.openBidi();
  await bidi.send.write(hex("4041 08 61"));
  assert.equal(await bidi.receive.read(new Uint8Array(1)), undefined);
  await end(session, client);
});

Deno.test("streams of unknown types are stopped, QPACK's are read for ever", async () => {
  const { client, session } = await openSession({}, { streamWindow: 1000 });
  const unknown = await openUni(client, hex("21"));
  await assert.rejects(unknown.write(new Uint8Array(2000)), {
    kind: "stopped",
    code: Http3Code.streamCreationError,
  });
  const encoder = await openUni(client, hex("02"));
  for (let count = 0; count < 10; count++) await encoder.write(new Uint8Array(5000));
  await end(session, client);
});

async function end(session: Connection, client: Connection): Promise<void> {
  client.close(Http3Code.noError, "");
  await session.closed;
}
