import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { MAX_OVER_RATE_MS } from "../../relay/session/limits.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { closedWith, subscribe, watch } from "./script.ts";

/** A world where a peer may say two things a second. */
const SLOW_TALK = { limits: { controlMessageRate: 2, controlMessageBurst: 4 } };

async function subscribeAndCancel(peer: ScriptedPeer): Promise<void> {
  (await subscribe(peer)).cancel("cancelled");
}

draftTest(
  "R-197: requests made and cancelled at once are slowed down, and in the end close the session",
  async () => {
    await using world = new SessionWorld(SLOW_TALK);
    const { publisher, subscriber: other, downstream } = await watch(world);
    const peer = await world.connect();
    for (let cycle = 0; cycle < 500; cycle++) await subscribeAndCancel(peer);
    await world.settle();
    assert.equal(world.metrics.sessionsEnded.limit, 0);
    assert.equal(
      world.metrics.upstreamRequests.subscribe.ok,
      1,
      "The publisher hears nothing of it",
    );

    await world.advance(MAX_OVER_RATE_MS - 1_000);
    assert.equal(world.metrics.sessionsEnded.limit, 0);
    await world.advance(1_500);
    await closedWith(peer, "internal_error", /too many/);
    assert.equal(world.metrics.sessionsEnded.limit, 1);
    assert.equal(world.metrics.unhandledErrors, 0);
    await world.stillPending(publisher.closed, "The end of the publisher");
    await world.stillPending(other.closed, "The end of another subscriber");
    await world.stillPending(downstream.next().catch(() => {}), "The end of its subscription");
  },
);

draftTest(
  "R-197: who is over the rate now and then, and quiet in between, can go on so for ever",
  async () => {
    await using world = new SessionWorld(SLOW_TALK);
    const peer = await world.connect();
    for (let past = 0; past < 3 * MAX_OVER_RATE_MS; past += 10_000) {
      for (let cycle = 0; cycle < 4; cycle++) await subscribeAndCancel(peer);
      await world.advance(10_000);
    }
    assert.equal(world.metrics.sessionsEnded.limit, 0);
  },
);
