import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { objects, openSubgroup, SubgroupReader, watch } from "./script.ts";

draftTest(
  "a publisher that never ends its groups keeps no subscriber from the newest",
  async () => {
    const maxOpenSubgroups = 3;
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups } });
    const { publisher, subscriber } = await watch(world);
    const readers: SubgroupReader[] = [];
    for (let group = 0n; group < 6n; group++) {
      const stream = await openSubgroup(publisher, { group });
      await stream.send(...objects(1));
      const reader = await SubgroupReader.next(subscriber);
      assert.equal(reader.header.group, group);
      readers.push(reader);
    }
    // Those that gave way say so; they are no longer waited for.
    for (const reader of readers.slice(0, 3)) {
      const { end } = await reader.objects();
      assert.equal(end, "cancelled");
    }
    assert.equal(world.metrics.skips.superseded, 3);
    assert.equal(world.metrics.skips.streams, 0);
  },
);
