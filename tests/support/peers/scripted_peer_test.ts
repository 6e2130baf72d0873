import { type ControlMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, ScriptedPeer, trackOf } from "./scripted_peer.ts";
import { bytesOf } from "./scripted_streams.ts";
import { type MemoryOptions, memoryPair } from "../transport/memory_connection.ts";
import { referenceDraft } from "../reference_draft.ts";

/** Two scripted peers at the ends of one connection. */
async function join(options: MemoryOptions = {}) {
  const [clientEnd, serverEnd] = memoryPair(options);
  const client = await ScriptedPeer.connect(clientEnd, {
    setup: { implementation: "client", path: "/live" },
  });
  const server = await ScriptedPeer.connect(serverEnd, {
    role: "server",
    setup: { solicit: true },
  });
  return { client, server };
}

const subscribeOk: ControlMessage = {
  kind: "subscribeOk",
  alias: 7n,
  parameters: {},
  properties: new Uint8Array(0),
};

Deno.test("scripted peers exchange SETUP and control messages", async () => {
  const { client, server } = await join();
  await client.sendControl({ kind: "goaway", uri: "", timeout: 5n, requestId: 1n });
  assert.equal((await server.theirSetup()).path, "/live");
  assert.equal((await client.theirSetup()).solicit, true);
  assert.equal((await server.expectControl("goaway")).timeout, 5n);
  client.close();
});

Deno.test("a scripted peer makes requests and answers them", async () => {
  const { client, server } = await join();
  const parameters = { forward: false };
  const request = await client.request({
    kind: "subscribe",
    track: trackOf("live/cam", "video"),
    parameters,
  });
  const { request: incoming, message } = await server.expectRequest("subscribe");
  assert.equal(message.requestId, 0n);
  assert.deepEqual(message.track.namespace, namespaceOf("/live/cam/"));
  assert.deepEqual(message.parameters, parameters);
  assert.equal(incoming.id, request.id);

  await incoming.send(subscribeOk);
  await incoming.finish();
  assert.equal((await request.next()).kind, "subscribeOk");
  assert.equal(await request.ended(), "fin");
  assert.equal(client.takeRequestId(), 2n);
  assert.equal(server.takeRequestId(), 1n);
  client.close();
});

Deno.test("a scripted peer says what came instead of what was expected", async () => {
  const { client, server } = await join();
  const request = await client.request({ kind: "fetch", ...fetchOf(0n), requestId: 8n });
  const { request: incoming, message } = await server.expectRequest("fetch");
  assert.equal(message.requestId, 8n);
  const code = "invalid_range";
  await incoming.send({ kind: "requestError", code, retryAfter: 0n, reason: "nothing there" });
  await assert.rejects(
    request.expect("fetchOk"),
    /fetchOk expected.*invalid_range "nothing there"/,
  );

  await incoming.send(subscribeOk);
  await assert.rejects(request.ended(), /A message came instead/);
  incoming.outgoing.reset("cancelled");
  await assert.rejects(request.next(), /Request ended \(cancelled\)/);
  client.close();
});

function fetchOf(requestId: bigint) {
  return { range: { type: "relative_joining", requestId, start: 0n }, parameters: {} } as const;
}

Deno.test("a scripted peer cancels a request with a code", async () => {
  const { client, server } = await join();
  const request = await client.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf(""),
    parameters: {},
  });
  const { request: incoming } = await server.expectRequest("subscribeNamespace");
  request.cancel("cancelled");
  assert.equal(await incoming.ended(), "cancelled");
  await assert.rejects(incoming.send(subscribeOk), {
    kind: "stopped",
    code: server.draft.streamCodes.cancelled,
  });
  client.close();
});

Deno.test("streams arrive in the order of their types, whole and with how they ended", async () => {
  const { client, server } = await join();
  const payload = new Uint8Array(200_000).fill(7);
  const first = await client.openStream(bytesOf(referenceDraft, 0x10n, 7n));
  const second = await client.openStream(bytesOf(referenceDraft, 0x05n, 3n));
  await second.write(payload);
  await second.finish();
  first.reset("too_far_behind");

  const early = await server.nextStream();
  const late = await server.nextStream();
  assert.deepEqual([early.type, late.type], [0x10n, 0x05n]);
  assert.equal(await late.varint(), 3n);
  const { bytes, end } = await late.whole();
  assert.equal(end, "fin");
  assert.deepEqual(bytes, bytesOf(referenceDraft, 0x05n, 3n, payload));
  assert.equal((await early.whole()).end, "too_far_behind");
  client.close();
});

Deno.test("a stream that nobody asks for is not read, so its writer waits", async () => {
  const { client, server } = await join({ streamWindow: 100 });
  const stream = await client.openStream(bytesOf(referenceDraft, 0x10n));
  let taken = false;
  const write = stream.write(new Uint8Array(150)).then(() => taken = true);
  const incoming = await server.nextStream();
  assert.equal(taken, false);
  assert.equal((await incoming.bytes(150)).length, 150);
  await write;
  client.close();
});

Deno.test("a stream that ends too early says so", async () => {
  const { client, server } = await join();
  const stream = await client.openStream(bytesOf(referenceDraft, 0x10n, "ab"));
  await stream.finish();
  const incoming = await server.nextStream();
  await assert.rejects(incoming.bytes(3), /Stream ended \(fin\) in the middle/);
  assert.equal(await incoming.ended(), "fin");
  client.close();
});

Deno.test("datagrams and the close arrive", async () => {
  const { client, server } = await join();
  assert.ok(server.sendDatagram(Uint8Array.of(1, 2)));
  assert.deepEqual(await client.nextDatagram(), Uint8Array.of(1, 2));
  server.close(3, "enough");
  const { code, reason, by } = await client.closed;
  assert.deepEqual({ code, reason, by }, { code: 3, reason: "enough", by: "peer" });
  await assert.rejects(client.nextStream(), /The connection ended/);
  await assert.rejects(client.acceptRequest(), /The connection ended/);
});

Deno.test("a scripted peer can say anything in place of SETUP, or nothing", async () => {
  const [clientEnd, serverEnd] = memoryPair();
  await using client = await ScriptedPeer.connect(clientEnd, { setup: false });
  await using server = await ScriptedPeer.connect(serverEnd, { role: "server", setup: false });
  const control = await client.openControl(Uint8Array.fromHex("af00000000"));
  assert.deepEqual(await server.theirSetup(), {
    authorizationTokens: [],
  });
  await control.finish();
  await assert.rejects(server.nextControl());
  server.close();
  await assert.rejects(client.theirSetup(), /ended before SETUP/);
});
