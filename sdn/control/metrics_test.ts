import assert from "node:assert/strict";
import { ControllerMetrics } from "./metrics.ts";

const build = { version: "1.2.3", commit: "abc", deno: "2.9.6" };

function controllerMetrics() {
  const state = { isStoreHealthy: true };
  const metrics = new ControllerMetrics({
    relays: () => ({
      registered: 2,
      draining: 0,
      unreachable: 0,
      expired: 1,
      deregistered: 0,
      never_registered: 0,
    }),
    announces: () => 3,
    announceBytes: () => 99,
    historyBytes: () => 1000,
    interests: () => 0,
    prolonged: () => 0,
    revision: () => 4,
    isStoreHealthy: () => state.isStoreHealthy,
    flows: () => 0,
    access: () => ({ revocations: { token: 2 }, policies: 1 }),
    usages: () => 0,
    usagesLeftOut: () => 0,
    kicks: () => 0,
    kicksLost: () => 0,
    members: () => [],
    events: () =>
      new Map([["store_lost", { kept: 2, left_out: 1 }], ["store_back", { kept: 1, left_out: 0 }]]),
  });
  return { metrics, state };
}

Deno.test("a store that keeps nothing shows, and shows again when it has come back", async () => {
  const { metrics, state } = controllerMetrics();
  for (const isStoreHealthy of [true, false, true]) {
    state.isStoreHealthy = isStoreHealthy;
    const value = isStoreHealthy ? 1 : 0;
    assert.match(await metrics.text(), new RegExp(`^qumo_sdn_store_healthy ${value}$`, "m"));
  }
});

Deno.test("the process tells what runs, what it costs and how long its certificate holds", async () => {
  const { metrics } = controllerMetrics();
  let cpuSeconds = 1;
  metrics.readProcess({
    build,
    startedAt: 5000,
    usage: () => ({ cpuSeconds, residentBytes: 1000 }),
    certificateEnd: () => 2_000_000_000_000,
    acmeOrders: { ok: 0, failed: 0 },
  });
  await metrics.text();
  cpuSeconds = 2;
  const text = await metrics.text();
  for (
    const line of [
      'qumo_sdn_build_info{version="1.2.3",commit="abc",deno="2.9.6"} 1',
      "process_start_time_seconds 5",
      "process_cpu_seconds_total 2",
      "process_resident_memory_bytes 1000",
      "qumo_sdn_certificate_not_after_seconds 2000000000",
    ]
  ) assert.ok(text.split("\n").includes(line), line);
});

Deno.test("a controller without a certificate tells of none", async () => {
  const { metrics } = controllerMetrics();
  const usage = () => ({ cpuSeconds: 0, residentBytes: 0 });
  metrics.readProcess({
    build,
    startedAt: 0,
    usage,
    certificateEnd: () => undefined,
    acmeOrders: { ok: 0, failed: 0 },
  });
  assert.doesNotMatch(await metrics.text(), /certificate_not_after/);
});

Deno.test("events are counted by kind, those that are left out beside those that are listed", async () => {
  const lines = (await controllerMetrics().metrics.text()).split("\n");
  assert.deepEqual(lines.filter((line) => line.startsWith("qumo_sdn_events_total{")), [
    'qumo_sdn_events_total{kind="store_lost",result="kept"} 2',
    'qumo_sdn_events_total{kind="store_lost",result="left_out"} 1',
    'qumo_sdn_events_total{kind="store_back",result="kept"} 1',
    'qumo_sdn_events_total{kind="store_back",result="left_out"} 0',
  ]);
});
