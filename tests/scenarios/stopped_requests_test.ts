/** Requests that their peer cancels with STOP_SENDING alone, which shows at nothing but a write. */
import assert from "node:assert/strict";
import { FIRST_PROBE_MS, MAX_INCOMPLETE_REQUESTS, MAX_PROBES } from "../../relay/session/limits.ts";
import { namespaceOf, type ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { type Joined, LINGER_MS, SessionWorld } from "../support/worlds/session_world.ts";
import {
  announce,
  closedWith,
  nextSubgroup,
  objects,
  publish,
  publishDone,
  refused,
  sendSubgroup,
  subscribe,
  watch,
} from "./script.ts";

/** How long datagrams are waited for that PUBLISH_DONE may have overtaken. */
const DATAGRAMS_MS = 200;

/** By when a request is asked whose last message was just sent. */
const NOTICED_MS = 2 * FIRST_PROBE_MS;

interface Case {
  readonly what: string;
  ask(peer: ScriptedPeer, again: boolean): Promise<RequestStream>;
  readonly agreed: "subscribeOk" | "requestOk";
  readonly refusal: "DUPLICATE_SUBSCRIPTION" | "PREFIX_OVERLAP" | undefined;
  /** How many of them the relay knows of, where it says. */
  open?(joined: Joined): number;
}

const CASES: readonly Case[] = [
  {
    what: "SUBSCRIBE",
    ask: (peer) => subscribe(peer),
    agreed: "subscribeOk",
    refusal: "DUPLICATE_SUBSCRIPTION",
    open: ({ session }) => session.counts.subscriptions,
  },
  {
    what: "PUBLISH",
    ask: (peer, again) => publish(peer, { alias: again ? 31n : 30n }),
    agreed: "requestOk",
    refusal: "DUPLICATE_SUBSCRIPTION",
    open: ({ session }) => session.counts.tracks,
  },
  {
    what: "PUBLISH_NAMESPACE",
    ask: (peer) =>
      peer.request({
        kind: "publishNamespace",
        namespace: namespaceOf("other"),
        parameters: {},
      }),
    agreed: "requestOk",
    refusal: undefined,
    open: ({ session }) => session.counts.namespaces,
  },
  ...(["subscribeNamespace", "subscribeTracks"] as const).map((kind): Case => ({
    what: kind === "subscribeTracks" ? "SUBSCRIBE_TRACKS" : "SUBSCRIBE_NAMESPACE",
    ask: (peer, again) =>
      peer.request({ kind, prefix: namespaceOf(again ? "other/x" : "other"), parameters: {} }),
    agreed: "requestOk",
    refusal: "PREFIX_OVERLAP",
  })),
];

for (const canReset of [true, false]) {
  for (const { what, ask, agreed, refusal, open } of CASES) {
    const name = `${what} that ${canReset ? "a peer" : "a peer of Deno's QUIC"} stopped`;

    Deno.test(`${name} ends although nothing is said on it`, async () => {
      await using world = new SessionWorld();
      const joined = await prepared(world, canReset);
      const request = await ask(joined.peer, false);
      await request.expect(agreed);
      request.incoming.stop("cancelled");
      await world.settle();
      if (open !== undefined) assert.equal(open(joined), 1);
      await world.advance(NOTICED_MS);
      if (open !== undefined) assert.equal(open(joined), 0);
      await (await ask(joined.peer, true)).expect(agreed);
      assert.deepEqual(world.metrics.requestStops, { probe: 1, conflict: 0 });
    });

    if (refusal === undefined) continue;
    Deno.test(`${name} is in the way of no other one`, async () => {
      await using world = new SessionWorld();
      const joined = await prepared(world, canReset);
      const first = await ask(joined.peer, false);
      await first.expect(agreed);
      await refused(await ask(joined.peer, true), refusal);
      first.incoming.stop("cancelled");
      await (await ask(joined.peer, true)).expect(agreed);
      await world.settle();
      if (open !== undefined) assert.equal(open(joined), 1);
      assert.deepEqual(world.metrics.requestStops, { probe: 0, conflict: 1 });
    });
  }
}

/** A peer, and a publisher of what it may subscribe to. */
async function prepared(world: SessionWorld, canReset: boolean): Promise<Joined> {
  const publisher = await world.connect();
  const offer = await publish(publisher);
  await offer.expect("requestOk");
  return await world.join({ memory: { canReset } });
}

Deno.test("the publisher hears that the last subscriber stopped its request, and is sent nothing more", async () => {
  await using world = new SessionWorld();
  const { upstream, downstream, joined } = await watch(world);
  downstream.incoming.stop("cancelled");
  await world.advance(NOTICED_MS);
  assert.equal(joined.session.counts.subscriptions, 0);
  await world.advance(LINGER_MS);
  assert.equal(await upstream.ended(), "cancelled");
});

Deno.test("a subscription that waits for its publisher ends when it was stopped", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await world.join();
  const request = await subscribe(peer, { rendezvousTimeout: 30_000n });
  await world.settle();
  request.incoming.stop("cancelled");
  await world.advance(NOTICED_MS);
  assert.equal(session.counts.subscriptions, 0);
});

Deno.test("a request that goes on is asked eight times at most, and what is said next is understood", async () => {
  await using world = new SessionWorld();
  const { downstream, upstream, subscriber, publisher } = await watch(world);
  const before = downstream.incoming.seen.length;
  for (let hour = 0; hour < 24; hour++) await world.advance(3_600_000);
  for (let time = 0; time < MAX_PROBES; time++) {
    await refused(await subscribe(subscriber), "DUPLICATE_SUBSCRIPTION");
  }
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  await publishDone(upstream, "track_ended", 1);
  await downstream.expect("publishDone");
  const [first, ...rest] = downstream.incoming.seen.subarray(before, before + 9);
  assert.deepEqual([first, ...rest], [0xff, 0, 0, 0, 0, 0, 0, 0, 0x0b]);
});

Deno.test("a request that was asked ends with a whole message", async () => {
  await using world = new SessionWorld();
  const { peer } = await world.join({ memory: { canReset: false } });
  const request = await peer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf("live"),
    parameters: {},
  });
  await request.expect("requestOk");
  await world.advance(NOTICED_MS);
  await request.outgoing.finish();
  assert.equal((await request.expect("goaway")).uri, "");
  assert.equal(await request.ended(), "fin");
});

for (
  const [who, setup] of [["relays", { relayName: "there" }], ["moq-dev's clients", {
    solicit: false,
  }]] as const
) {
  Deno.test(`${who} are not asked: they end their half too`, async () => {
    await using world = new SessionWorld();
    const { downstream, upstream } = await watch(world, { subscriber: { setup } });
    const before = downstream.incoming.seen.length;
    await world.advance(NOTICED_MS);
    await publishDone(upstream, "track_ended", 0);
    await world.advance(DATAGRAMS_MS);
    await downstream.expect("publishDone");
    assert.equal(downstream.incoming.seen[before], 0x0b);
  });
}

Deno.test("requests that are reset before they are read are counted", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ memory: { maxBidiStreams: 1 } });
  for (let time = 0; time < 3; time++) {
    const request = await peer.openRequest(Uint8Array.of(0x03));
    await world.settle();
    request.outgoing.reset("cancelled");
    await world.settle();
  }
  await announce(peer, "live");
  assert.equal(world.metrics.requestsUnread.reset, 3);
});

Deno.test("a session that begins requests and does not finish them is closed", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  for (let time = 0; time < MAX_INCOMPLETE_REQUESTS; time++) {
    await peer.openRequest(Uint8Array.of(0x03));
  }
  await world.advance(world.settings.setupTimeoutMs);
  assert.equal(world.metrics.requestsUnread.timeout, MAX_INCOMPLETE_REQUESTS);
  await world.stillPending(peer.closed, "The end");
  await peer.openRequest(Uint8Array.of(0x03));
  await world.advance(world.settings.setupTimeoutMs);
  await closedWith(peer, "control_message_timeout");
});
