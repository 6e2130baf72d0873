/** Groups that memory let go are fetched from disk, and none of another track of the same name. */
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { DiskWorld, MemoryFiles } from "../support/worlds/disk_world.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  announcing,
  at,
  fetch,
  objects,
  openSubgroup,
  readFetch,
  sendSubgroup,
  watch,
} from "./script.ts";

const FEW_GROUPS = { cache: { maxGroupsPerTrack: 2 } };

/** A relay that keeps two groups in memory, and all in a folder. */
async function withDisk(files: MemoryFiles, clock?: DiskWorld["clock"]) {
  const disk = await new DiskWorld(files, clock).open();
  return { disk, world: new SessionWorld({ ...FEW_GROUPS, disk }) };
}

async function send(publisher: ScriptedPeer, groups: readonly number[], text?: string) {
  for (const group of groups) {
    const list = text === undefined ? objects(3) : [{ id: 0, payload: text }];
    await sendSubgroup(publisher, { group: BigInt(group), endOfGroup: true }, ...list);
  }
}

function items(...groups: readonly number[]): string[] {
  return groups.flatMap((group) => [0, 1, 2].map((id) => `${group}/${id} object ${id}`));
}

draftTest(
  "what memory let go is fetched from disk, in both orders, and nobody is asked",
  async () => {
    const { disk, world: relay } = await withDisk(new MemoryFiles());
    await using world = relay;
    const { publisher } = await watch(world);
    await send(publisher, [1, 2, 3, 4, 5, 6]);
    await world.advance(1_000);
    assert.equal(world.metrics.evictions.groups, 4);
    const peer = await world.connect();
    const request = await fetch(peer, [1, 1], [6, 1]);
    assert.deepEqual((await request.expect("fetchOk")).end, at(6, 1));
    const came = await readFetch(peer);
    assert.deepEqual(came.items, items(1, 2, 3, 4, 5, 6).slice(1, -1));
    assert.equal(came.end, "fin");
    await fetch(peer, [2, 0], [6, 2], { groupOrder: "descending" });
    const back = await readFetch(peer, "descending");
    assert.deepEqual(back.items, [6, 5, 4, 3, 2].flatMap((group) => items(group)));
    assert.equal(world.metrics.upstreamRequests.fetch.ok, 0);
    assert.ok(disk.counts.reads.ok >= 7);
  },
);

draftTest("after a crash, groups are fetched although nobody publishes them", async () => {
  const files = new MemoryFiles();
  const first = await withDisk(files);
  await using crashed = first.world;
  const { publisher } = await watch(crashed);
  await send(publisher, [1, 2, 3, 4]);
  await openSubgroup(publisher, { group: 5n }, ...objects(2));
  await crashed.advance(1_000);

  const copy = new MemoryFiles(files);
  const { world: relay } = await withDisk(copy, undefined);
  await using world = relay;
  const peer = await world.connect();
  const request = await fetch(peer, [2, 0], [9, 9]);
  assert.deepEqual((await request.expect("fetchOk")).end, at(4, 2));
  const came = await readFetch(peer);
  assert.deepEqual(came.items, items(2, 3, 4));
  assert.equal(came.end, "fin");
});

draftTest(
  "nothing is fetched of a publisher whose name another one has begun anew with",
  async () => {
    const files = new MemoryFiles();
    const first = await withDisk(files);
    {
      await using world = first.world;
      const { publisher } = await watch(world);
      await send(publisher, [0, 1, 2, 3, 4, 5]);
      await world.advance(1_000);
    }
    const { disk, world: relay } = await withDisk(files, first.disk.clock);
    await using world = relay;
    assert.equal(disk.counts.kept.groups, 6);
    const { publisher } = await watch(world);
    await send(publisher, [0, 1, 2], "anew");
    await world.advance(1_000);
    const peer = await world.connect();
    await fetch(peer, [0, 0], [5, 9]);
    const came = await readFetch(peer);
    assert.deepEqual(came.items, ["0/0 anew", "1/0 anew", "2/0 anew"]);
    assert.equal(came.end, "fin");
  },
);

draftTest("a publisher that is there, and was not heard, is asked before the disk", async () => {
  const files = new MemoryFiles();
  const first = await withDisk(files);
  {
    await using world = first.world;
    const { publisher } = await watch(world);
    await send(publisher, [0, 1, 2, 3]);
    await world.advance(1_000);
  }
  for (const largest of [1, 7]) {
    const copy = new MemoryFiles(files);
    const { world: relay } = await withDisk(copy);
    await using world = relay;
    const publisher = await announcing(world);
    const peer = await world.connect();
    const reading = fetch(peer, [0, 0], [2, 9]);
    const { request } = await publisher.expectRequest("trackStatus");
    await request.send({
      kind: "requestOk",
      parameters: { largestObject: at(largest, 0) },
      properties: new Uint8Array(),
    });
    // It goes on where the relay was, so that what is on disk is of the same track.
    if (largest === 7) {
      await reading;
      assert.deepEqual((await readFetch(peer)).items, items(0, 1, 2));
    } else {
      const { request } = await publisher.expectRequest("fetch");
      await request.sendError("does_not_exist");
      await (await reading).expect("requestError");
    }
  }
});
