import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { sumReadings } from "../../relay/ops/reading_sums.ts";
import type { Part, RelayReading } from "../../relay/ops/readings.ts";
import {
  accept,
  announce,
  nextSubgroup,
  objects,
  sendSubgroup,
  subscribe,
} from "../scenarios/script.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { MemoryListener } from "../support/transport/memory_listener.ts";

// A connection's operations in Deno end some time after the connection.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

const config = {
  relay: { ...DEFAULTS.relay, solicit: false },
  upstream: ["moqt://origin.invalid:4433"],
};

/** A relay with a link, a publisher and a viewer, who has got a group with so many objects. */
async function startBusy(
  count: number,
): Promise<RelayInProcess & { readonly more: () => Promise<void> }> {
  const memory = new MemoryListener();
  const started = await startRelayInProcess(config, {}, {
    openListeners: () => [memory],
    dial: () => Promise.reject(new Error("nobody answers")),
  });
  const speak = async () => {
    const peer = await ScriptedPeer.connect(memory.connect(), { setup: { path: "/" } });
    await peer.theirSetup();
    return peer;
  };
  const [publisher, viewer] = [await speak(), await speak()];
  await announce(publisher, "live");
  const subscription = await subscribe(viewer);
  await accept(publisher);
  await subscription.expect("subscribeOk");
  let group = 0n;
  const more = async () => {
    await sendSubgroup(publisher, { group: ++group }, ...objects(count));
    await nextSubgroup(viewer);
  };
  await more();
  return { ...started, more };
}

/** Fails where something is not data: a number, a text, or a list or record of such. */
function isData(value: unknown, at: string): void {
  if (value === null || typeof value !== "object") {
    return assert.ok(typeof value !== "function" && typeof value !== "symbol", at);
  }
  const prototype = Object.getPrototypeOf(value);
  assert.ok(prototype === Object.prototype || prototype === Array.prototype, `${at} is an object`);
  for (
    const [key, { value: inner, get }] of Object.entries(Object.getOwnPropertyDescriptors(value))
  ) {
    assert.equal(get, undefined, `${at}.${key} is a getter`);
    isData(inner, `${at}.${key}`);
  }
}

/** Every part that there is: the compiler asks for one that is missing. */
const PARTS = Object.keys(
  {
    state: true,
    uptimeMs: true,
    address: true,
    certificate: true,
    unready: true,
    conditions: true,
    process: true,
    counts: true,
    now: true,
    unreadBytes: true,
    mesh: true,
    routes: true,
    encoders: true,
    sessions: true,
    tracks: true,
    namespaces: true,
  } satisfies Record<Part, true>,
) as Part[];

const ALL = { offset: 0, limit: 100 };

Deno.test(
  "what a relay shows of itself is data, which can be sent to another process",
  UNTIDY,
  async () => {
    await using started = await startBusy(2);
    const { relay } = started;
    const reading = await relay.read(PARTS, ALL);
    const { sessions, tracks, namespaces, mesh } = reading;
    const rows = [sessions, tracks, namespaces].map(({ rows }) => rows.length);
    assert.deepEqual(rows, [2, 1, 1]);
    assert.equal(mesh?.links.length, 1);
    for (const [name, value] of Object.entries(reading)) {
      isData(value, name);
      assert.deepEqual(structuredClone(value), value, name);
    }
    // What was read stays as it was, whatever comes after.
    const kept = structuredClone(reading);
    await started.more();
    assert.deepEqual(reading, kept);
  },
);

Deno.test(
  "of a relay's lists those rows are read that are asked for, and all are counted",
  UNTIDY,
  async () => {
    await using started = await startBusy(2);
    const { relay } = started;
    const ids = async (range?: typeof ALL) => {
      const { total, rows } = (await relay.read(["sessions"], range)).sessions;
      assert.equal(total, 2);
      return rows.map(({ id }) => id);
    };
    const [first, second] = await ids(ALL);
    assert.deepEqual(await ids(), []);
    assert.deepEqual(await ids({ offset: 0, limit: 1 }), [first]);
    assert.deepEqual(await ids({ offset: 1, limit: 5 }), [second]);
    assert.deepEqual(await ids({ offset: 2, limit: 5 }), []);
    assert.deepEqual(Object.keys(await relay.read(["now", "tracks"])), ["now", "tracks"]);
  },
);

/** The parts that several processes would have each for themselves. */
const SUMMED = [
  "conditions",
  "process",
  "counts",
  "now",
  "unreadBytes",
  "sessions",
  "tracks",
  "namespaces",
] as const satisfies readonly Part[];

Deno.test("what two relays show of themselves is summed as if they were one", UNTIDY, async () => {
  await using first = await startBusy(2);
  await using second = await startBusy(3);
  const [one, other] = [await first.relay.read(SUMMED, ALL), await second.relay.read(SUMMED, ALL)];
  const both = sumReadings(one, structuredClone(other));
  const { counts, now, process } = both;
  assert.deepEqual(Object.keys(both), SUMMED);
  assert.deepEqual([counts.received.objects, counts.sent.objects], [5, 5]);
  assert.equal(counts.requests.subscribe.ok, 2);
  assert.deepEqual([now.sessions, now.subscriptions, now.cache.groups], [4, 2, 2]);
  assert.deepEqual([both.sessions.total, both.sessions.rows.length], [4, 4]);
  const [track, ...others] = both.tracks.rows;
  assert.deepEqual([both.tracks.total, others], [1, []]);
  assert.deepEqual([track!.subscriptions, track!.cachedGroups], [2, 2]);
  assert.deepEqual(track!.largest, { group: 1n, object: 2n });
  assert.equal(both.namespaces.total, 1);
  assert.deepEqual(counts.deliveryDelays.bounds, first.relay.metrics.deliveryDelays.bounds);
  assert.equal(observed(both), observed(one) + observed(other));
  assert.equal(process.residentBytes, one.process.residentBytes + other.process.residentBytes);
  const lags = [one, other].map(({ process }) => process.eventLoopLagMs);
  assert.equal(process.eventLoopLagMs, Math.max(...lags));
});

function observed({ counts }: Pick<RelayReading, "counts">): number {
  return counts.deliveryDelays.counts.reduce((sum, count) => sum + count, 0);
}
