import type { ControlMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { referenceDraft } from "../reference_draft.ts";
import { memoryPair } from "../transport/memory_connection.ts";
import { ScriptedPeer } from "./scripted_peer.ts";
import { fetch } from "./scripted_requests.ts";
import { bytesOf } from "./scripted_streams.ts";

const subscribeOk: ControlMessage = {
  kind: "subscribeOk",
  alias: 7n,
  parameters: {},
  properties: new Uint8Array(0),
};

Deno.test("a scripted peer says what came instead of what was expected, or too early", async () => {
  const [clientEnd, serverEnd] = memoryPair();
  const client = await ScriptedPeer.connect(clientEnd);
  const server = await ScriptedPeer.connect(serverEnd, { role: "server" });
  const request = await fetch(client, [0, 0], [0, "whole"]);
  const { request: incoming } = await server.expectRequest("fetch");
  await incoming.sendError("invalid_range", "nothing there");
  await assert.rejects(
    request.expect("fetchOk"),
    /fetchOk expected.*invalid_range "nothing there"/,
  );
  await incoming.send(subscribeOk);
  await assert.rejects(request.ended(), /A message came instead/);
  incoming.outgoing.reset("cancelled");
  await assert.rejects(request.next(), /Request ended \(cancelled\)/);

  await (await client.openStream(bytesOf(referenceDraft, 0x10n, "ab"))).finish();
  const stream = await server.nextStream();
  await assert.rejects(stream.bytes(3), /Stream ended \(fin\) in the middle/);
  assert.equal(stream.end, "fin");

  server.close(3, "enough");
  await assert.rejects(client.nextStream(), /The connection ended/);
  await assert.rejects(client.acceptRequest(), /The connection ended/);
});
