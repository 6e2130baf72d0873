import assert from "node:assert/strict";
import { Latency } from "./latency.ts";

Deno.test("Latency.percentile() is what so many did not exceed, to a hundredth", () => {
  const latency = new Latency();
  for (let ms = 1; ms <= 100; ms++) latency.add(ms);
  for (const [share, expected] of [[0.5, 50], [0.9, 90], [0.99, 99], [0, 1]] as const) {
    const found = latency.percentile(share)!;
    assert.ok(Math.abs(found - expected) < 0.011, `${share}: ${found}`);
  }
  assert.equal(latency.percentile(1), 100);
  assert.equal(latency.largest, 100);
  assert.equal(latency.count, 100);
});

Deno.test("Latency takes clocks that disagree and ages without end", () => {
  const latency = new Latency();
  latency.add(-1);
  assert.equal(latency.percentile(1), 0);
  latency.add(1e9);
  assert.equal(latency.largest, 1e9);
  assert.ok(latency.percentile(1)! > 1999);
});

Deno.test("Latency without anything in it has no percentiles", () => {
  const latency = new Latency();
  assert.equal(latency.percentile(0.5), undefined);
  latency.add(3);
  latency.clear();
  assert.equal(latency.percentile(0.5), undefined);
  assert.equal(latency.count, 0);
});
