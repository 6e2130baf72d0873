import assert from "node:assert/strict";
import {
  announce,
  closedWith,
  publish,
  refused,
  subscribe,
  VIDEO,
} from "../support/peers/scripted_requests.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";

// More than it takes for a session to end: the request may meet every step of it.
const STEPS = 60;

Deno.test("a publisher that leaves while it announces keeps nobody waiting for ever", async () => {
  for (let steps = 0; steps < STEPS; steps++) {
    await using world = new SessionWorld();
    const subscriber = await world.connect();
    const waiting = await subscribe(subscriber, { rendezvousTimeout: 2_000n });
    const publisher = await world.connect();
    await publisher.request({
      kind: "publishNamespace",
      namespace: namespaceOf("live"),
      parameters: {},
    });
    for (let step = 0; step < steps; step++) await Promise.resolve();
    publisher.close();
    await world.advance(2_000);
    await refused(waiting, "TIMEOUT");
  }
});

Deno.test("a track that ends while it is offered is over for whoever takes the offer", async () => {
  for (let steps = 0; steps < STEPS; steps++) {
    await using world = new SessionWorld();
    const { peer: subscriber, session } = await world.join();
    await subscriber.request({
      kind: "subscribeTracks",
      prefix: namespaceOf("live"),
      parameters: {},
    });
    void agreeToEverything(subscriber);
    const publisher = await world.connect();
    await publish(publisher);
    for (let step = 0; step < steps; step++) await Promise.resolve();
    publisher.close();
    await world.settle();
    assert.equal(session.counts.subscriptions, 0, `After ${steps} steps`);
  }
});

Deno.test("a subscriber that said all it had to say may leave while it waits", async () => {
  await using world = new SessionWorld();
  const { peer, connection } = await world.join();
  const waiting = await subscribe(peer, { rendezvousTimeout: 20_000n });
  await waiting.finish();
  await world.settle();
  peer.close();
  await connection.closed;
  await world.settle();
  assert.equal(world.metrics.sessionsEnded.peer_closed, 1);
});

Deno.test("a request that is reset within its second message is over, and nothing else", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const waiting = await subscribe(peer, { rendezvousTimeout: 20_000n });
  await waiting.outgoing.write(Uint8Array.of(0x2, 0, 9, 1, 1));
  await world.settle();
  waiting.cancel("cancelled");
  await world.settle();
  await announce(peer, "still here");
});

Deno.test("a publisher that answers TRACK_STATUS with garbage costs nobody else the session", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  await announce(publisher, "live");
  const subscriber = await world.connect();
  const asking = await subscriber.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
  const { request } = await publisher.expectRequest("trackStatus");
  await request.outgoing.write(bytesOf(publisher.draft, 0x7n, Uint8Array.of(0, 2, 0xff, 0xff)));
  await closedWith(publisher, "protocol_violation");
  await refused(asking, "INTERNAL_ERROR");
  await announce(subscriber, "still here");
});

Deno.test("a publisher that answers TRACK_STATUS with something else costs nobody else the session", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  await announce(publisher, "live");
  const subscriber = await world.connect();
  const asking = await subscriber.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
  const { request } = await publisher.expectRequest("trackStatus");
  await request.send({
    kind: "subscribeOk",
    alias: 1n,
    parameters: {},
    properties: new Uint8Array(0),
  });
  await closedWith(publisher, "protocol_violation");
  await refused(asking, "INTERNAL_ERROR");
  await announce(subscriber, "still here");
});

/** Answers every PUBLISH of the relay with PUBLISH_OK. */
async function agreeToEverything(peer: ScriptedPeer): Promise<void> {
  for (;;) {
    const stream = await peer.connection.acceptBidi();
    if (stream === undefined) return;
    const ok = { kind: "requestOk", parameters: {}, properties: new Uint8Array(0) } as const;
    stream.send.write(peer.draft.control.encode(ok)).catch(() => {});
  }
}
