import assert from "node:assert/strict";
import {
  hex,
  http3Pair,
  openControl,
  openRequest,
  openSession,
  openUni,
} from "../../../tests/support/peers/http3.ts";
import type { Connection, ReceiveStream } from "../types.ts";
import { encodeClose } from "./capsules.ts";
import { Http3Code, toHttp3Code } from "./codes.ts";
import { encodeFrame, FrameType } from "./frames.ts";
import { GOODBYE_GRACE, LINGER_TIMEOUT } from "./limits.ts";
import { concat, encodeVarint } from "./varint.ts";

const GOODBYE = "00 0a 6843 07 0000004d 636c69"; // DATA with the close capsule of 77, "cli"

Deno.test("close() sends the capsule and FIN, and ends the connection when they were noted", async () => {
  const { client, session, clock, request, frames } = await openSession();
  session.close(77, "cli");
  session.close(78, "too late");
  assert.equal(await frames.next(), FrameType.data);
  assert.deepEqual(await frames.payload(100), hex(GOODBYE).subarray(2));
  assert.equal(await frames.next(), undefined);
  await request.send.finish();
  await clock.advance(GOODBYE_GRACE - 1);
  assert.equal(client.sendDatagram(new Uint8Array(1)), true, "closed too early for a browser");
  await clock.advance(1);
  assert.deepEqual(await session.closed, { code: 77, reason: "cli", by: "local" });
  assert.deepEqual(await client.closed, { code: Http3Code.noError, reason: "", by: "peer" });
  assert.equal(clock.pending, 0);
});

Deno.test("close() waits for a silent peer no longer than it must", async () => {
  const { client, session, clock } = await openSession();
  session.close(1, "");
  await clock.advance(LINGER_TIMEOUT - 1);
  assert.equal(client.sendDatagram(new Uint8Array(1)), true, "closed too early");
  await clock.advance(1);
  assert.deepEqual(await session.closed, { code: 1, reason: "", by: "local" });
  assert.equal(clock.pending, 0);
});

Deno.test("close() does not wait for a peer that reads nothing", async () => {
  const { client, session, clock } = await openSession({}, { streamWindow: 64 });
  session.close(1, "x".repeat(1000));
  await clock.advance(LINGER_TIMEOUT);
  assert.deepEqual((await session.closed).by, "local");
  assert.equal((await client.closed).code, Http3Code.noError);
});

const ENDINGS: readonly (readonly [title: string, hex: string, code: number, reason: string])[] = [
  ["the close capsule", GOODBYE, 77, "cli"],
  ["the close capsule in three frames", "00 03 684307 00 00 00 07 0000004d636c69", 77, "cli"],
  ["the close capsule behind GREASE", "4040 01 ff 00 02 1700" + GOODBYE, 77, "cli"],
  ["the close capsule with more behind it", GOODBYE + "00 01 61 ffff", 77, "cli"],
  ["a plain FIN", "", 0, ""],
  ["a plain FIN behind DRAIN", "00 05 800078ae 00", 0, ""],
  ["a FIN inside a capsule", "00 05 684307 00 00", 0, ""],
];

for (const [title, bytes, code, reason] of ENDINGS) {
  Deno.test(`closed says how the peer ended the session: ${title}`, async () => {
    const { client, session, request } = await openSession();
    await request.send.write(hex(bytes));
    await request.send.finish().catch(() => {});
    assert.deepEqual(await session.closed, { code, reason, by: "peer" });
    assert.equal((await client.closed).code, Http3Code.noError);
  });
}

Deno.test("closed tells of a session whose stream was reset", async () => {
  const { session, request } = await openSession();
  request.send.reset(Http3Code.requestRejected);
  const { code, by } = await session.closed;
  assert.deepEqual({ code, by }, { code: 0, by: "peer" });
});

Deno.test("closed tells of a connection that ended without a goodbye", async () => {
  for (const [raw, code] of [[0x100, 0], [42, 42], [toHttp3Code(9), 9]] as const) {
    const { client, session } = await openSession();
    client.close(raw, "bye");
    assert.deepEqual(await session.closed, { code, reason: "bye", by: "peer" });
  }
  const { client, session } = await openSession();
  client.sever();
  assert.equal((await session.closed).by, "lost");
});

for (
  const [title, bytes, code] of [
    ["HEADERS", "01 02 0000", Http3Code.frameUnexpected],
    ["SETTINGS", "04 00", Http3Code.frameUnexpected],
    ["a frame of HTTP/2", "08 00", Http3Code.frameUnexpected],
    ["a stream's header", "4041 00", Http3Code.frameUnexpected],
    ["a close capsule without a code", "00 04 684301 00", Http3Code.messageError],
    ["a frame cut short", "00 05 00", Http3Code.frameError],
  ] as const
) {
  Deno.test(`a session ends the connection for ${title} on its stream`, async () => {
    const { client, session, request } = await openSession();
    await request.send.write(hex(bytes));
    await request.send.finish().catch(() => {});
    const ended = await session.closed;
    assert.equal(ended.by, "local");
    assert.equal(ended.code, code);
    assert.equal((await client.closed).code, code);
  });
}

Deno.test("drain() asks for the end in a capsule of its own, any number of times", async () => {
  const { client, session, frames } = await openSession();
  session.drain();
  session.drain();
  for (let count = 0; count < 2; count++) {
    assert.equal(await frames.next(), FrameType.data);
    assert.deepEqual(await frames.payload(100), hex("800078ae 00"));
  }
  client.close(0x100, "");
  await session.closed;
  session.drain();
});

Deno.test("the prefix of a stream goes with the first write, and alone with finish()", async () => {
  const { client, session } = await openSession();
  await client.acceptUni(); // the control stream
  const uni = await session.openUni();
  await uni.write(hex("61"));
  await uni.write(hex("62"));
  assert.deepEqual(await read(await client.acceptUni()), hex("4054 00 61 62"));
  await (await session.openUni()).finish();
  const empty = await client.acceptUni();
  assert.deepEqual(await read(empty), hex("4054 00"));
  assert.equal(await read(empty), undefined);
  const { id, send } = await session.openBidi();
  await send.write(new Uint8Array());
  const theirs = await client.acceptBidi();
  assert.equal(theirs?.id, id);
  assert.deepEqual(await read(theirs?.receive), hex("4041 00"));
  await end(session, client);
});

Deno.test("codes travel in the range of HTTP/3 and come out of it", async () => {
  const { client, session } = await openSession();
  await client.acceptUni();
  const uni = await session.openUni();
  await uni.write(hex("61"));
  const theirs = await client.acceptUni();
  await read(theirs);
  uni.reset(31);
  await assert.rejects(read(theirs), { kind: "reset", code: toHttp3Code(31) });

  const sent = await openUni(client, hex("4054 00 61"));
  const received = await session.acceptUni();
  await read(received);
  received!.stop(12);
  await assert.rejects(sent.write(hex("62")), { kind: "stopped", code: toHttp3Code(12) });

  const stopped = await session.openUni();
  await stopped.write(hex("61"));
  (await client.acceptUni())!.stop(toHttp3Code(33));
  await assert.rejects(stopped.write(hex("61")), { kind: "stopped", code: 33 });

  const reset = await openUni(client, hex("4054 00 61"));
  const broken = await session.acceptUni();
  await read(broken);
  reset.reset(Http3Code.internalError);
  await assert.rejects(read(broken), { kind: "reset", code: 0 });
  await end(session, client);
});

Deno.test("datagrams carry the session's number, others are dropped", async () => {
  const { client, session } = await openSession();
  assert.equal(session.maxDatagramSize, client.maxDatagramSize - 1);
  assert.equal(session.sendDatagram(hex("6162")), true);
  assert.deepEqual(await client.receiveDatagram(), hex("00 6162"));
  for (const bytes of ["", "01 61", "40", "c000000000000001 61", "ffffffffffffffff"]) {
    client.sendDatagram(hex(bytes));
  }
  client.sendDatagram(hex("00 63"));
  client.sendDatagram(hex("4000 64"));
  client.sendDatagram(hex("00"));
  assert.deepEqual(await session.receiveDatagram(), hex("63"));
  assert.deepEqual(await session.receiveDatagram(), hex("64"));
  assert.deepEqual(await session.receiveDatagram(), hex(""));
  await end(session, client);
});

Deno.test("a session whose number is not 0 uses that number everywhere", async () => {
  const { client, accepted } = http3Pair();
  await openControl(client);
  const early = await client.openBidi();
  await early.send.write(concat(encodeVarint(FrameType.webTransport), encodeVarint(4n), hex("61")));
  await openRequest(client);
  const session = await accepted;
  assert.deepEqual(await read((await session.acceptBidi())?.receive), hex("61"));
  session.sendDatagram(hex("61"));
  assert.deepEqual(await client.receiveDatagram(), hex("01 61"));
  await client.acceptUni();
  await (await session.openUni()).write(hex("61"));
  assert.deepEqual(await read(await client.acceptUni()), hex("4054 04 61"));
  await end(session, client);
});

Deno.test("a peer without datagrams gets none", async () => {
  const { client, accepted } = http3Pair();
  await openUni(client, hex("00 0400"));
  await openRequest(client);
  const session = await accepted;
  assert.equal(session.maxDatagramSize, 0);
  assert.equal(session.sendDatagram(hex("61")), false);
  await end(session, client);
});

Deno.test("a close capsule makes the same session end on both sides", async () => {
  const { session, client, request } = await openSession();
  await request.send.write(encodeFrame(FrameType.data, encodeClose(5, "enough")));
  assert.equal(await session.acceptUni(), undefined);
  await assert.rejects(session.openUni(), { kind: "closed", code: 5 });
  session.close(6, "too late");
  assert.deepEqual(await session.closed, { code: 5, reason: "enough", by: "peer" });
  await client.closed;
});

function read(stream: ReceiveStream | undefined): Promise<Uint8Array | undefined> {
  return stream!.read(new Uint8Array(100));
}

async function end(session: Connection, client: Connection): Promise<void> {
  client.close(Http3Code.noError, "");
  await session.closed;
}
