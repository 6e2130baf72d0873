import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { readStamp, STAMP_BYTES, writeStamp } from "./bench_payload.ts";
import { BenchReceipts } from "./bench_receipts.ts";
import { benchResult, benchTable } from "./bench_report.ts";
import { benchSettings } from "./bench_settings.ts";

const FLAGS = {
  ...{ json: false, follow: false, raw: false, wait: false, loop: false },
  "as-fast-as-possible": false,
};

function payload(number: number, sentAt: number): Uint8Array {
  const bytes = new Uint8Array(100);
  writeStamp(bytes, { number, sentAt });
  return bytes;
}

Deno.test("a stamp is read as it was written, and nothing else is one", () => {
  assert.deepEqual(readStamp(payload(7, 1234.5)), { number: 7, sentAt: 1234.5 });
  assert.equal(readStamp(new Uint8Array(100)), undefined);
  assert.equal(readStamp(payload(7, 1).subarray(0, STAMP_BYTES - 1)), undefined);
});

Deno.test("only the objects that are measured count, each with its time", async () => {
  const clock = new ManualClock();
  const receipts = new BenchReceipts(clock);
  const measured = { from: Infinity, to: Infinity };
  const track = receipts.track(measured);
  const sentAt = clock.now();
  await clock.advance(30);
  track.object(payload(0, sentAt));
  assert.deepEqual([track.first, receipts.objects], [30, 0]);
  measured.from = 1;
  for (const number of [1, 2, 4]) track.object(payload(number, clock.now() - 10 * number));
  measured.to = 5;
  for (const number of [5, 0]) track.object(payload(number, clock.now()));
  track.object(new Uint8Array(50));
  const settings = benchSettings(FLAGS);
  assert.ok(settings.ok);
  const result = benchResult({
    ...{ url: "moqt://a", protocol: "moqt-18", transport: "quic", settings: settings.value },
    ...{ receipts, setUps: [3, 1, 2], expected: 4, seconds: 2, cpuSeconds: 1, latenessMs: 400 },
  });
  const { delivered, lost, delivered_per_second: rate, latency_ms: latency } = result;
  assert.deepEqual([delivered, lost, rate, result.bytes_per_second], [3, 1, 1.5, 150]);
  assert.deepEqual([Math.round(latency.p50!), latency.max], [20, 40]);
  assert.deepEqual(result.session_setup_ms, { p50: 2, p99: 3, max: 3 });
  assert.deepEqual([result.first_object_ms.max, result.own_cpu], [30, 0.5]);
  assert.equal(result.publishers_late_ms, 400);
  assert.match(benchTable(result), /publishers +up to 400 ms behind the rate/);
});

Deno.test("settings are numbers within their bounds, and as many sessions as one run may have", () => {
  const read = (words: object) => {
    const settings = benchSettings({ ...FLAGS, ...words });
    return settings.ok ? settings.value : settings.refusal;
  };
  assert.deepEqual(read({ size: "4096", rate: "60" }), {
    ...{ publishers: 1, subscribers: 10, tracks: 1, size: 4096, rate: 60 },
    ...{ group: 30, duration: 10 },
  });
  assert.match(String(read({ size: "19" })), /^--size is a number from 20 to /);
  assert.match(String(read({ rate: "fast" })), /--rate is a number .*, and not fast/);
  assert.match(String(read({ publishers: "100", subscribers: "100" })), /These are 10100 sessions/);
});
