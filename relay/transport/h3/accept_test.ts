import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import {
  CONNECT,
  headersFrame,
  hex,
  http3Pair,
  openControl,
  openRequest,
  openUni,
  readAnswer,
} from "../../../tests/support/peers/http3.ts";
import { TransportError } from "../errors.ts";
import { StreamReader } from "./stream_reader.ts";
import { Http3Code } from "./codes.ts";
import { controlStreamPreface } from "./control_stream.ts";
import { HANDSHAKE_TIMEOUT } from "../limits.ts";
import { FrameGuard } from "./frame_guard.ts";
import { FrameReader, FrameType } from "./frames.ts";
import { LINGER_TIMEOUT, MAX_FIELD_SECTION_SIZE } from "./limits.ts";
import type { Field } from "./qpack/static_table.ts";
import { concat } from "./varint.ts";

Deno.test("acceptWebTransport() yields a session that knows what was asked for", async () => {
  const { client, accepted } = http3Pair();
  await openControl(client);
  const request = await openRequest(client);
  const session = await accepted;
  assert.equal(session.transport, "webtransport");
  assert.equal(session.protocol, "moqt-18");
  assert.equal(session.path, "/room?a=1");
  assert.equal(session.authority, "relay.example");
  assert.equal(session.remoteAddress, "memory:client");
  assert.deepEqual([...await readAnswer(request)], [
    [":status", "200"],
    ["sec-webtransport-http3-draft", "draft02"],
    ["wt-protocol", '"moqt-18"'],
  ]);
  client.close(0x100, "");
  await session.closed;
});

Deno.test("acceptWebTransport() says what we speak before the client says anything", async () => {
  const { client, accepted } = http3Pair();
  const control = await client.acceptUni();
  const preface = await control!.read(new Uint8Array(100));
  assert.deepEqual(preface, controlStreamPreface());
  client.close(0x100, "");
  await assert.rejects(accepted);
});

Deno.test("acceptWebTransport() passes GREASE by, wherever it may stand", async () => {
  const { client, accepted } = http3Pair();
  const grease = hex("4040 05 0102030405"); // a frame of type 0x40
  await openUni(client, hex("4040 ffff")); // a stream of type 0x40
  await openUni(client, hex("02")); // QPACK's, without instructions
  await openUni(client, hex("03"));
  await openUni(client); // silent, as Chromium's are
  const settings = hex("00 04 0c 3301 7fff c000000000000001");
  const control = await openUni(client, settings.subarray(0, 3), settings.subarray(3));
  await control.write(concat(grease, hex("800f0700 01 00"), grease)); // PRIORITY_UPDATE between
  const request = await client.openBidi();
  await request.send.write(concat(grease, grease));
  await request.send.write(headersFrame([...CONNECT, ["priority", "u=1"], ["x-grease", "?1"]]));
  await request.send.write(grease);
  const session = await accepted;
  await openUni(client, hex("4054 00 61"));
  const stream = await session.acceptUni();
  assert.deepEqual(await stream!.read(new Uint8Array(9)), hex("61"));
  client.close(0x100, "");
  assert.equal((await session.closed).code, 0);
});

Deno.test("acceptWebTransport() does with headers in the longest form", async () => {
  const { client, accepted } = http3Pair();
  await openUni(client, hex("c000000000000000 c000000000000004 c000000000000000"));
  const request = await client.openBidi();
  const payload = headersFrame(CONNECT).subarray(3);
  const length = payload.length.toString(16).padStart(16, "0").replace(/^0/, "c");
  await request.send.write(concat(hex("c000000000000001" + length), payload));
  const session = await accepted;
  await openUni(client, hex("c000000000000054 c000000000000000 6162636465"));
  const stream = await session.acceptUni();
  assert.deepEqual(await stream!.read(new Uint8Array(2)), hex("6162"));
  assert.deepEqual(await stream!.read(new Uint8Array(9)), hex("636465"));
  client.close(0x100, "");
  await session.closed;
});

const REFUSALS: readonly (readonly [title: string, Field[], status: string, reason: RegExp])[] = [
  ["an ordinary request", [[":method", "GET"], [":path", "/"]], "405", /method "GET"/],
  ["a WebSocket", replace(":protocol", "websocket"), "501", /"websocket"/],
  ["a malformed request", [[":method", "CONNECT"], [":method", "CONNECT"]], "400", /malformed/],
  ["no common protocol", replace("wt-available-protocols", '"h9"'), "400", /no common protocol/],
];

for (const [title, fields, status, reason] of REFUSALS) {
  Deno.test(`acceptWebTransport() refuses ${title} with ${status}`, async () => {
    const { client, server, accepted } = http3Pair();
    await openControl(client);
    const request = await openRequest(client, fields);
    const frames = new FrameReader(new StreamReader(request.receive), new FrameGuard(systemClock));
    assert.equal((await readAnswer(request, frames)).get(":status"), status);
    assert.equal(await frames.next(), FrameType.data);
    assert.match(new TextDecoder().decode(await frames.payload(500)), reason);
    assert.equal(await frames.next(), undefined);
    await request.send.finish();
    await rejects(accepted, reason);
    assert.equal((await server.closed).by, "local");
    assert.equal((await client.closed).code, Http3Code.noError);
  });
}

Deno.test("acceptWebTransport() refuses an origin with 403", async () => {
  const { client, accepted } = http3Pair({ allowOrigin: (origin) => origin === "https://good" });
  await openControl(client);
  const request = await openRequest(client, [...CONNECT, ["origin", "https://bad"]]);
  assert.equal((await readAnswer(request)).get(":status"), "403");
  client.close(0x100, "");
  await rejects(accepted, /^the origin "https:\/\/bad" is not allowed$/);
});

Deno.test("acceptWebTransport() refuses too large a request with 431, unread", async () => {
  const { client, accepted } = http3Pair();
  await openControl(client);
  const request = await client.openBidi();
  const length = (MAX_FIELD_SECTION_SIZE + 1).toString(16).padStart(8, "0").replace(/^0/, "8");
  await request.send.write(hex("01" + length));
  assert.equal((await readAnswer(request)).get(":status"), "431");
  client.close(0x100, "");
  await rejects(accepted, /too large/);
});

Deno.test("acceptWebTransport() does not wait for ever until a refusal was read", async () => {
  const { client, server, clock, accepted } = http3Pair();
  await openControl(client);
  const request = await openRequest(client, REFUSALS[0]![1]);
  assert.equal((await readAnswer(request)).get(":status"), "405");
  await clock.advance(LINGER_TIMEOUT - 1);
  assert.equal(server.sendDatagram(new Uint8Array(1)), true, "closed too early");
  await clock.advance(1);
  await rejects(accepted, /method "GET"/);
  assert.equal((await client.closed).code, Http3Code.noError);
  assert.equal(clock.pending, 0);
});

Deno.test("acceptWebTransport() keeps its deadline", async () => {
  for (const timeout of [undefined, 300]) {
    const { client, clock, accepted } = http3Pair(timeout ? { handshakeTimeout: timeout } : {});
    await openControl(client);
    await clock.advance((timeout ?? HANDSHAKE_TIMEOUT) - 1);
    assert.equal(client.sendDatagram(new Uint8Array(1)), true, "closed too early");
    await clock.advance(1);
    await rejects(accepted, /^the handshake took longer than (10000|300) ms$/);
    await client.closed;
    assert.equal(clock.pending, 0);
  }
});

Deno.test("acceptWebTransport() waits for stream credit no longer than that", async () => {
  const { clock, accepted } = http3Pair({}, { maxUniStreams: 0 });
  await clock.advance(HANDSHAKE_TIMEOUT);
  await rejects(accepted, /took longer/);
});

Deno.test("acceptWebTransport() rejects when the client vanishes", async () => {
  const { client, clock, accepted } = http3Pair();
  await openControl(client);
  client.sever();
  await rejects(accepted, /^The connection ended: timed out$/);
  assert.equal(clock.pending, 0);
});

const VIOLATIONS: readonly (readonly [title: string, hex: string, code: number])[] = [
  ["a control stream without SETTINGS", "00 07 01 00", Http3Code.missingSettings],
  ["a control stream that begins with GREASE", "00 4040 00", Http3Code.missingSettings],
  ["SETTINGS twice", "00 0400 0400", Http3Code.frameUnexpected],
  ["DATA on the control stream", "00 0400 0000", Http3Code.frameUnexpected],
  ["HEADERS on the control stream", "00 0400 0100", Http3Code.frameUnexpected],
  ["PUSH_PROMISE on the control stream", "00 0400 0500", Http3Code.frameUnexpected],
  ["a frame of HTTP/2", "00 0400 0600", Http3Code.frameUnexpected],
  ["another frame of HTTP/2", "00 0400 0900", Http3Code.frameUnexpected],
  ["CANCEL_PUSH", "00 0400 030100", Http3Code.idError],
  ["a growing GOAWAY", "00 0400 070104 070108", Http3Code.idError],
  ["a GOAWAY of two integers", "00 0400 07020400", Http3Code.frameError],
  ["an empty GOAWAY", "00 0400 0700", Http3Code.frameError],
  ["a setting of HTTP/2", "00 0402 0401", Http3Code.settingsError],
  ["a setting cut short", "00 0401 08", Http3Code.frameError],
  ["endless SETTINGS", "00 04 bfffffff", Http3Code.excessiveLoad],
  ["a push stream", "01 00", Http3Code.streamCreationError],
  ["a session that no request has", "4054 01", Http3Code.idError],
];

for (const [title, bytes, code] of VIOLATIONS) {
  Deno.test(`acceptWebTransport() ends the connection for ${title}`, async () => {
    const { client, accepted } = http3Pair();
    await openUni(client, hex(bytes));
    await rejects(accepted, /./);
    assert.equal((await client.closed).code, code);
  });
}

const REQUEST_VIOLATIONS: typeof VIOLATIONS = [
  ["DATA before the request", "00 01 61", Http3Code.frameUnexpected],
  ["SETTINGS on a request", "04 00", Http3Code.frameUnexpected],
  ["a frame of HTTP/2 on a request", "02 00", Http3Code.frameUnexpected],
  ["a dynamic reference", "01 03 000080", Http3Code.qpackDecompressionFailed],
  ["a broken Huffman string", "01 05 000023 ff 00", Http3Code.qpackDecompressionFailed],
  ["a session that no request has", "4041 03", Http3Code.idError],
];

for (const [title, bytes, code] of REQUEST_VIOLATIONS) {
  Deno.test(`acceptWebTransport() ends the connection for ${title}, as a request`, async () => {
    const { client, accepted } = http3Pair();
    await openControl(client);
    await (await client.openBidi()).send.write(hex(bytes));
    await rejects(accepted, /./);
    assert.equal((await client.closed).code, code);
  });
}

Deno.test("acceptWebTransport() ends the connection for a second control stream", async () => {
  for (const type of ["00 0400", "02", "03"]) {
    const { client, accepted } = http3Pair();
    await openUni(client, hex(type));
    await openUni(client, hex(type));
    await rejects(accepted, /comes twice/);
    assert.equal((await client.closed).code, Http3Code.streamCreationError);
  }
});

Deno.test("acceptWebTransport() ends the connection when a critical stream ends", async () => {
  for (const type of ["00 0400", "00", "02", "03"]) {
    for (const how of ["finish", "reset"] as const) {
      const { client, accepted } = http3Pair();
      const stream = await openUni(client, hex(type));
      // The server has taken note of the type when it takes note of this.
      if (how === "finish") await stream.finish();
      else {
        await client.acceptUni();
        stream.reset(1);
      }
      await rejects(accepted, /ended/);
      assert.equal((await client.closed).code, Http3Code.closedCriticalStream);
    }
  }
});

Deno.test("a handshake that is cut after any byte ends with an error, and soon", async () => {
  const control = controlStreamPreface();
  const request = headersFrame(CONNECT);
  for (let cut = 0; cut < control.length + request.length; cut++) {
    for (const how of ["finish", "reset", "close", "sever", "silence"] as const) {
      const { client, server, clock, accepted } = http3Pair();
      const uni = await openUni(client, control.subarray(0, cut));
      const bidi = await client.openBidi();
      await bidi.send.write(request.subarray(0, Math.max(0, cut - control.length)));
      const last = cut < control.length ? uni : bidi.send;
      if (how === "finish") await last.finish();
      else if (how === "reset") last.reset(1);
      else if (how === "close") client.close(0x100, "bye");
      else if (how === "sever") client.sever();
      await clock.advance(HANDSHAKE_TIMEOUT);
      await rejects(accepted, /./);
      await Promise.all([server.closed, client.closed]);
      assert.equal(clock.pending, 0, `${how} after ${cut} bytes left a timer`);
    }
  }
});

function replace(name: string, value: string): Field[] {
  return CONNECT.map((field) => field[0] === name ? [name, value] : field);
}

async function rejects(promise: Promise<unknown>, reason: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert(error instanceof TransportError);
    assert.equal(error.kind, "handshake");
    assert.match(error.message, reason);
    return true;
  });
}
