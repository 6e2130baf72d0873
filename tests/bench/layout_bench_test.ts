import assert from "node:assert/strict";
import { measureLayout } from "./layout_bench.ts";
import { type City, type Layout, LAYOUTS, roundTrip } from "./layouts.ts";

const PARIS: City = { name: "paris", region: "europe", latitude: 48.9, longitude: 2.4 };
const NEW_YORK: City = { name: "newyork", region: "america", latitude: 40.7, longitude: -74 };
const CHICAGO: City = { name: "chicago", region: "america", latitude: 41.9, longitude: -87.6 };
const ROME: City = { name: "rome", region: "europe", latitude: 41.9, longitude: 12.5 };

Deno.test("roundTrip() is that of a cable half as long again as the shortest line", () => {
  // 5,830 km, which light in glass passes in 29 ms.
  const between = roundTrip(PARIS, NEW_YORK);
  assert.ok(between > 86 && between < 89, `${between} ms`);
  assert.equal(roundTrip(PARIS, PARIS), 0.5);
});

Deno.test("measureLayout() counts links, hops and what a track crosses between regions", () => {
  const cities = [PARIS, ROME, NEW_YORK, CHICAGO];
  const { milliseconds: _, ...report } = measureLayout({ name: "four", cities, relaysPerCity: 3 });
  const { rtt, stretch, worstRtt, ...counts } = report;
  assert.deepEqual(counts, {
    name: "four",
    relays: 12,
    // In each city both gateways know the third relay and each other, and in each plane both cities
    // of a region each other, and one city of each region that of the other one.
    links: 4 * 3 + 2 * (2 + 1),
    mostLinks: 4,
    hops: { p50: 3, max: 4 },
    longHauls: 2,
    cutOff: 0,
  });
  assert.ok(worstRtt >= rtt.max && stretch.p50 >= 1);
});

Deno.test("measureLayout() says what a death cuts off where nothing stands in for a relay", () => {
  // A region of one city has a hub in one plane alone.
  const layout: Layout = { name: "three", cities: [PARIS, ROME, CHICAGO], relaysPerCity: 2 };
  assert.ok(measureLayout(layout).cutOff > 0);
});

Deno.test("no death cuts anybody off in the layouts that are shown", () => {
  for (const layout of LAYOUTS.slice(0, 2)) assert.equal(measureLayout(layout).cutOff, 0);
});
