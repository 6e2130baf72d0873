/** Every counter and gauge that the controller shows is one that something moves. */
import { HttpMetrics } from "@qumo/shared/http";
import { done, refused } from "@qumo/shared/runtime";
import { MAX_TENANTS_PER_RELAY, refusal } from "@qumo/shared/topology";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../sdn/config/definition.ts";
import { MAX_USAGES } from "../../sdn/control/limits.ts";
import { EVENTS } from "../../sdn/events/event.ts";
import { RELAY_BURST } from "../../sdn/events/limits.ts";
import { pageGuard } from "../../sdn/http/page_guard.ts";
import { MemoryStore } from "../../sdn/store/mod.ts";
import type { AccessPeer, Peer } from "../../sdn/sync/mod.ts";
import { movedIn, MovedSeries } from "../support/metrics/moved_series.ts";
import { START, testController } from "../support/worlds/sdn_controller.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";

const HTTP = "shared/http/listener_test.ts";

/** What takes a network, a cluster or a process to move: the tests in which that is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'qumo_sdn_http_connections_dropped_total{reason="accept_failed"}':
    "tests/e2e/descriptors_test.ts",
  'qumo_sdn_http_connections_dropped_total{reason="address_full"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="full"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="head_timeout"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="idle"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="malformed"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="stalled"}': HTTP,
  'qumo_sdn_http_connections_dropped_total{reason="unsent"}': HTTP,
  qumo_sdn_kicks_lost_total: "tests/scenarios/sdn_peers_test.ts",
};

/** A store that can fail. */
class FailingStore extends MemoryStore {
  isBroken = false;

  override get healthy(): boolean {
    return !this.isBroken;
  }

  override append(...batch: Parameters<MemoryStore["append"]>): Promise<void> {
    return this.isBroken ? Promise.reject(new Error("no room")) : super.append(...batch);
  }
}

/** A controller with everything that the program has but for its sockets. */
async function start(peer: Peer & AccessPeer, clock: ManualClock) {
  const store = new FailingStore(0);
  const http = new HttpMetrics();
  // What the listener counts of itself.
  http.connections = 1;
  const config = {
    ...DEFAULTS,
    graph: { ...DEFAULTS.graph, spfHoldMs: 0, syncIntervalSec: 1 },
    watch: { ...DEFAULTS.watch, history: 4 },
  };
  const made = await testController({
    config,
    clock,
    http,
    store,
    peers: [peer],
    live: {
      authenticate: (given) =>
        given === "Bearer wrong" ? refused(refusal("unauthorized", "no")) : done({ role: "admin" }),
      guard: pageGuard([]),
      rateLimit: () => ({ perSecond: 100, burst: 200 }),
    },
  });
  made.assembly.begin();
  return { ...made, store };
}

type World = Awaited<ReturnType<typeof start>>;
type Pass = (milliseconds: number) => Promise<void>;

const A = { address: "moqt://a:1", epoch: START, neighbors: { b: 10, never: 5 } };
const B = { address: "moqt://b:1", epoch: START, neighbors: { a: 10 } };
const NOW = { ...A, epoch: START + 1, region: "eu", neighbors: { b: 20, c: 1 } };

async function relaysComeAndGo({ ask }: World, pass: Pass): Promise<void> {
  await ask("PUT", "/relay/a", { ...A, announces: ["live"] });
  await ask("PUT", "/relay/b", B);
  await ask("PUT", "/relay/a", NOW);
  await ask("PUT", "/relay/a", A);
  for (const draining of [true, false]) {
    await ask("PUT", "/relay/a", { ...NOW, draining });
    await pass(1_000);
    await ask("POST", `/relay/a/${draining ? "drain" : "undrain"}`);
  }
  await ask("PUT", "/relay/a", { ...NOW, announces: ["live", "live/new"] });
  await pass(10_000);
  const flows = [{ track: "live", next_hop: "b", source: "b" }];
  await ask("PUT", "/relay/a", { ...NOW, flows });
  await pass(0);
  for (let time = 0; time < 2 * RELAY_BURST; time++) {
    await ask("PUT", "/relay/crowd", { address: `moqt://crowd:${time}`, epoch: START });
    await pass(20);
  }
  await pass(30_000);
  await ask("PUT", "/relay/crowd", { address: "moqt://crowd:1", epoch: START });
  await ask("DELETE", "/relay/crowd");
  await pass(0);
}

async function linksBreak({ ask }: World, pass: Pass): Promise<void> {
  for (const up of [false, true]) {
    await ask("PUT", "/relay/a", { ...NOW, neighbors: { b: 20 }, links: { b: { up } } });
    await ask("PUT", "/relay/b", { ...B, links: { a: { up } } });
    await pass(5_000);
  }
  // A relay that stands still has not noticed that nobody reaches it.
  for (const up of [false, true]) {
    await ask("PUT", "/relay/a", { ...NOW, neighbors: { b: 20 }, links: { b: { up: true } } });
    const links = { a: { up } };
    await ask("PUT", "/relay/b", { ...B, links });
    await pass(5_000);
  }
  await ask("DELETE", "/relay/b");
  await pass(0);
  await ask("PUT", "/relay/b", { ...B, epoch: START + 2 });
  await pass(60_000);
  await ask("PUT", "/relay/a", { ...NOW, neighbors: { b: 20 } });
  await pass(60_000);
}

async function controllerStops({ ask }: World, pass: Pass, clock: ManualClock): Promise<void> {
  await ask("PUT", "/relay/a", NOW);
  clock.stop(100_000);
  await pass(0);
}

async function storeFails({ ask, store }: World, pass: Pass): Promise<void> {
  for (const isBroken of [true, false]) {
    store.isBroken = isBroken;
    await ask("PUT", "/relay/z", { address: "moqt://z:1", epoch: START });
    await pass(2_000);
  }
}

async function clientsAreRefused({ ask }: World, pass: Pass): Promise<void> {
  await ask("GET", "/relay", undefined, { authorization: "Bearer wrong" });
  for (let time = 0; time < 300; time++) await ask("GET", "/health");
  await pass(120_000);
}

async function watcherIsSlow({ ask, request }: World, pass: Pass): Promise<void> {
  const watching = await request("/watch");
  const reader = watching.body!.getReader();
  const read = async () => {
    for (let time = 0; time < 10; time++) {
      void reader.read();
      await pass(100);
    }
  };
  await read();
  for (let time = 0; time < 20; time++) {
    await ask("PUT", `/relay/w${time}`, { address: "x".repeat(250), epoch: START });
  }
  await read();
  await reader.cancel();
}

async function accessChanges({ ask }: World, pass: Pass): Promise<void> {
  await ask("PUT", "/relay/x", { address: "moqt://x:1", epoch: START });
  await pass(100);
  for (const kind of ["token", "subject", "tenant", "key", "namespace"]) {
    await ask("POST", "/revoke", { kind, value: "x" });
  }
  const { body: { id } } = await ask("POST", "/revoke", { kind: "session", value: "a/1" });
  await ask("PUT", "/policy/acme", { sessions: 1 });
  await ask("POST", "/kick", { kind: "token", value: "y" });
  const report = (count: number) => Array(count).fill(0).map((_, at) => ({ tenant: `t${at}` }));
  for (let at = 0; at * MAX_TENANTS_PER_RELAY <= MAX_USAGES; at++) {
    await ask("PUT", `/relay/u${at}`, { tenants: report(MAX_TENANTS_PER_RELAY) });
    await pass(100);
  }
  await ask("DELETE", `/revoke/${id}`);
  await ask("DELETE", "/policy/acme");
  await pass(100);
}

async function watcherIsInterested({ request }: World, pass: Pass): Promise<void> {
  const body = JSON.stringify({ interests: { namespaces: ["live"] } });
  const watching = await request("/watch", { method: "POST", body });
  await pass(100);
  await watching.body!.cancel();
  await pass(100);
}

Deno.test("everything that the controller counts and shows is moved by something", async () => {
  const moved = new MovedSeries();
  const clock = new ManualClock(START);
  const peer = await cutPeer(clock);
  const world = await start(peer, clock);
  const { assembly, ending } = world;
  const pass = async (milliseconds: number) => {
    await clock.advance(milliseconds);
    // Leases end, and routes are computed, when somebody asks.
    await world.ask("GET", "/graph");
    await clock.advance(0);
    moved.take(await assembly.controller.metrics());
  };
  await pass(0);
  const told = Object.entries(EVENTS).filter(([, { level }]) => level !== "debug");
  moved.expect("qumo_sdn_events_total", "kind", told.map(([kind]) => kind));
  moved.expect("qumo_sdn_events_total", "result", ["kept", "left_out"]);
  const acts = [
    relaysComeAndGo,
    linksBreak,
    storeFails,
    clientsAreRefused,
    watcherIsSlow,
    watcherIsInterested,
    accessChanges,
  ];
  for (const act of acts) await act(world, pass);
  await controllerStops(world, pass, clock);
  for (const isCut of [true, false]) {
    peer.isCut = isCut;
    await world.ask("PUT", "/relay/a", { ...NOW, region: String(isCut) });
    await pass(20_000);
  }
  await pass(200_000);
  ending.abort();
  await assembly.rest();
  await assembly.close();
  for (const [point, file] of Object.entries(ELSEWHERE)) await movedIn(file, point);
  assert.deepEqual(moved.still, Object.keys(ELSEWHERE).sort());
});

/** Another controller, which can be cut off. */
async function cutPeer(clock: ManualClock): Promise<Peer & AccessPeer & { isCut: boolean }> {
  const { ask } = await testController({ clock, controller: { name: "c2" } });
  await ask("PUT", "/relay/of-another", { address: "moqt://o:1", epoch: START });
  const send = async (method: string, path: string, body: unknown) => {
    if (peer.isCut) throw new Error("cut off");
    return (await ask(method, path, body)).body;
  };
  const peer = {
    name: "c2",
    reads: { version: true },
    isCut: false,
    digest: (buckets: readonly string[]) => send("POST", "/sync/digest", { buckets }),
    put: (message: unknown) => send("PUT", "/sync", message),
    access: (message: unknown) => send("PUT", "/sync/access", message),
  };
  return peer;
}
