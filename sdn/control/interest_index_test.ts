import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import type { EventPlace } from "./change_log.ts";
import { InterestIndex } from "./interest_index.ts";
import { Wakeups } from "./wakeups.ts";

Deno.test("watchers that do not read keep no copy each of where the changes are that concern them", () => {
  const index = new InterestIndex(new Wakeups(new ManualClock()));
  const scope = { graph: false, announces: false, flows: false, access: false, routes: [] };
  const kept = [1, 2, 3].map(() => {
    const places: EventPlace[] = [];
    const who = { scope, wake: () => {}, concerns: (place: EventPlace) => void places.push(place) };
    index.enter(who);
    index.revise(who, { add: [{ kind: "prefix", text: "live" }], drop: [] });
    return places;
  });
  for (let revision = 1; revision <= 3; revision++) {
    const announces = [revision === 2 ? "other" : "live/a"];
    const event = { id: revision, event: "announce", data: "{}", scopes: ["announces"] as const };
    index.push({ revision, bytes: 0, events: [{ ...event, announces }] });
  }
  const [first, ...others] = kept;
  assert.deepEqual(first, [{ revision: 1, number: 0 }, { revision: 3, number: 0 }]);
  for (const places of others) {
    assert.equal(places.length, 2);
    for (const [at, place] of places.entries()) assert.equal(place, first![at]);
  }
});
