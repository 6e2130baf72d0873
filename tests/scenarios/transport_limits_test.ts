import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { dialRelay } from "../support/transport/quic_transport.ts";
import { Deadline } from "../support/deadline.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { namespaceOf, ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";

/** A peer over QUIC that does nothing by itself to keep its connection alive. */
async function connect(relay: RelayInProcess): Promise<ScriptedPeer> {
  const connection = await dialRelay(relay, "moqt-18", { keepAliveInterval: 0 });
  return await ScriptedPeer.connect(connection);
}

function publishNamespace(peer: ScriptedPeer, path: string): Promise<RequestStream> {
  return peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf(path),
    parameters: {},
  });
}

Deno.test("R-196: the limit on bidirectional streams bounds the requests that are open at once", async () => {
  using deadline = new Deadline();
  const server = { ...DEFAULTS.server, maxBidiStreams: 8 };
  await using relay = await startRelayInProcess({ server });
  const peer = await deadline.for("a connection", connect(relay));
  const open: RequestStream[] = [];
  for (let count = 0; count < 8; count++) {
    const request = await deadline.for("a stream", publishNamespace(peer, `n${count}`));
    await deadline.for("an answer", request.expect("requestOk"));
    open.push(request);
  }
  let opened = false;
  const ninth = publishNamespace(peer, "n8").then((request) => {
    opened = true;
    return request;
  });
  const update = { kind: "requestUpdate", requestId: 100n, parameters: {} } as const;
  await open[7]!.send(update);
  await deadline.for("an answer", open[7]!.expect("requestOk"));
  assert.equal(opened, false, "A ninth request was begun");
  // QUIC tells of room when there is some, not of each stream.
  for (const request of open.slice(0, 4)) {
    await request.finish();
    await deadline.for("the end of a request", request.ended());
  }
  const request = await deadline.for("the ninth stream", ninth);
  await deadline.for("an answer", request.expect("requestOk"));
  peer.close();
  await deadline.for("the end", peer.closed);
});

Deno.test("R-203: quiet sessions are kept alive, and end when nobody keeps them", async () => {
  using deadline = new Deadline();
  const quiet = { ...DEFAULTS.server, idleTimeoutMs: 500 };
  await using keeping = await startRelayInProcess({ server: { ...quiet, keepAliveMs: 100 } });
  await using leaving = await startRelayInProcess({ server: { ...quiet, keepAliveMs: 0 } });
  const kept = await deadline.for("a connection", connect(keeping));
  const left = await deadline.for("another", connect(leaving));
  // The one connection ends for its silence; the other has been silent for longer.
  const { by } = await deadline.for("the end of the quiet connection", left.closed);
  assert.equal(by, "lost");
  const request = await deadline.for("a stream", publishNamespace(kept, "live"));
  await deadline.for("an answer", request.expect("requestOk"));
  kept.close();
  await deadline.for("the end", kept.closed);
});
