/** Subgroups that end before their end, for subscribers that cannot be told so: no stream can be reset. */
import { ObjectStatus } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import {
  MAX_PARKED_STREAMS,
  PARKED_CHECK_MS,
  PARKED_STREAM_MS,
  STREAM_PATIENCE_MS,
} from "../../relay/session/limits.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { StreamEnd } from "../support/peers/scripted_streams.ts";
import { type Joined, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announcing,
  closedWith,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  type ScriptedObject,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  VIDEO,
  watch,
} from "./script.ts";

const NO_RESET = { memory: { canReset: false } };
/** As many streams as browsers allow. */
const BROWSER = { memory: { canReset: false, maxUniStreams: 100 } };
const ROUNDS = 1_000;
/** Of what is there already nothing is wanted. */
const LIVE = { filter: { type: "largest_object" } } as const;
/** Viewers here ask as fast as they can. */
const HASTY = { limits: { controlMessageBurst: 100_000 } };

function parked(joined: Joined): number {
  return joined.session.counts.parkedStreams;
}

/** What a subscriber has read of each stream: the group, the ids, and how it ended if it did. */
interface Seen {
  readonly group: bigint;
  readonly ids: number[];
  end: StreamEnd | "broken" | undefined;
}

/** Reads every stream as it comes. */
function reads(peer: ScriptedPeer): Seen[] {
  const all: Seen[] = [];
  const read = async (stream: Awaited<ReturnType<ScriptedPeer["nextStream"]>>) => {
    const reader = await SubgroupReader.of(stream);
    const seen: Seen = { group: reader.header.group, ids: [], end: undefined };
    all.push(seen);
    try {
      for (;;) {
        const next = await reader.next();
        if (typeof next !== "object") return void (seen.end = next);
        seen.ids.push(next.id);
      }
    } catch {
      seen.end = "broken";
    }
  };
  void (async () => {
    for (;;) void read(await peer.nextStream());
  })().catch(() => {});
  return all;
}

function large(id: number, bytes = 40_000): ScriptedObject {
  return { id, payload: "x".repeat(bytes) };
}

draftTest(
  "R-096: a group whose publisher broke off does not look whole while anybody is at it",
  async () => {
    await using world = new SessionWorld({ cache: { maxAgeMs: 5_000 } });
    const { publisher, subscriber, joined } = await watch(world, { subscriber: NO_RESET });
    const seen = reads(subscriber);
    const stream = await openSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    stream.reset("cancelled");
    await world.advance(2 * PARKED_STREAM_MS);
    assert.deepEqual(seen, [{ group: 1n, ids: [0], end: undefined }]);
    assert.equal(parked(joined), 1);
    // The next group follows, and the cache gives this one up.
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    await world.advance(5_000 + 1_000 + PARKED_CHECK_MS);
    assert.deepEqual(seen, [{ group: 1n, ids: [0], end: "fin" }, {
      group: 2n,
      ids: [0],
      end: "fin",
    }]);
    assert.equal(parked(joined), 0);
    assert.deepEqual(world.metrics.parkedStreamsFinished.outdated, 1);
  },
);

draftTest(
  "a publisher that resets each group closes no viewer's session, and the newest is always seen",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, { subscriber: BROWSER });
    const seen = reads(subscriber);
    for (let group = 0; group < ROUNDS; group++) {
      const stream = await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.settle();
      assert.equal(seen.at(-1)?.group, BigInt(group));
      stream.reset("cancelled");
      await world.settle();
      assert.ok(parked(joined) <= MAX_PARKED_STREAMS);
    }
    assert.equal(seen.length, ROUNDS);
    assert.equal(seen.filter(({ end }) => end === undefined).length, MAX_PARKED_STREAMS);
    assert.equal(world.metrics.parkedStreamsFinished.limit, ROUNDS - MAX_PARKED_STREAMS);
  },
);

draftTest(
  "a publisher that resets each group within an object breaks no stream, and leaves one open",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, { subscriber: BROWSER });
    const seen = reads(subscriber);
    for (let group = 0; group < 100; group++) {
      const stream = await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.settle();
      await stream.write(stream.encode(large(1)).subarray(0, 30_000));
      await world.settle();
      stream.reset("cancelled");
      await world.settle();
    }
    assert.deepEqual(seen.filter(({ end }) => end === "broken"), []);
    assert.deepEqual(seen.map(({ group }) => Number(group)), seen.map((_, index) => index));
    assert.ok(parked(joined) <= MAX_PARKED_STREAMS);
    // The first of them, which was sent its head, will not end; the others were sent no head.
    assert.equal(seen[0]!.end, undefined);
    assert.equal(seen[1]!.end, "fin");
  },
);

draftTest("a publisher that never ends its groups closes no viewer's session", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, joined } = await watch(world, { subscriber: BROWSER });
  const seen = reads(subscriber);
  for (let group = 0; group < ROUNDS; group++) {
    await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
    await world.settle();
    assert.equal(seen.at(-1)?.group, BigInt(group));
  }
  assert.equal(seen.length, ROUNDS);
  assert.ok(parked(joined) <= MAX_PARKED_STREAMS);
});

draftTest(
  "an object that ends its group ends the stream, whether its publisher does or not",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, { subscriber: BROWSER });
    const seen = reads(subscriber);
    for (let group = 0; group < ROUNDS; group++) {
      const end = { id: 1, payload: "", status: ObjectStatus.END_OF_GROUP };
      await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1), end);
      await world.settle();
    }
    assert.deepEqual(seen.filter(({ end }) => end !== "fin"), []);
    assert.equal(seen.length, ROUNDS);
    assert.equal(parked(joined), 0);
  },
);

draftTest(
  "a viewer that zaps between tracks within groups keeps its session, and every stream ends",
  async () => {
    await using world = new SessionWorld(HASTY);
    const publisher = await announcing(world);
    const joined = await world.join(BROWSER);
    // Browsers can reset what we cannot.
    Object.assign(joined.peer.connection, { canReset: true });
    const viewer = joined.peer;
    const tracks = ["one", "two"].map((name) => trackOf("live", name));
    const flowing = new Set<number>();
    const seen = reads(viewer);
    for (let round = 0; round < ROUNDS; round++) {
      const request = await subscribe(viewer, LIVE, tracks[round % 2]);
      if (!flowing.has(round % 2)) await accept(publisher, { alias: BigInt(round % 2) });
      flowing.add(round % 2);
      await request.expect("subscribeOk");
      const alias = BigInt(round % 2);
      await openSubgroup(publisher, { alias, group: BigInt(round) }, ...objects(1));
      await world.settle();
      assert.equal(seen.length, round + 1);
      request.cancel("cancelled");
      await world.settle();
    }
    assert.equal(parked(joined), 0);
    assert.deepEqual(seen.filter(({ end }) => end !== "fin"), []);
  },
);

draftTest("a viewer that pauses and resumes within groups keeps its session", async () => {
  await using world = new SessionWorld(HASTY);
  const { publisher, subscriber, joined, downstream } = await watch(world, { subscriber: BROWSER });
  const seen = reads(subscriber);
  const update = async (forward: boolean) => {
    const requestId = subscriber.takeRequestId();
    await downstream.send({ kind: "requestUpdate", requestId, parameters: { forward } });
    await downstream.expect("requestOk");
  };
  for (let round = 0; round < ROUNDS; round++) {
    const group = await openSubgroup(publisher, { group: BigInt(round) }, ...objects(1));
    await world.settle();
    await update(false);
    await group.send(...objects(1, 1));
    await world.settle();
    await update(true);
    await group.send(...objects(1, 2));
    await world.settle();
    await group.finish();
    await world.settle();
  }
  assert.deepEqual(seen.slice(-2).map(({ ids }) => ids), [[0], [2]]);
  assert.ok(parked(joined) <= MAX_PARKED_STREAMS);
});

draftTest(
  "one who left is sent the object that was under way to its end, and the stream ends",
  async () => {
    await using world = new SessionWorld();
    const { publisher, joined, subscriber, downstream } = await watch(world, {
      // Its goodbye is a FIN, which is noticed at once.
      subscriber: { memory: { canReset: false }, setup: { solicit: false } },
    });
    const seen = reads(subscriber);
    const stream = await openSubgroup(publisher, { group: 1n, firstObject: true }, ...objects(1));
    const object = stream.encode(large(1));
    await stream.write(object.subarray(0, 20_000));
    await world.settle();
    await downstream.finish();
    await world.settle();
    assert.deepEqual(seen, [{ group: 1n, ids: [0], end: undefined }]);
    await stream.write(object.subarray(20_000));
    await world.settle();
    assert.deepEqual(seen, [{ group: 1n, ids: [0, 1], end: "fin" }]);
    assert.equal(parked(joined), 0);
  },
);

draftTest(
  "where the peer allows no more streams, those that only wait for their end make room",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, {
      subscriber: { memory: { canReset: false, maxUniStreams: 7 } },
    });
    const seen = reads(subscriber);
    for (let group = 0; group < 30; group++) {
      const stream = await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.settle();
      if (group % 2 === 0) stream.reset("cancelled");
      await world.advance(2 * STREAM_PATIENCE_MS);
      assert.equal(seen.at(-1)?.group, BigInt(group));
    }
    assert.ok(parked(joined) <= 6);
    assert.ok(world.metrics.parkedStreamsFinished.credit > 15);
  },
);

draftTest("a stream that comes late goes to the newest group, and none is wasted", async () => {
  await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 4 } });
  const { publisher, subscriber } = await watch(world, {
    parameters: { groupOrder: "descending" },
    // One for control, two for groups.
    subscriber: { memory: { canReset: false, maxUniStreams: 3 } },
  });
  for (let group = 0; group < 100; group++) {
    await sendSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
    await world.settle();
  }
  // The peer reads at last: what is newest comes, on as many streams as there is need for.
  const seen = reads(subscriber);
  await world.settle();
  assert.deepEqual(seen.map(({ group }) => Number(group)), [0, 1, 99, 98, 97, 96]);
  for (let group = 100; group < 200; group++) {
    await sendSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
    await world.settle();
    assert.equal(seen.at(-1)?.group, BigInt(group));
  }
});

draftTest(
  "a subscriber to whom nothing can be sent while everything gives way is told so",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 4 } });
    const { publisher, downstream } = await watch(world, {
      parameters: { groupOrder: "descending" },
      subscriber: { memory: { canReset: false, maxUniStreams: 1 } },
    });
    const done = downstream.expect("publishDone");
    for (let group = 0; group < 50; group++) {
      await sendSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.advance(100);
    }
    const { code } = await done;
    assert.equal(code, "too_far_behind");
    assert.equal(world.metrics.subscribersTooFarBehind, 1);
  },
);

draftTest(
  "a link on which a thousand groups of strangers break off stays up, and leaves no stream open",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, {
      subscriber: { ...BROWSER, setup: { relayName: "there", takesCuts: true } },
    });
    const seen = reads(subscriber);
    for (let group = 0; group < ROUNDS; group++) {
      const stream = await openSubgroup(publisher, { group: BigInt(group) }, ...objects(1));
      await world.settle();
      if (group % 2 === 0) await stream.write(stream.encode(large(1)).subarray(0, 30_000));
      await world.settle();
      stream.reset("cancelled");
      await world.settle();
    }
    // To a relay of ours a stream that ends within an object is one that was reset.
    assert.equal(seen.length, ROUNDS);
    assert.deepEqual(seen.filter(({ end }) => end !== "broken"), []);
    assert.equal(parked(joined), 0);
    const { subscriber: canary } = await join(world, LIVE);
    await sendSubgroup(publisher, { group: 5_000n }, ...objects(1));
    assert.equal((await SubgroupReader.next(canary)).header.group, 5_000n);
  },
);

draftTest("a stream that another relay cuts is taken for one that was reset", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live", {
    setup: { relayName: "there", takesCuts: true },
  });
  const viewer = await world.connect();
  const request = await subscribe(viewer, {}, VIDEO);
  await accept(publisher);
  await request.expect("subscribeOk");
  for (const rest of [Uint8Array.of(0xff), Uint8Array.of(0, 5, 1)]) {
    const group = rest[0] === 0xff ? 1n : 2n;
    const stream = await openSubgroup(publisher, { group }, ...objects(1));
    const reader = await SubgroupReader.next(viewer);
    assert.deepEqual(await reader.next(), objects(1)[0]);
    await stream.write(rest);
    await stream.finish();
    assert.equal(await reader.next(), "cancelled");
  }
  assert.equal(world.metrics.malformed.subgroup, 0);
});

draftTest("a stream that another relay cuts within its header costs nothing", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, {
    publisher: { setup: { relayName: "there", takesCuts: true } },
  });
  for (const head of [Uint8Array.of(0xff), Uint8Array.of(0x30, 0xff)]) {
    await (await publisher.openStream(head)).finish();
  }
  await world.settle();
  await sendSubgroup(publisher, { group: 1n }, ...objects(1));
  assert.equal((await SubgroupReader.next(subscriber)).header.group, 1n);
});

draftTest(
  "a stream that comes too late for one group goes to another, and none is sent empty",
  async () => {
    await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 3 } });
    const { publisher, subscriber, joined } = await watch(world, {
      subscriber: {
        setup: { relayName: "there", takesCuts: true },
        memory: { canReset: false, maxUniStreams: 2 },
      },
    });
    for (let group = 0n; group < 20n; group++) {
      await openSubgroup(publisher, { group }, ...objects(1));
      await world.settle();
    }
    const seen = reads(subscriber);
    await world.settle();
    // The control stream was one, and one may be kept for what comes next.
    assert.ok(
      joined.connection.opened.length - seen.length <= 2,
      `${joined.connection.opened.length} for ${seen.length}`,
    );
    assert.deepEqual(seen.filter(({ ids }) => ids.length === 0), []);
  },
);

draftTest("R-102: from anybody else it ends the session", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world);
  const stream = await openSubgroup(publisher, { group: 1n }, ...objects(1));
  await stream.write(Uint8Array.of(0xff));
  await stream.finish();
  await closedWith(publisher, "protocol_violation");
});

for (const canReset of [true, false]) {
  const how = canReset ? "reset" : "finished";
  draftTest(
    `a group that a dead publisher left within is ${how} when another is ahead for two seconds`,
    async () => {
      await using world = new SessionWorld();
      const { publisher, subscriber } = await watch(world, {
        subscriber: { memory: { canReset } },
      });
      const dead = await openSubgroup(publisher, { group: 5n }, ...objects(1));
      await world.settle();
      const reader = await SubgroupReader.next(subscriber);
      await reader.next();
      const end = reader.next();
      const successor = await announcing(world);
      await accept(successor, { alias: 8n });
      await world.advance(1_000);
      await sendSubgroup(successor, { alias: 8n, group: 6n }, ...objects(1));
      await world.advance(900);
      await sendSubgroup(successor, { alias: 8n, group: 7n }, ...objects(1));
      await world.stillPending(end, "The end of a group that may yet go on");
      await world.advance(200);
      await sendSubgroup(successor, { alias: 8n, group: 8n }, ...objects(1));
      await world.settle();
      assert.equal(await end, canReset ? "cancelled" : "fin");
      assert.equal(world.metrics.parkedStreamsFinished.abandoned, canReset ? 0 : 1);
      // Whoever hangs and comes back goes on with a stream of its own.
      await dead.send(...objects(1, 1));
      await world.settle();
    },
  );
}

draftTest(
  "a group that its publisher goes on with slowly is not given up while another is ahead",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, { subscriber: BROWSER });
    const slow = await openSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    const second = await announcing(world);
    await accept(second, { alias: 8n });
    for (let step = 1; step < 9; step++) {
      await world.advance(1_000);
      await sendSubgroup(second, { alias: 8n, group: BigInt(5 + step) }, ...objects(1));
      await slow.send(...objects(1, step));
      const next = await reader.next();
      assert.ok(typeof next === "object", String(next));
      assert.equal(next.id, step);
    }
  },
);

draftTest(
  "a stream that a dead publisher left within a group is finished when another brings the rest on its own",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, { subscriber: BROWSER });
    await openSubgroup(publisher, { group: 5n }, ...objects(2));
    await world.settle();
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await reader.next();
    const end = reader.next();
    const twin = await announcing(world);
    await accept(twin, { alias: 8n });
    await world.settle();
    await publisher[Symbol.asyncDispose]();
    await world.settle();
    await sendSubgroup(twin, { alias: 8n, group: 5n }, ...objects(4));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [2, 3]);
    await world.advance(2_000);
    await world.stillPending(end, "The end of a stream that was broken off");
    await sendSubgroup(twin, { alias: 8n, group: 6n }, ...objects(1));
    await world.advance(PARKED_CHECK_MS);
    assert.equal(await end, "fin");
  },
);
