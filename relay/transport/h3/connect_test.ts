import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import {
  headersFrame,
  hex,
  openControl,
  openUni,
  readAnswer,
} from "../../../tests/support/peers/http3.ts";
import { StreamReader } from "./stream_reader.ts";
import { Http3Code } from "./codes.ts";
import { connectWebTransport } from "./connect.ts";
import { FrameGuard } from "./frame_guard.ts";
import { FrameReader } from "./frames.ts";
import { HANDSHAKE_TIMEOUT } from "../limits.ts";
import type { Field } from "./qpack/static_table.ts";
import { encodeRefusal } from "./request.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { memoryPair } from "../../../tests/support/transport/memory_connection.ts";

const YES: readonly Field[] = [[":status", "200"], ["wt-protocol", '"moqt-18"']];

Deno.test("connectWebTransport() asks for what it is told to", async () => {
  const { server, connected } = call({ origin: "https://page.example" });
  await openControl(server);
  const request = await server.acceptBidi();
  assert.deepEqual([...await readAnswer(request!)], [
    [":method", "CONNECT"],
    [":protocol", "webtransport"],
    [":scheme", "https"],
    [":authority", "relay.example:4433"],
    [":path", "/room?a=1"],
    ["sec-webtransport-http3-draft02", "1"],
    ["wt-available-protocols", '"moqt-18", "moqt-16"'],
    ["origin", "https://page.example"],
  ]);
  await request!.send.write(headersFrame(YES));
  const session = await connected;
  assert.equal(session.protocol, "moqt-18");
  assert.equal(session.path, "/room?a=1");
  assert.equal(session.authority, "relay.example:4433");
  server.close(Http3Code.noError, "");
  await session.closed;
});

Deno.test("connectWebTransport() waits behind interim answers and GREASE", async () => {
  const { server, connected } = call();
  await openControl(server);
  const request = await server.acceptBidi();
  await request!.send.write(hex("4040 01 00"));
  await request!.send.write(headersFrame([[":status", "103"], ["link", "x"]]));
  await request!.send.write(headersFrame(YES));
  await openUni(server, hex("4054 00 61"));
  const session = await connected;
  assert.deepEqual(await (await session.acceptUni())?.read(new Uint8Array(9)), hex("61"));
  server.close(Http3Code.noError, "");
  await session.closed;
});

const ANSWERS: readonly (readonly [title: string, Field[], reason: RegExp])[] = [
  ["403", [[":status", "403"]], /^the server answered 403$/],
  ["503", [[":status", "503"]], /^the server answered 503$/],
  ["a redirect", [[":status", "302"], ["location", "/x"]], /answered 302/],
  ["no status", [["wt-protocol", '"moqt-18"']], /malformed/],
  ["a status that is no number", [[":status", "2OO"]], /malformed/],
  ["no protocol", [[":status", "200"]], /^the server chose no protocol$/],
  ["a protocol that is no String", [[":status", "200"], ["wt-protocol", "moqt-18"]], /no protocol/],
  ["a protocol we never offered", [[":status", "200"], ["wt-protocol", '"h9"']], /did not offer/],
];

for (const [title, fields, reason] of ANSWERS) {
  Deno.test(`connectWebTransport() rejects when the answer is ${title}`, async () => {
    const { server, connected, clock } = call();
    await openControl(server);
    await (await server.acceptBidi())!.send.write(headersFrame(fields));
    await assert.rejects(connected, { name: "TransportError", kind: "handshake", message: reason });
    assert.equal((await server.closed).code, Http3Code.noError);
    assert.equal(clock.pending, 0);
  });
}

Deno.test("connectWebTransport() repeats why the server refused", async () => {
  const { server, connected } = call();
  await openControl(server);
  const request = await server.acceptBidi();
  await request!.send.write(encodeRefusal({ status: 403, reason: "not from here" }));
  await assert.rejects(connected, {
    kind: "handshake",
    message: 'the server answered 403: "not from here"',
  });
});

Deno.test("connectWebTransport() rejects when the server does not speak WebTransport", async () => {
  for (const settings of ["", "0801", "0801 3301", "3301 ab60374201", "0801 ab60374201"]) {
    const { server, connected } = call();
    const payload = hex(settings);
    await openUni(server, hex("00 04"), Uint8Array.of(payload.length), payload);
    await assert.rejects(connected, { kind: "handshake", message: /does not speak WebTransport/ });
  }
});

Deno.test("connectWebTransport() rejects when the server leaves", async () => {
  const gone = call();
  await openControl(gone.server);
  gone.server.close(Http3Code.noError, "bye");
  await assert.rejects(gone.connected, { kind: "handshake", message: /bye/ });

  const ended = call();
  await openControl(ended.server);
  await (await ended.server.acceptBidi())!.send.finish();
  await assert.rejects(ended.connected, { kind: "handshake", message: /without an answer/ });

  const silent = call();
  await silent.clock.advance(HANDSHAKE_TIMEOUT);
  await assert.rejects(silent.connected, { kind: "handshake", message: /took longer/ });
});

Deno.test("connectWebTransport() ends the connection for a server that breaks the rules", async () => {
  const cases: [string, "uni" | "bidi" | "answer", number][] = [
    ["01 00", "uni", Http3Code.idError],
    ["01 02 0000", "bidi", Http3Code.streamCreationError],
    ["00 01 61", "answer", Http3Code.frameUnexpected],
    ["04 00", "answer", Http3Code.frameUnexpected],
    ["01 03 000080", "answer", Http3Code.qpackDecompressionFailed],
    ["01 bfffffff", "answer", Http3Code.excessiveLoad],
  ];
  for (const [bytes, where, code] of cases) {
    const { server, connected } = call();
    await openControl(server);
    if (where === "uni") await openUni(server, hex(bytes));
    else {
      const stream = where === "bidi" ? await server.openBidi() : await server.acceptBidi();
      await stream!.send.write(hex(bytes));
    }
    await assert.rejects(connected, { kind: "handshake" });
    assert.equal((await server.closed).code, code, bytes);
  }
});

Deno.test("connectWebTransport() says what it speaks", async () => {
  const { server, connected } = call();
  const reader = new StreamReader((await server.acceptUni())!);
  assert.equal(await reader.varint(), 0n);
  assert.equal(await new FrameReader(reader, new FrameGuard(systemClock)).next(), 4n);
  server.close(Http3Code.noError, "");
  await assert.rejects(connected);
});

function call(options: { origin?: string } = {}) {
  const [client, server] = memoryPair({ protocol: "h3" });
  const clock = new ManualClock();
  const connected = connectWebTransport(client, {
    authority: "relay.example:4433",
    path: "/room?a=1",
    protocols: ["moqt-18", "moqt-16"],
    clock,
    ...options,
  });
  connected.catch(() => {});
  return { client, server, clock, connected };
}
