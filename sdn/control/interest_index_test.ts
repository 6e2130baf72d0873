import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import type { EventPlace } from "./change_log.ts";
import { InterestIndex } from "./interest_index.ts";
import { MAX_INTERESTS, MAX_INTERESTS_PER_CLIENT } from "./limits.ts";
import { Wakeups } from "./wakeups.ts";

Deno.test("watchers that do not read keep no copy each of where the changes are that concern them", () => {
  const index = new InterestIndex(new Wakeups(new ManualClock()));
  const scope = { graph: false, announces: false, flows: false, access: false, routes: [] };
  const kept = [1, 2, 3].map(() => {
    const places: EventPlace[] = [];
    const concerns = (place: EventPlace) => void places.push(place);
    const who = { scope, client: "c", wake: () => {}, concerns };
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

Deno.test("the watchers of one client leave room for the interests of others", () => {
  const index = new InterestIndex(new Wakeups(new ManualClock()));
  const scope = { graph: false, announces: false, flows: false, access: false, routes: [] };
  const all = Array.from({ length: MAX_INTERESTS }, (_, at) => ({
    kind: "prefix" as const,
    text: `live/${at}`,
  }));
  const watcher = (client: string) => {
    const who = { scope, client, wake: () => {}, concerns: () => {} };
    index.enter(who);
    return { who, outcome: index.revise(who, { add: all, drop: [] }) };
  };
  const greedy = Array.from({ length: 30 }, () => watcher("greedy"));
  const refusals = greedy.filter(({ outcome }) => !outcome.ok);
  assert.equal(refusals.length, 30 - Math.floor(MAX_INTERESTS_PER_CLIENT / MAX_INTERESTS));
  assert.match(JSON.stringify(refusals[0]?.outcome), /limit_reached.*of one client/);
  assert.ok(watcher("modest").outcome.ok);
  for (const { who } of greedy) index.leave(who);
  assert.ok(watcher("greedy").outcome.ok, "what is left is counted no more");
});
