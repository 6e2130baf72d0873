import assert from "node:assert/strict";
import { type CostPolicy, findRoutes } from "../graph/mod.ts";
import { blankRecord } from "../registry/relay_entry.ts";
import { GraphKeeper } from "./graph_keeper.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

function keeper(policy: CostPolicy = { kind: "static" }) {
  const clock = new ManualClock();
  const state = { revision: 0, rttMs: 10, cpu: 0, computed: 0, settled: 0 };
  const relays = () => {
    const version = { epoch: 1, number: 1, seq: 0, by: "" };
    const links = new Map([["b", { cost: 1, up: true, rttMs: state.rttMs }]]);
    const record = { ...blankRecord("a", { version }), links, load: { cpu: state.cpu } };
    return new Map([["a", { record, draining: false }]]);
  };
  const made = new GraphKeeper({
    clock,
    policy,
    oneWayLinks: true,
    holdMs: 50,
    registry: {
      get revision() {
        return state.revision;
      },
      get relays() {
        return relays();
      },
      knownEnds: new Map(),
    },
    onSettled: () => {
      state.settled++;
      change();
    },
    onGraph: () => void state.computed++,
  });
  const change = () => {
    state.revision++;
    made.take({ revision: state.revision, changes: [] });
  };
  const beat = () => {
    state.revision++;
    const record = relays().get("a")!.record;
    made.take({ revision: state.revision, changes: [{ kind: "relay", record }] });
  };
  const steps = () => {
    const found = findRoutes(made.current, { from: "a", to: "b" });
    return typeof found === "string" ? found : found[0]?.steps;
  };
  return { clock, state, made, change, beat, steps };
}

Deno.test("the first change is computed at once, a storm once for each hold time", async () => {
  const { clock, state, made, change } = keeper();
  change();
  assert.equal(made.current.revision, 1);
  for (let i = 0; i < 100; i++) {
    await clock.advance(1);
    change();
  }
  assert.equal(state.computed, 3);
  await clock.advance(50);
  assert.equal(made.current.revision, 101);
  assert.equal(state.computed, 4);
  await clock.advance(1000);
  assert.equal(state.computed, 4);
  assert.equal(clock.pending, 0);
});

Deno.test("fresh() waits for a graph that has everything known when it was asked", async () => {
  const { clock, made, change } = keeper();
  assert.equal((await made.fresh()).revision, 0);
  change();
  change();
  let got = -1;
  void made.fresh().then((graph) => got = graph.revision);
  await clock.advance(49);
  assert.equal(got, -1);
  await clock.advance(1);
  assert.equal(got, 2);
});

Deno.test("a cost that lasted is taken over when it has, without any change", async () => {
  const { clock, state, change, steps } = keeper({
    kind: "rtt",
    hysteresis: { minGain: 0.1, holdMs: 1000 },
  });
  state.rttMs = 20;
  change();
  assert.equal(steps(), 100_000);
  await clock.advance(999);
  assert.equal(state.settled, 0);
  await clock.advance(1);
  assert.equal(state.settled, 1);
  assert.equal(steps(), 200_000);
  assert.equal(clock.pending, 0);
});

Deno.test("close() leaves no timer and lets nobody wait", async () => {
  const { clock, made, change } = keeper();
  change();
  change();
  const waiting = made.fresh();
  made.close();
  assert.equal((await waiting).revision, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("measurements that no cost depends on make no graph until somebody asks for it", async () => {
  const { clock, state, made, beat } = keeper();
  for (let i = 0; i < 100; i++) {
    state.rttMs++;
    state.cpu += 0.001;
    beat();
    await clock.advance(50);
  }
  assert.equal(state.computed, 0);
  const fresh = await made.fresh();
  assert.deepEqual([state.computed, fresh.declared("a").get("b")?.rttMs], [1, 110]);
});

Deno.test("load makes no graph where links cost their round-trip time, and that does", async () => {
  const { clock, state, beat } = keeper({ kind: "rtt", hysteresis: { minGain: 0.1, holdMs: 0 } });
  await clock.advance(50);
  state.cpu = 0.9;
  beat();
  assert.equal(state.computed, 0);
  state.rttMs = 90;
  beat();
  assert.equal(state.computed, 1);
});
