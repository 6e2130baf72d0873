import assert from "node:assert/strict";
import { put, World } from "../../../tests/support/worlds/track_model.ts";
import { joinedGroups } from "./joined_groups.ts";
import type { JoinPoint } from "./subscription_options.ts";

Deno.test("who joins gets what is cached of the window, or the largest group where it begins with that", () => {
  const world = new World();
  const track = world.track();
  for (const group of [3n, 4n, 5n, 6n]) put(world.stream(track, { group }), 0);
  const all = { start: { group: 0n, object: 0n }, endGroup: undefined };
  const some = { start: { group: 4n, object: 2n }, endGroup: 5n };
  const joined = (join: JoinPoint, window: typeof all | typeof some) =>
    joinedGroups(track, window, join).map(({ id }) => Number(id));
  assert.deepEqual(joined("live", all), [3, 4, 5, 6]);
  assert.deepEqual(joined("window_start", all), [3, 4, 5, 6]);
  assert.deepEqual(joined("filter_start", all), [6]);
  assert.deepEqual(joined("group_start", all), [6]);
  assert.deepEqual(joined("filter_start", some), [4, 5]);
  assert.deepEqual(joined("window_start", some), [4, 5]);
});
