/** How far a track is, when somebody else says so, or brings objects of it, than who has it. */
import { draftOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announcing,
  at,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

const LIVE = { filter: { type: "largest_object" } } as const;
const NEXT = { filter: { type: "next_group" } } as const;
const RECENT = { filter: { type: "recent_groups", groups: 1n } } as const;
const FAR = 2 ** 40;
const STRANGER = 30n;

for (const [name, filter] of Object.entries({ largest: LIVE, next: NEXT })) {
  draftTest(
    `a viewer (${name}) that is there before the first object sees it, wherever a stranger said that the track is`,
    async () => {
      await using world = new SessionWorld();
      const stranger = await announcing(world);
      const viewer = await world.connect();
      const request = await subscribe(viewer, filter);
      await accept(stranger, { alias: STRANGER, largest: at(FAR, FAR) });
      const ok = await request.expect("subscribeOk");
      assert.deepEqual(ok.parameters.largestObject, at(FAR, FAR));
      const publisher = await announcing(world);
      await accept(publisher);
      await sendSubgroup(publisher, { group: 3n }, ...objects(1));
      await sendSubgroup(publisher, { group: 4n }, ...objects(1));
      await world.settle();
      for (const group of [3n, 4n]) {
        assert.equal((await SubgroupReader.next(viewer)).header.group, group);
      }
      const { ok: late } = await join(world, LIVE);
      assert.deepEqual(late.parameters.largestObject, at(4, 0));
    },
  );
}

for (const [name, filter] of Object.entries({ LIVE, NEXT, RECENT })) {
  Deno.test(`a viewer of draft 20 (${name}) is told when its publisher is elsewhere than was said`, async () => {
    await using world = new SessionWorld();
    const stranger = await announcing(world);
    const viewer = await world.connect({ draft: draftOf("moqt-20")! });
    const request = await subscribe(viewer, filter);
    await accept(stranger, { alias: STRANGER, largest: at(FAR, FAR) });
    await request.expect("subscribeOk");
    const publisher = await announcing(world);
    await accept(publisher, { largest: at(2, 7) });
    const next = request.next();
    await world.stillPending(next, "Anything before its first object");
    await sendSubgroup(publisher, { group: 3n }, ...objects(1));
    assert.equal((await SubgroupReader.next(viewer)).header.group, 3n);
    const parameters = { largestObject: at(2, 7) };
    assert.deepEqual(await next, { kind: "publishStateNotify", parameters });
  });
}

draftTest(
  "a viewer begins behind what its publisher said that there is, before the first object comes",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber } = await watch(world, {
      parameters: LIVE,
      answer: { largest: at(5, 3) },
    });
    await sendSubgroup(publisher, { group: 5n }, ...objects(6));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [4, 5]);
  },
);

draftTest(
  "a late viewer is told how far its publisher is, not how far a stranger's flood is",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const say = (id: number) =>
      sendSubgroup(publisher, { group: 0n, subgroup: BigInt(id) }, ...objects(1, id));
    for (let id = 0; id < 3; id++) await say(id);
    const stranger = await announcing(world);
    await accept(stranger, { alias: STRANGER });
    for (let id = FAR; id < FAR + 10; id++) {
      const place = { alias: STRANGER, group: 0n, subgroup: BigInt(id) };
      await sendSubgroup(stranger, place, ...objects(1, id));
    }
    await world.settle();
    const { subscriber, ok } = await join(world, LIVE);
    assert.deepEqual(ok.parameters.largestObject, at(0, 2));
    await say(3);
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [3]);
  },
);

draftTest(
  "of two publishers that send the same the one that is ahead says how far the track is",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const twin = await announcing(world);
    await accept(twin, { alias: STRANGER });
    await sendSubgroup(publisher, { group: 7n }, ...objects(2));
    await sendSubgroup(twin, { alias: STRANGER, group: 7n }, ...objects(9));
    await world.settle();
    assert.deepEqual((await join(world, LIVE)).ok.parameters.largestObject, at(7, 8));
    // Where the first one hangs it is passed over.
    for (const group of [8n, 9n]) {
      await sendSubgroup(twin, { alias: STRANGER, group }, ...objects(100));
    }
    await world.settle();
    assert.deepEqual((await join(world, LIVE)).ok.parameters.largestObject, at(9, 99));
  },
);

draftTest(
  "a publisher that hangs does not hold back what its twin says of a long group",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await openSubgroup(publisher, { group: 5n }, ...objects(10));
    const twin = await announcing(world);
    await accept(twin, { alias: STRANGER });
    await openSubgroup(twin, { alias: STRANGER, group: 5n }, ...objects(300));
    await world.settle();
    assert.deepEqual((await join(world, LIVE)).ok.parameters.largestObject, at(5, 299));
  },
);
