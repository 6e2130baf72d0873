import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  datagram,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  sendSubgroup,
  type SubgroupScript,
  watch,
} from "./script.ts";

draftTest(
  "objects that come too late are counted, and the log names their track once",
  async () => {
    await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 2 } });
    const { publisher, subscriber } = await watch(world);
    for (const group of [5n, 6n]) {
      await sendSubgroup(publisher, { group }, ...objects(2));
      await nextSubgroup(subscriber);
    }
    await sendSubgroup(publisher, { group: 1n }, ...objects(3));
    await sendSubgroup(publisher, { group: 2n }, ...objects(3));
    publisher.sendDatagram(datagram(publisher, { group: 1n, object: 9 }));
    await world.settle();
    assert.equal(world.metrics.droppedObjects.too_old, 7);
    const lines = world.lines.filter(({ text }) => text === "warn: objects dropped");
    assert.deepEqual(lines.map(({ fields }) => [fields["track"], fields["reason"]]), [
      ["live/cam · video", "too_old"],
    ]);
  },
);

draftTest("a drop is counted when it happens, not when its stream ends", async () => {
  await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 1 } });
  const { publisher } = await watch(world);
  await sendSubgroup(publisher, { group: 5n }, ...objects(1));
  await openSubgroup(publisher, { group: 1n }, ...objects(1));
  await world.settle();
  assert.equal(world.metrics.droppedObjects.too_old, 1);
});

draftTest("a track of which everything is dropped for seconds ends with a reason", async () => {
  await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 1 } });
  const { publisher, subscriber, downstream } = await watch(world);
  await sendSubgroup(publisher, { group: 500n }, ...objects(1));
  await nextSubgroup(subscriber);
  const ended = downstream.next();
  const late = await openSubgroup(publisher, { group: 1n });
  await dropOneASecond(world, late, 0, 5);
  await world.stillPending(ended, "The end of the track");
  await dropOneASecond(world, late, 5, 2);
  const done = await ended;
  assert.ok(done?.kind === "publishDone");
  assert.equal(done.code, "excessive_load");
  assert.match(done.reason, /every object was dropped for 5 s: too_old/);
  const given = world.lines.find(({ text }) => text === "warn: track given up");
  assert.equal(given?.fields["track"], "live/cam · video");
});

draftTest("a track of which something is kept now and then goes on", async () => {
  await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 1 } });
  const { publisher, downstream } = await watch(world);
  const ended = downstream.next();
  const current = await openSubgroup(publisher, { group: 500n }, ...objects(1));
  const late = await openSubgroup(publisher, { group: 1n });
  for (let round = 0; round < 5; round++) {
    await dropOneASecond(world, late, round * 4, 4);
    await current.send(...objects(1, round + 1));
  }
  await world.stillPending(ended, "The end of the track");
  assert.equal(world.metrics.droppedObjects.too_old, 20);
});

async function dropOneASecond(
  world: SessionWorld,
  late: SubgroupScript,
  from: number,
  count: number,
): Promise<void> {
  for (let id = from; id < from + count; id++) {
    await late.send(...objects(1, id)).catch(() => {});
    await world.advance(1_000);
  }
}

draftTest("a chat of one group with a stream for each object goes on for ever", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world);
  const ended = downstream.next();
  let seen = -1;
  void (async () => {
    for (;;) seen = (await nextSubgroup(subscriber)).ids[0]!;
  })().catch(() => {});
  for (let id = 0; id < 4_300; id++) {
    await sendSubgroup(publisher, { group: 0n, subgroup: BigInt(id) }, ...objects(1, id));
    if (id % 20 === 0) await world.advance(100);
  }
  await world.settle();
  assert.equal(seen, 4_299);
  const { ok } = await join(world, { filter: { type: "largest_object" } });
  assert.deepEqual(ok.parameters.largestObject, { group: 0n, object: 4_299n });
  await world.stillPending(ended, "The end of the track");
  assert.ok(Object.values(world.metrics.droppedObjects).every((count) => count === 0));
});

draftTest(
  "what a subscriber misses is told once for its subscription and reason, with the track's name",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 1 } });
    const { publisher } = await watch(world, {
      subscriber: { memory: { canReset: false, maxUniStreams: 1, maxDatagramSize: 20 } },
    });
    for (let group = 0n; group < 5n; group++) {
      await sendSubgroup(publisher, { group }, ...objects(1));
      publisher.sendDatagram(datagram(publisher, { group: group + 10n, text: "x".repeat(30) }));
      await world.settle();
    }
    assert.equal(world.metrics.datagramsDropped.too_large, 5);
    const { skips } = world.metrics;
    const missed = Object.entries(skips).filter(([, count]) => count > 0).map(([reason]) => reason);
    assert.notEqual(missed.length, 0);
    const lines = world.lines.filter(({ text }) =>
      text === "info: objects left out for a subscriber"
    );
    assert.deepEqual(
      lines.map(({ fields }) => fields["reason"]).sort(),
      [...missed, "too_large"].sort(),
    );
    for (const { fields } of lines) assert.equal(fields["track"], "live/cam · video");
  },
);

draftTest(
  "datagrams and streams of nothing that is known are told of once for the session",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    for (let object = 0; object < 100; object++) {
      publisher.sendDatagram(datagram(publisher, { alias: 99n, object }));
    }
    await publisher.openStream(new Uint8Array(0));
    await world.advance(5_000);
    assert.ok(world.metrics.datagramsDropped.unknown_track > 0);
    assert.equal(world.metrics.streamsStopped.silent, 1);
    const told = world.lines.filter(({ text }) =>
      /(datagrams dropped|streams stopped)$/.test(text)
    );
    assert.deepEqual(told.map(({ text, fields }) => [text, fields["reason"]]), [
      ["info: datagrams dropped", "unknown_track"],
      ["info: streams stopped", "silent"],
    ]);
  },
);
