import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { LEFT_OUT_GROUP_MS, MAX_STREAMS_WAITING } from "../../relay/session/limits.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { type Joined, SessionWorld } from "../support/worlds/session_world.ts";
import {
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  type ScriptedObject,
  sendSubgroup,
  SubgroupReader,
  watch,
} from "./script.ts";

const STALL_MS = 4_000;

/** Streams of so few bytes that what is written waits until the subscriber reads. */
const SLOW = { streamWindow: 64 };

/** Streams to a subscriber that are left open for want of a reset. */
function parked(joined: Joined): number {
  return joined.session.counts.parkedStreams;
}

function sized(id: number, bytes: number): ScriptedObject {
  return { id, payload: "x".repeat(bytes) };
}

/**
 * Reads from now on: a line for each stream that has ended, `group: ids end`, or `lost end` where it
 * was reset before everything was read.
 */
function follow(peer: ScriptedPeer): string[] {
  const lines: string[] = [];
  const note = async (stream: Awaited<ReturnType<ScriptedPeer["nextStream"]>>) => {
    try {
      const reader = await SubgroupReader.of(stream);
      const { ids, end } = await reader.rest();
      lines.push(`${reader.header.group}: ${ids.join(" ")} ${end}`);
    } catch {
      lines.push(`lost ${(await stream.whole()).end}`);
    }
  };
  const accept = async () => {
    for (;;) note(await peer.nextStream()).catch(() => {});
  };
  accept().catch(() => {});
  return lines;
}

draftTest(
  "R-199: a subscriber that is behind gets no further group, and nobody else loses any",
  async () => {
    await using world = new SessionWorld({ delivery: { maxBacklogBytes: 1_000 } });
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    const other = await join(world);
    const others = follow(other.subscriber);
    for (const group of [1n, 2n, 3n, 4n]) {
      const stream = await openSubgroup(publisher, { group }, sized(0, 800));
      await world.settle();
      await stream.send(sized(1, 800));
      await stream.finish();
      await world.settle();
    }
    assert.deepEqual(others, ["1: 0 1 fin", "2: 0 1 fin", "3: 0 1 fin", "4: 0 1 fin"]);
    assert.equal(world.metrics.skips.backlog, 2);
    const lines = follow(subscriber);
    await world.settle();
    assert.deepEqual(lines, ["1: 0 1 fin", "2: 0 1 fin"]);

    await sendSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    assert.deepEqual(lines.slice(2), ["5: 0 fin"], "It has caught up");
  },
);

draftTest(
  "R-199: so does one with too many open streams, and only as long as it has them",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 2 } });
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    for (const group of [1n, 2n, 3n]) {
      const stream = await openSubgroup(publisher, { group }, sized(0, 800));
      await world.settle();
      await stream.send(sized(1, 800));
      await stream.finish();
      await world.settle();
    }
    assert.equal(world.metrics.skips.streams, 1);
    const lines = follow(subscriber);
    await world.settle();
    await sendSubgroup(publisher, { group: 4n }, ...objects(1));
    await world.settle();
    assert.deepEqual(lines, ["1: 0 1 fin", "2: 0 1 fin", "4: 0 fin"]);
  },
);

draftTest("R-199: of a group that was left out once nothing comes later", async () => {
  await using world = new SessionWorld({ delivery: { maxBacklogBytes: 1_000 } });
  const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
  const first = await openSubgroup(publisher, { group: 1n }, sized(0, 800));
  await world.settle();
  await first.send(sized(1, 2_000));
  await first.finish();
  await sendSubgroup(publisher, { group: 2n }, ...objects(1));
  await world.settle();
  const lines = follow(subscriber);
  await world.settle();
  await sendSubgroup(publisher, { group: 2n, subgroup: 1n }, ...objects(1, 1));
  await sendSubgroup(publisher, { group: 3n }, ...objects(1));
  await world.settle();
  assert.deepEqual(lines, ["1: 0 1 fin", "3: 0 fin"]);
});

/** A burst of one-object streams of one group, and then a stream with the next object. */
async function burst(publisher: ScriptedPeer, ids: Iterable<number>): Promise<void> {
  for (const id of ids) {
    await sendSubgroup(publisher, { group: 0n, subgroup: BigInt(id) }, sized(id, 200));
  }
}

draftTest(
  "R-199: in a group that goes on for ever a viewer that was behind goes on after two seconds",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 4 } });
    const { publisher, subscriber, downstream } = await watch(world, {
      subscriber: { memory: SLOW },
    });
    await burst(publisher, Array(10).keys());
    await world.settle();
    assert.equal(world.metrics.skips.streams, 6);
    const lines = follow(subscriber);
    await world.settle();
    assert.deepEqual(lines, ["0: 0 fin", "0: 1 fin", "0: 2 fin", "0: 3 fin"]);

    await world.advance(LEFT_OUT_GROUP_MS - 1);
    await burst(publisher, [10]);
    await world.settle();
    assert.equal(lines.length, 4, "A newer group may come, and be whole");
    assert.equal(world.metrics.skips.streams, 7);
    await world.advance(1);
    await burst(publisher, [11]);
    await world.settle();
    await burst(publisher, [12]);
    await world.settle();
    assert.deepEqual(lines.slice(4), ["0: 11 fin", "0: 12 fin"]);
    const said = world.lines.filter(({ text }) =>
      text === "info: objects left out for a subscriber"
    );
    assert.deepEqual(said.map(({ fields }) => fields.reason), ["streams"]);
    await world.advance(2 * STALL_MS);
    await world.stillPending(downstream.next().catch(() => {}), "PUBLISH_DONE");
  },
);

draftTest(
  "R-199: a viewer that is behind again in such a group misses only what comes meanwhile",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 2 } });
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    await burst(publisher, [0, 1, 2]);
    await world.settle();
    await world.advance(LEFT_OUT_GROUP_MS);
    await burst(publisher, [3]);
    await world.settle();
    assert.equal(world.metrics.skips.streams, 2, "It has not caught up");
    const lines = follow(subscriber);
    await world.settle();
    await burst(publisher, [4]);
    await world.settle();
    assert.deepEqual(lines, ["0: 0 fin", "0: 1 fin", "0: 4 fin"]);
  },
);

draftTest(
  "R-199: while newer groups come, nothing later comes of one that was left out",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 1 } });
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    await burst(publisher, [0, 1]);
    await world.settle();
    const lines = follow(subscriber);
    await world.settle();
    for (const group of [1n, 2n]) {
      await world.advance(LEFT_OUT_GROUP_MS - 1);
      await sendSubgroup(publisher, { group }, ...objects(1));
      await world.advance(LEFT_OUT_GROUP_MS - 1);
      await burst(publisher, [Number(group) + 1]);
      await world.settle();
    }
    assert.deepEqual(lines, ["0: 0 fin", "1: 0 fin", "2: 0 fin"]);
  },
);

draftTest(
  "R-159: one that takes nothing of a single group is ended with TOO_FAR_BEHIND",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 2 } });
    const { publisher, downstream } = await watch(world, { subscriber: { memory: SLOW } });
    await burst(publisher, [0, 1, 2]);
    const done = downstream.expect("publishDone");
    await world.advance(STALL_MS);
    assert.equal((await done).code, "too_far_behind");
  },
);

draftTest("R-199: what comes in never waits for a subscriber", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world, {
    subscriber: { memory: SLOW },
    publisher: { memory: { streamWindow: 2_000 } },
  });
  const group = await openSubgroup(publisher, { group: 1n });
  let written = 0;
  for (let id = 0; id < 50; id++) {
    void group.send(sized(id, 1_000)).then(() => written++);
    await world.settle();
  }
  assert.equal(written, 50);
  assert.equal(world.metrics.received.objects, 50);
});

draftTest(
  "R-156: what waits for a subscriber waits in the relay, not in the transport",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    const group = await openSubgroup(publisher, { group: 1n }, sized(0, 1_000));
    await world.settle();
    const first = world.metrics.sent.bytes;
    assert.ok(first > 1_000 && first < 1_100);
    for (let id = 1; id < 90; id++) await group.send(sized(id, 1_000));
    await group.finish();
    await world.settle();
    assert.equal(world.metrics.sent.bytes, first, "Nothing more while the first write waits");
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await world.settle();
    const second = world.metrics.sent.bytes - first;
    assert.ok(second > 0 && second <= 65_536, `${second} bytes at once`);
    assert.equal((await reader.rest()).end, "fin");
  },
);

for (const canReset of [true, false]) {
  const means = canReset ? "reset with TOO_FAR_BEHIND" : "ended behind a whole object";

  draftTest(
    `R-159, R-177: one that takes nothing is ended with TOO_FAR_BEHIND, its streams ${means}`,
    async () => {
      await using world = new SessionWorld({ delivery: { maxBacklogBytes: 1_000 } });
      const { publisher, subscriber, joined, downstream } = await watch(world, {
        subscriber: { memory: { ...SLOW, canReset } },
      });
      const other = await join(world);
      for (const group of [1n, 2n]) await openSubgroup(publisher, { group }, sized(0, 2_000));
      await world.settle();
      await openSubgroup(publisher, { group: 3n }, sized(0, 2_000), sized(1, 2_000));
      await openSubgroup(publisher, { group: 4n }, ...objects(1));
      const done = downstream.expect("publishDone");
      await world.advance(STALL_MS - 1);
      await world.stillPending(done, "PUBLISH_DONE");
      await world.advance(1);
      const { code, streamCount } = await done;
      assert.deepEqual([code, streamCount], ["too_far_behind", 3n]);
      assert.equal(await downstream.ended(), "fin");
      for (let stream = 0; stream < 3; stream++) {
        const ended = (await subscriber.nextStream()).whole();
        assert.equal((await ended).end, canReset ? "too_far_behind" : "fin");
      }
      assert.equal(parked(joined), 0);
      assert.equal(world.metrics.subscribersTooFarBehind, 1);
      assert.equal((await SubgroupReader.next(other.subscriber)).header.group, 1n);
      await world.stillPending(other.downstream.next().catch(() => {}), "Another's PUBLISH_DONE");
    },
  );
}

draftTest("R-159: one that takes a little now and then is not ended", async () => {
  await using world = new SessionWorld({ delivery: { maxBacklogBytes: 1_000 } });
  const { publisher, subscriber, downstream } = await watch(world, {
    subscriber: { memory: SLOW },
  });
  const group = await openSubgroup(publisher, { group: 1n }, sized(0, 1_000));
  await world.settle();
  await group.send(sized(1, 100_000));
  await sendSubgroup(publisher, { group: 2n }, ...objects(1));
  const done = downstream.next();
  const reader = await SubgroupReader.next(subscriber);
  await reader.next();
  await world.advance(STALL_MS);
  await reader.stream.bytes(70_000);
  await world.advance(STALL_MS - 1);
  await world.stillPending(done.catch(() => {}), "PUBLISH_DONE");
  assert.equal(world.metrics.subscribersTooFarBehind, 0);
});

Deno.test("R-159, R-177: what the cache had to give up is reset with TOO_FAR_BEHIND", async () => {
  await using world = new SessionWorld({ cache: { maxTrackBytes: 100_000 } });
  const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
  const group = await openSubgroup(publisher, { group: 1n }, sized(0, 1_000));
  await world.settle();
  for (let id = 1; id < 20; id++) await group.send(sized(id, 20_000));
  await world.settle();
  const { ids, end } = await nextSubgroup(subscriber);
  assert.deepEqual([ids, end], [[0], "too_far_behind"]);
  assert.equal(world.metrics.skips.evicted, 1);
});

draftTest(
  "R-158: at the limit on open streams that of the lowest priority is cancelled for a higher one",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 2 } });
    const { publisher, subscriber } = await watch(world);
    const lines = follow(subscriber);
    const open = [];
    for (const [id, priority] of [50, 90, 20].entries()) {
      const header = { group: 1n, subgroup: BigInt(id), priority };
      open.push(await openSubgroup(publisher, header, ...objects(1, id)));
      await world.settle();
    }
    assert.deepEqual(lines, [`1: 1 cancelled`]);
    await openSubgroup(publisher, { group: 1n, subgroup: 3n, priority: 60 }, ...objects(1, 3));
    await world.settle();
    for (const stream of open) await stream.finish();
    await world.settle();
    assert.deepEqual(lines.slice(1), ["1: 0 fin", "1: 2 fin"]);
    assert.deepEqual([world.metrics.skips.superseded, world.metrics.skips.streams], [1, 1]);
  },
);

draftTest(
  "R-158: for a subscriber that is behind and wants the newest first, the oldest give way",
  async () => {
    await using world = new SessionWorld({ delivery: { maxBacklogBytes: 1_000 } });
    const { publisher, subscriber } = await watch(world, {
      parameters: { groupOrder: "descending" },
      subscriber: { memory: SLOW },
    });
    const old = await openSubgroup(publisher, { group: 1n }, sized(0, 800));
    await world.settle();
    await old.send(sized(1, 2_000));
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    await world.settle();
    const lines = follow(subscriber);
    await world.settle();
    assert.deepEqual(lines.sort(), ["2: 0 fin", `lost cancelled`]);
  },
);

draftTest(
  "R-158: where streams cannot be reset one at a time gives way, behind a whole object",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 2 } });
    const { publisher, subscriber, joined } = await watch(world, {
      subscriber: { memory: { ...SLOW, canReset: false } },
    });
    const open = [];
    for (const [id, priority] of [100, 101].entries()) {
      const header = { group: 1n, subgroup: BigInt(id), priority };
      open.push(await openSubgroup(publisher, header, sized(id, 500)));
      await world.settle();
    }
    await openSubgroup(publisher, { group: 1n, subgroup: 2n, priority: 1 }, ...objects(1, 2));
    await world.settle();
    assert.deepEqual([world.metrics.skips.streams, parked(joined)], [1, 0]);
    const lines = follow(subscriber);
    await world.settle();
    assert.deepEqual([world.metrics.skips.superseded, parked(joined)], [1, 1]);
    for (const stream of open) await stream.finish();
    await world.settle();
    assert.deepEqual(lines, ["1: 0 fin"]);
  },
);

draftTest(
  "R-199: for a peer that allows no streams, the least urgent of what waits is given up",
  async () => {
    await using world = new SessionWorld({
      delivery: { maxOpenSubgroups: 2 * MAX_STREAMS_WAITING },
      cache: { maxBytes: 100_000_000, maxTrackBytes: 100_000_000 },
    });
    const { publisher, subscriber } = await watch(world, {
      subscriber: { memory: { maxUniStreams: 2 } },
    });
    const other = await join(world);
    for (let count = 0; count < MAX_STREAMS_WAITING + 10; count++) {
      const place = { group: BigInt(count >> 11), subgroup: BigInt(count) };
      await sendSubgroup(publisher, place, ...objects(1, count));
    }
    await world.settle();
    assert.equal(world.metrics.skips.streams, 9);
    // Whoever reads gets all the rest.
    const lines = follow(subscriber);
    for (let turn = 0; turn < MAX_STREAMS_WAITING && lines.length <= MAX_STREAMS_WAITING; turn++) {
      await world.settle();
    }
    assert.equal(lines.length, MAX_STREAMS_WAITING + 1);
    await world.stillPending(other.downstream.next().catch(() => {}), "The end of another");
  },
);

draftTest(
  "how long objects waited is measured once for each stream, and not of what came before",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, { subscriber: { memory: SLOW } });
    const { deliveryDelays } = world.metrics;
    const total = () => deliveryDelays.counts.reduce((sum, count) => sum + count, 0);
    const stream = await openSubgroup(publisher, { group: 1n }, sized(0, 800), sized(1, 10));
    await world.settle();
    await world.clock.advance(300);
    assert.equal(total(), 0, "The subscriber has not taken it");
    const lines = follow(subscriber);
    await world.settle();
    assert.deepEqual([total(), deliveryDelays.sum], [1, 0.3]);
    await stream.send(sized(2, 800));
    await stream.finish();
    await world.settle();
    assert.equal(total(), 1);

    const other = await join(world);
    follow(other.subscriber);
    await world.settle();
    assert.deepEqual([total(), lines], [1, ["1: 0 1 2 fin"]]);
  },
);
