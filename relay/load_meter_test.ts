import assert from "node:assert/strict";
import { LoadMeter } from "./load_meter.ts";
import { ManualClock } from "../tests/support/worlds/manual_clock.ts";

/** A relay that sends 1 MB each half second, all of it at once. */
function start() {
  const clock = new ManualClock();
  const bytesSent = () => Math.floor(clock.now() / 500) * 1e6;
  const cpuSeconds = () => clock.now() / 4_000;
  const clients = () => ({ sessions: 3, subscriptions: 7 });
  return { clock, meter: new LoadMeter({ clients, bytesSent, cpuSeconds, clock }) };
}

Deno.test("a relay that has just started tells what it holds, and no rates", () => {
  assert.deepEqual(start().meter.measure(), { sessions: 3, subscriptions: 7 });
});

Deno.test("a constant egress is told as constant, however closely heartbeats follow each other", async () => {
  const { clock, meter } = start();
  const told: number[] = [];
  for (const wait of [10_000, 10, 490, 30_000, 20, 20, 20, 460, 30_000, 1_000, 10, 10_000]) {
    await clock.advance(wait);
    told.push(meter.measure().egress_bps!);
  }
  for (const bps of told) assert.ok(Math.abs(bps - 16e6) / 16e6 < 0.06, told.join(" "));
});

Deno.test("rates follow the last ten seconds, or the time since the last heartbeat", async () => {
  const clock = new ManualClock();
  let bytes = 0;
  const meter = new LoadMeter({
    clients: () => ({ sessions: 0, subscriptions: 0 }),
    bytesSent: () => bytes,
    cpuSeconds: () => 0,
    clock,
  });
  bytes = 30e6;
  await clock.advance(30_000);
  assert.equal(meter.measure().egress_bps, 8e6);
  await clock.advance(30_000);
  assert.equal(meter.measure().egress_bps, 0);
  for (let beat = 0; beat < 10_000; beat++) {
    bytes += 1e3;
    await clock.advance(1);
    meter.measure();
  }
  assert.equal(meter.measure().egress_bps, 8e6);
});
