import assert from "node:assert/strict";
import { casesNamed } from "./cases.ts";
import { Receipts } from "./receipts.ts";
import { resultOf, toJson, toTable, warning } from "./report.ts";
import type { Measurement } from "./run.ts";
import { wallTime } from "./traffic.ts";

const MIB = 1024 * 1024;

function measurement(cpuSeconds: number, other: Partial<Measurement> = {}): Measurement {
  return {
    seconds: 10,
    delivered: 1000,
    objects: 1000,
    expected: 1000,
    cpuSeconds,
    loadCpuSeconds: 1,
    otherCpuSeconds: 0,
    residentBytes: 100 * MIB,
    bytesPerConnection: 1024,
    receipts: new Receipts(),
    skips: {},
    cacheBytes: 5 * MIB,
    ...other,
  };
}

const [fanOut] = casesNamed("fan-out-100", false);

Deno.test("resultOf() holds the subject against the mean of its references", () => {
  const references = [measurement(0.04), measurement(0.06)];
  const result = resultOf(fanOut!, measurement(0.06), { references });
  assert.equal(result.cpu_us_per_object, 60);
  assert.equal(result.reference_cpu_us_per_object, 50);
  assert.equal(result.cpu_ratio, 1.2);
  assert.equal(result.objects_per_second, 100);
  assert.equal(result.lost, 0);
  assert.equal(result.cache_mib, 5);
  assert.deepEqual(JSON.parse(toJson(result)).case, "fan-out-100");
});

Deno.test("resultOf() takes what went on beside the subject off what its objects cost", () => {
  const beside = measurement(0.01, { seconds: 5, delivered: 0 });
  const references = [measurement(0.05)];
  const result = resultOf(fanOut!, measurement(0.08), { references, beside });
  assert.equal(result.beside_cpu, 0.002);
  assert.equal(result.cpu_us_per_object, 60);
  assert.equal(result.cpu_ratio, 1.2);
});

Deno.test("resultOf() tells a session's own memory from that of the bare connection below it", () => {
  const bare = [measurement(1), measurement(1, { bytesPerConnection: 3 * 1024 })];
  const result = resultOf(fanOut!, measurement(1, { bytesPerConnection: 32 * 1024 }), {
    references: bare,
  });
  assert.equal(result.reference_rss_kib_per_connection, 2);
  assert.equal(result.own_rss_kib_per_connection, 30);
  assert.match(toTable([result]), /\| +32 KiB \| +2 KiB \| +30 KiB \|/);
});

Deno.test("resultOf() says what was lost, and why the relay left it out", () => {
  const subject = measurement(1, { expected: 1003, skips: { backlog: 3 } });
  const result = resultOf(fanOut!, subject, { references: [measurement(1)] });
  assert.equal(result.lost, 3);
  assert.match(toTable([result]), /\| 3 \(skips: backlog 3\) \|$/);
});

Deno.test("resultOf() has no cost of an object where there was none", () => {
  const nothing = measurement(1, { delivered: 0, objects: 0, expected: 0 });
  const result = resultOf(fanOut!, nothing, { references: [nothing] });
  assert.equal(result.cpu_ratio, null);
  assert.match(toTable([result]), / – \|/);
});

Deno.test("warning() tells of a machine that had other things to do", () => {
  const quiet = resultOf(fanOut!, measurement(1), { references: [measurement(1)] });
  assert.equal(warning([quiet]), undefined);
  const busy = measurement(1, { otherCpuSeconds: 15 });
  assert.match(
    warning([quiet, resultOf(fanOut!, measurement(1), { references: [busy] })])!,
    /1\.5 cores/,
  );
});

Deno.test("Receipts counts what was published in the window, and what arrived in it", () => {
  const receipts = new Receipts();
  const before = wallTime() - 1000;
  receipts.add(before);
  receipts.open();
  receipts.add(before);
  const within = wallTime();
  receipts.add(within);
  receipts.close();
  receipts.add(within);
  assert.equal(receipts.delivered, 2);
  assert.equal(receipts.objects, 2);
  assert.equal(receipts.latency.count, 2);
});
