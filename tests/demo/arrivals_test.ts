import assert from "node:assert/strict";
import { Arrivals } from "./arrivals.ts";

Deno.test("Arrivals counts what came and what is missing", () => {
  const arrivals = new Arrivals(10);
  for (const number of [10, 11, 14, 12]) assert.ok(arrivals.add(number, number));
  assert.equal(arrivals.count, 4);
  assert.equal(arrivals.next, 15);
  assert.equal(arrivals.missingSince(20), 1);
  assert.equal(arrivals.missingSince(13), 0, "noticed only at 14");
  assert.ok(arrivals.add(13, 30));
  assert.equal(arrivals.missingSince(40), 0);
});

Deno.test("Arrivals misses the beginning of the group it joined", () => {
  const arrivals = new Arrivals(10);
  arrivals.add(12, 0);
  assert.equal(arrivals.missingSince(0), 2);
});

Deno.test("Arrivals knows what came twice", () => {
  const arrivals = new Arrivals(10);
  arrivals.add(0, 0);
  assert.equal(arrivals.add(0, 0), false);
  arrivals.add(2, 0);
  assert.ok(arrivals.add(1, 0));
  assert.equal(arrivals.add(1, 0), false);
  assert.equal(arrivals.count, 3);
});
