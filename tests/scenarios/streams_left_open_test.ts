/** Publishers that do not end the streams of their groups. */
import { ObjectStatus } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import {
  MARKED_STREAM_MS,
  MOVE_SESSION_MS,
  STREAMS_RELEASE_MS,
  SUBGROUPS_A_SECOND,
  SUBGROUPS_AT_ONCE,
} from "../../relay/session/limits.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  objects,
  openSubgroup,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

const CREDIT = 64;
const KEPT_GROUPS = 5;
/** A relay that can be told to stop a stream only when something comes on it, as on Deno. */
const LEFT_OPEN = {
  settings: { maxIncomingStreams: CREDIT },
  cache: { maxGroupsPerTrack: KEPT_GROUPS },
};
const PEER = { memory: { canReset: false, answersStops: true, maxUniStreams: CREDIT } };
const MARK = { id: 1, payload: "", status: ObjectStatus.END_OF_GROUP };

/** Begins groups one after another, a second apart, and leaves their streams open. */
async function beginGroups(world: SessionWorld, publisher: ScriptedPeer, from: number, to: number) {
  for (let group = from; group < to; group++) {
    await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
    await world.advance(1_000);
  }
}

/** The groups that a subscriber was sent something of. */
function seenBy(peer: ScriptedPeer): bigint[] {
  const groups: bigint[] = [];
  void (async () => {
    for (;;) groups.push((await SubgroupReader.next(peer)).header.group);
  })().catch(() => {});
  return groups;
}

draftTest(
  "the stream of a group that the cache gave up is stopped, those of others are not",
  async () => {
    await using world = new SessionWorld({ cache: { maxGroupsPerTrack: KEPT_GROUPS } });
    const { publisher } = await watch(world);
    const streams = [];
    for (let group = 0n; group < 20n; group++) {
      streams.push(await openSubgroup(publisher, { group }, ...objects(1)));
      await world.settle();
    }
    const stopped = [];
    for (const [group, stream] of streams.entries()) {
      const isStopped = await stream.send(...objects(1, 1)).then(() => false, () => true);
      if (isStopped) stopped.push(group);
    }
    assert.deepEqual(stopped, [...stopped.keys()]);
    assert.ok(stopped.length >= 10 && stopped.length <= 15, `${stopped.length} were stopped`);
    assert.equal(world.metrics.streamsStopped.group_gone, stopped.length);
    const lines = world.lines.filter(({ text }) => text.includes("streams of old groups"));
    assert.deepEqual(lines.map(({ fields }) => fields["track"]), ["live/cam · video"]);
  },
);

draftTest(
  "a publisher that marks the end of its groups and ends no stream goes on for ever",
  async () => {
    await using world = new SessionWorld(LEFT_OPEN);
    const { publisher, subscriber } = await watch(world, { publisher: PEER });
    const seen = seenBy(subscriber);
    for (let group = 0; group < 10 * CREDIT; group++) {
      await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1), MARK);
      await world.advance(MARKED_STREAM_MS);
    }
    assert.equal(seen.length, 10 * CREDIT);
  },
);

draftTest("a stream that ends behind the mark of its group's end is not stopped", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const stream = await openSubgroup(publisher, { group: 1n }, ...objects(1), MARK);
  await world.settle();
  await stream.finish();
  await world.advance(MARKED_STREAM_MS);
});

draftTest(
  "a publisher that never ends a stream is asked for a new session in time, and viewers see both",
  async () => {
    await using world = new SessionWorld(LEFT_OPEN);
    const { publisher, subscriber, downstream } = await watch(world, { publisher: PEER });
    const seen = seenBy(subscriber);
    const goaway = publisher.expectControl("goaway");
    await beginGroups(world, publisher, 0, CREDIT / 2);
    await world.stillPending(goaway, "GOAWAY");
    await beginGroups(world, publisher, CREDIT / 2, CREDIT / 2 + 8);
    assert.equal((await goaway).uri, "");
    const told = world.lines.find(({ text }) =>
      text === "warn: asking the publisher for a new session"
    );
    assert.equal(told?.fields["limit"], CREDIT);
    // It comes again, and goes on where it was.
    const anew = await announcing(world, "live", PEER);
    await accept(anew);
    publisher.close();
    await world.settle();
    await beginGroups(world, anew, CREDIT / 2 + 8, CREDIT);
    assert.deepEqual(seen, Array.from({ length: CREDIT }, (_, group) => BigInt(group)));
    await world.stillPending(downstream.next(), "The end of the subscription");
  },
);

draftTest(
  "a publisher that does not take the offer of a new session loses the one it has, in words",
  async () => {
    await using world = new SessionWorld(LEFT_OPEN);
    const { publisher } = await watch(world, { publisher: PEER });
    await beginGroups(world, publisher, 0, CREDIT / 2 + 8);
    await world.advance(MOVE_SESSION_MS);
    await closedWith(publisher, "goaway_timeout", /did not leave/);
  },
);

draftTest(
  "a publisher at the end of its streams loses its track with a reason, then its session",
  async () => {
    await using world = new SessionWorld(LEFT_OPEN);
    const { publisher, upstream, downstream } = await watch(world, { publisher: PEER });
    for (let group = 0; group < CREDIT - 2; group++) {
      await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.settle();
    }
    const done = await downstream.expect("publishDone");
    assert.equal(done.code, "excessive_load");
    assert.match(done.reason, /the publisher leaves its streams open: 60 of 64/);
    assert.equal(await upstream.ended(), "fin");
    assert.equal(world.metrics.tracksGivenUp.streams_left_open, 1);
    await world.advance(STREAMS_RELEASE_MS);
    await closedWith(publisher, "internal_error", /leaves its streams open/);
    assert.equal(world.metrics.sessionsEnded.limit, 1);
  },
);

draftTest(
  "a publisher that resets its streams when its track is given up keeps its session",
  async () => {
    await using world = new SessionWorld(LEFT_OPEN);
    const { publisher, downstream } = await watch(world, {
      // It resets, though the relay cannot.
      publisher: PEER,
    });
    Object.assign(publisher.connection, { canReset: true });
    const streams = [];
    for (let group = 0; group < CREDIT - 2; group++) {
      streams.push(await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1)));
      await world.settle();
    }
    await downstream.expect("publishDone");
    for (const stream of streams) stream.reset("cancelled");
    await world.advance(STREAMS_RELEASE_MS);
    await world.stillPending(publisher.closed, "The end of the session");
  },
);

draftTest("a link whose tracks leave streams open loses tracks, and stays", async () => {
  await using world = new SessionWorld(LEFT_OPEN);
  const { publisher, downstream } = await watch(world, {
    publisher: { ...PEER, setup: { relayName: "there", takesCuts: true } },
  });
  for (let group = 0; group < CREDIT - 2; group++) {
    await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
    await world.settle();
  }
  await downstream.expect("publishDone");
  await world.advance(2 * STREAMS_RELEASE_MS);
  await world.stillPending(publisher.closed, "The end of the link");
});

draftTest(
  "subgroups that begin faster than a relay can serve end their track, and nothing else",
  async () => {
    await using world = new SessionWorld({
      cache: { maxTrackBytes: 100_000, maxBytes: 1_000_000 },
    });
    const { publisher, downstream, subscriber } = await watch(world);
    void seenBy(subscriber);
    const done = downstream.expect("publishDone");
    for (let count = 0; count < SUBGROUPS_AT_ONCE; count++) {
      await sendSubgroup(publisher, { group: BigInt(count) }, ...objects(1));
    }
    await world.stillPending(done, "The end of the track");
    await sendSubgroup(publisher, { group: BigInt(SUBGROUPS_AT_ONCE) }, ...objects(1));
    assert.match(
      (await done).reason,
      new RegExp(`more than ${SUBGROUPS_A_SECOND} subgroups a second`),
    );
    assert.equal(world.metrics.tracksGivenUp.subgroup_rate, 1);
    await announce(publisher, "still here");
  },
);

draftTest("a publisher may begin subgroups for ever as fast as a relay can serve", async () => {
  await using world = new SessionWorld({ cache: { maxTrackBytes: 100_000, maxBytes: 1_000_000 } });
  const { publisher, downstream, subscriber } = await watch(world);
  void seenBy(subscriber);
  const done = downstream.expect("publishDone").catch(() => {});
  for (let second = 0; second < 20; second++) {
    for (let count = 0; count < SUBGROUPS_A_SECOND; count++) {
      const group = BigInt(second * SUBGROUPS_A_SECOND + count);
      await sendSubgroup(publisher, { group }, ...objects(1));
    }
    await world.advance(1_000);
  }
  await world.stillPending(done, "The end of the track");
});

draftTest(
  "where clients have too many streams open, the one that has most of them has to go",
  async () => {
    await using world = new SessionWorld({ maxClientStreams: 40 });
    const { publisher, downstream, subscriber } = await watch(world);
    const hog = await announcing(world, "other");
    const canary = seenBy(subscriber);
    for (let stream = 0; stream < 30; stream++) await openSubgroup(hog, { alias: 99n });
    for (let group = 0n; group < 20n; group++) {
      await openSubgroup(publisher, { group }, ...objects(1));
      await world.settle();
    }
    await closedWith(hog, "internal_error", /more than 40 streams open/);
    assert.equal(canary.length, 20);
    await world.stillPending(downstream.next(), "The end of the canary's subscription");
  },
);

draftTest(
  "streams whose alias nobody explains are stopped, counted, and told of once",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    for (let group = 0n; group < 3n; group++) {
      await openSubgroup(publisher, { alias: 99n, group }, ...objects(1));
    }
    await world.advance(3_000);
    assert.equal(world.metrics.streamsStopped.unknown_track, 3);
    const lines = world.lines.filter(({ text }) => text === "info: streams stopped");
    assert.deepEqual(lines.map(({ fields }) => [fields["reason"], fields["alias"]]), [
      ["unknown_track", "99"],
    ]);
  },
);

draftTest("what still comes of a subscription that is over is stopped, and counted", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, upstream } = await watch(world);
  const request = await subscribe(subscriber, {}, undefined).catch(() => undefined);
  request?.cancel("cancelled");
  subscriber.close();
  await world.advance(1_000);
  await upstream.ended();
  await openSubgroup(publisher, { group: 9n }, ...objects(1));
  await world.settle();
  assert.equal(world.metrics.streamsStopped.track_over, 1);
});
