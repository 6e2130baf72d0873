import assert from "node:assert/strict";
import { assign, type Assignable, takesTrack } from "./assign.ts";

const regions = new Map([
  ["asia", { latitude: 35.7, longitude: 139.7 }],
  ["europe", { latitude: 51.5, longitude: -0.1 }],
  ["america", { latitude: 40.7, longitude: -74 }],
]);

function relay(name: string, given: Partial<Assignable> = {}): Assignable {
  return {
    name,
    region: "europe",
    cpu: 0,
    distance: Infinity,
    hasTrack: false,
    isSibling: false,
    isReached: true,
    ...given,
  };
}

const chosen = (candidates: Assignable[], client: Parameters<typeof assign>[1]) =>
  assign(candidates, client, regions)?.name;

Deno.test("assign() prefers room, then nearness, then little load, then the track's source", () => {
  const full = relay("full", { cpu: 0.95 });
  const far = relay("far", { region: "asia" });
  const busy = relay("busy", { cpu: 0.55, distance: 1 });
  const idle = relay("idle", { cpu: 0.11, distance: 9 });
  const close = relay("close", { cpu: 0.19, distance: 3 });
  const lost = relay("lost", { distance: 1, isReached: false });
  const client = { region: "europe", key: "1" };
  assert.equal(chosen([full, far, busy, idle, close, lost], client), "close");
  assert.equal(chosen([full, far, busy, idle], client), "idle");
  assert.equal(chosen([full, far, busy], client), "busy");
  assert.equal(chosen([full, far], client), "far");
  assert.equal(chosen([full, lost], client), "full", "nobody reaches the other one");
  assert.equal(chosen([lost], client), "lost", "nothing better is known");
  assert.equal(chosen([], client), undefined);
});

Deno.test("assign() finds the nearest region by place, and for a region without relays", () => {
  const relays = [relay("a", { region: "asia" }), relay("e"), relay("x", { region: "unknown" })];
  const paris = { latitude: 48.9, longitude: 2.4 };
  const seoul = { latitude: 37.6, longitude: 127 };
  assert.equal(chosen(relays, { place: paris, key: "1" }), "e");
  assert.equal(chosen(relays, { place: seoul, key: "1" }), "a");
  assert.equal(chosen(relays, { region: "america", key: "1" }), "e");
});

Deno.test("assign() spreads clients over equals, and keeps each where it was", () => {
  const relays = ["a", "b", "c", "d"].map((name) => relay(name));
  const counts = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const name = chosen(relays, { key: `client-${i}` }) ?? "";
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const fewer = relays.filter((one) => one.name !== "d");
    if (name !== "d") assert.equal(chosen(fewer.toReversed(), { key: `client-${i}` }), name);
  }
  for (const name of "abcd") assert.ok((counts.get(name) ?? 0) > 200, `${name} has too few`);
});

Deno.test("assign() gathers a track's viewers at the relay that has it until it is 70 % full", () => {
  const client = { region: "europe", key: "1" };
  const idle = relay("idle", { distance: 1 });
  const source = (cpu: number) => relay("source", { cpu, distance: 0, hasTrack: true });
  const near = relay("near", { cpu: 0.3, distance: 1, hasTrack: true });
  const here = relay("here", { region: "asia", distance: 0, hasTrack: true });
  assert.equal(chosen([idle, source(0.69)], client), "source");
  assert.equal(chosen([idle, source(0.7)], client), "idle");
  assert.equal(chosen([idle, source(0.7), near], client), "near", "the second one fills up next");
  assert.equal(chosen([idle, here], client), "idle", "viewers are not sent across the world");
});

Deno.test("assign() fills relays with a track's viewers one after the other", () => {
  const cpu = new Map(["a", "b", "c", "d"].map((name) => [name, 0]));
  const having = new Set(["a"]);
  for (let viewer = 0; viewer < 250; viewer++) {
    const relays = [...cpu].map(([name, load]) =>
      relay(name, { cpu: load, hasTrack: having.has(name), distance: name === "a" ? 0 : 1 })
    );
    const name = chosen(relays, { key: `viewer-${viewer}` })!;
    having.add(name);
    cpu.set(name, cpu.get(name)! + 0.01);
    const filled = [...cpu.values()].filter((load) => load >= 0.69).length;
    assert.ok(having.size <= filled + 1, `${having.size} have it, ${filled} are filled`);
  }
  assert.equal(having.size, 4);
});

Deno.test("takesTrack() knows a track by its name and by the namespaces above it", () => {
  const flows = [{ track: "live/concert/~/video", next_hop: "b", source: "c" }];
  for (const track of ["live", "live/concert", "live/concert/video", "live/concert/~/video"]) {
    assert.ok(takesTrack(flows, track), track);
  }
  for (const track of ["live/con", "live/concert/audio", "live/concert/~/vid"]) {
    assert.ok(!takesTrack(flows, track), track);
  }
});
