import assert from "node:assert/strict";
import { layOut } from "./page/layout.js";

const relays = [
  { id: "tokyo", region: "asia" },
  { id: "osaka", region: "asia" },
  { id: "london", region: "europe" },
  { id: "paris", region: "europe" },
  { id: "newyork", region: "america" },
];
const links = [{ a: "london", b: "tokyo" }, { a: "london", b: "newyork" }];

function many(count: number, regions: number) {
  return Array.from({ length: count }, (_, at) => ({ id: `r${at}`, region: `g${at % regions}` }));
}

Deno.test("layOut() gives the same picture whatever the order of what it is given", () => {
  const one = layOut({ relays, links });
  const other = layOut({
    relays: relays.toReversed(),
    links: links.toReversed().map(({ a, b }) => ({ a: b, b: a })),
  });
  assert.deepEqual(other.relays, one.relays);
  assert.deepEqual(other.regions, one.regions);
});

for (const isTall of [false, true]) {
  for (const [count, regions] of [[1, 1], [2, 2], [5, 3], [7, 1], [40, 6], [300, 30]] as const) {
    const shape = isTall ? "tall" : "wide";
    Deno.test(`layOut() keeps ${count} relays in ${regions} regions apart, ${shape}`, () => {
      const picture = layOut({ relays: many(count, regions), links: [], isTall });
      const points = [...picture.relays.values()];
      assert.equal(points.length, count);
      for (const [at, one] of points.entries()) {
        assert.ok(one.x > 0 && one.x < picture.width && one.y > 0 && one.y < picture.height);
        for (const other of points.slice(at + 1)) {
          assert.ok(Math.hypot(one.x - other.x, one.y - other.y) > 90, "labels would overlap");
        }
      }
      for (const [at, one] of picture.regions.entries()) {
        for (const other of picture.regions.slice(at + 1)) {
          const distance = Math.hypot(one.x - other.x, one.y - other.y);
          assert.ok(distance > one.radius + other.radius, "regions overlap");
        }
      }
    });
  }
}

Deno.test("layOut() keeps relays inside their region", () => {
  const { regions, relays: points } = layOut({ relays, links });
  for (const { id, region } of relays) {
    const circle = regions.find(({ name }) => name === region)!;
    const point = points.get(id)!;
    assert.ok(Math.hypot(point.x - circle.x, point.y - circle.y) < circle.radius);
  }
});

Deno.test("layOut() brings linked relays of different regions near each other", () => {
  const distance = (links: { a: string; b: string }[]) => {
    const points = layOut({ relays: many(8, 2), links }).relays;
    const [from, to] = [points.get("r0")!, points.get("r7")!];
    return Math.hypot(from.x - to.x, from.y - to.y);
  };
  assert.ok(distance([{ a: "r0", b: "r7" }]) < distance([]));
});

Deno.test("layOut() is tall where that is asked for, and empty for no relays", () => {
  const wide = layOut({ relays, links });
  const tall = layOut({ relays, links, isTall: true });
  assert.ok(wide.width > wide.height);
  assert.ok(tall.height > tall.width);
  assert.deepEqual(layOut({ relays: [], links: [] }), {
    width: 0,
    height: 0,
    regions: [],
    relays: new Map(),
  });
});

Deno.test("layOut() ignores links to relays that are not there", () => {
  const lost = [...links, { a: "tokyo", b: "nowhere" }, { a: "x", b: "y" }];
  assert.deepEqual(layOut({ relays, links: lost }).relays, layOut({ relays, links }).relays);
});
