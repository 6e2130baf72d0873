import { refused } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../../tests/support/worlds/memory_log.ts";
import { ScriptedPublisher } from "../../../tests/support/worlds/track_publishers.ts";
import { DEFAULTS } from "../../config/definition.ts";
import { RelayMetrics } from "../../metrics.ts";
import { type Gate, openGate } from "../../session/rights.ts";
import { Cache, Registry } from "../../track/mod.ts";
import type { RefusalKind } from "../../vocabulary/mod.ts";
import { HLS_READY_MS, MAX_HLS_REQUESTS } from "../limits.ts";
import { HlsServer } from "./hls_server.ts";
import { MemoryBudget } from "./memory_budget.ts";
import { SampleQueue, type TimedSample } from "./sample_queue.ts";
import { type Segment, Segmenter } from "./segmenter.ts";
import { SegmentWindow } from "./segment_window.ts";

const INDEX = "/hls/room/index.m3u8";

function refusing(kind: RefusalKind): Gate {
  return { admit: () => Promise.resolve(refused({ kind, reason: kind })) };
}

function world(gate: Gate = openGate) {
  const clock = new ManualClock();
  const { media, evictions } = new RelayMetrics();
  const cache = new Cache(DEFAULTS.cache, clock, evictions);
  const registry = new Registry({ clock, cache, linger: 0, maxTracks: 900 });
  const settings = { ...DEFAULTS.hls, enabled: true, maxBroadcasts: 2 };
  const { log, lines } = memoryLog();
  const hls = new HlsServer({ registry, gate, settings, counts: media, clock, log });
  const ask = (path: string) => hls.answer(new Request(`http://localhost${path}`), "peer");
  return { clock, registry, hls, lines, counts: media.hls, ask };
}

Deno.test("a thousand players of names that nobody has leave nothing behind", async () => {
  const { ask, counts, hls, lines, registry } = world();
  for (let index = 0; index < 1_000; index++) {
    assert.equal((await ask(`/hls/room${index}/index.m3u8`)).status, 404);
  }
  assert.equal(counts.not_found, 1_000);
  assert.deepEqual(lines, []);
  assert.equal(registry.get(""), undefined);
  hls.close();
});

Deno.test("a catalog that never comes is given up, and meanwhile takes one of few places", async () => {
  const { ask, clock, registry, counts, hls } = world();
  const scope = registry.enter("");
  for (const room of ["a", "b", "c"]) {
    scope.advertise([new TextEncoder().encode(room)], new ScriptedPublisher("agree"));
  }
  const first = ["a", "b"].map((room) => ask(`/hls/${room}/index.m3u8`));
  await clock.advance(0);
  const third = await ask("/hls/c/index.m3u8");
  assert.equal(third.status, 503);
  assert.equal(third.headers.get("retry-after"), "5");
  await clock.advance(HLS_READY_MS);
  assert.deepEqual((await Promise.all(first)).map(({ status }) => status), [504, 504]);
  assert.deepEqual([counts.too_many, counts.timed_out], [1, 2]);
  hls.close();
});

Deno.test("more requests than the relay answers at once are told to come again", async () => {
  const { ask, counts } = world({ admit: () => new Promise(() => {}) });
  for (let index = 0; index < MAX_HLS_REQUESTS; index++) void ask(INDEX);
  assert.equal((await ask(INDEX)).status, 503);
  assert.equal(counts.too_many, 1);
});

Deno.test("refusals of players are counted", async () => {
  for (
    const [kind, outcome] of [["internal_error", "failed"], [
      "unauthorized",
      "unauthorized",
    ]] as const
  ) {
    const { ask, counts } = world(refusing(kind));
    await ask(INDEX);
    assert.equal(counts[outcome], 1);
  }
});

const data = new Uint8Array(100);

Deno.test("frames that are presented in another order than decoded have ascending decode times", () => {
  const samples: TimedSample[] = [];
  const queue = new SampleQueue((sample) => samples.push(sample));
  for (const number of [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]) {
    queue.add({ timestamp: number * 40_000, isKey: number === 0, data });
  }
  queue.end();
  assert.deepEqual(samples.map(({ decodeTime }) => decodeTime / 40_000), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
  ]);
  const shown = samples.map(({ decodeTime, offset }) => (decodeTime + offset) / 40_000);
  assert.deepEqual(shown, [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]);
});

Deno.test("timestamps that jump, far ahead or back, begin a segment behind a break", () => {
  const segments: Segment[] = [];
  const segmenter = new Segmenter({ part: 350_000, segment: 1_800_000, longest: 4_000_000 }, 7, {
    changed: (segment) => void (segments.includes(segment) || segments.push(segment)),
    wallOf: () => 0,
  });
  const queue = new SampleQueue((sample) => segmenter.add(sample));
  for (const start of [0, Number.MAX_SAFE_INTEGER - 10_000_000, 5]) {
    for (let frame = 0; frame < 60; frame++) {
      queue.add({ timestamp: start + frame * 40_000, isKey: frame % 30 === 0, data });
    }
  }
  queue.end();
  segmenter.end();
  assert.deepEqual(segments.filter(({ isBreak }) => isBreak).length, 2);
  assert.ok(segments.every(({ duration }) => duration <= 4_000_000));
  assert.ok(segments.every(({ parts }) => parts.every((part) => part.duration <= 350_000)));
  assert.deepEqual(segments.map(({ number }) => number), segments.map((_, index) => 7 + index));
});

Deno.test("segments above the memory for all are given up, the oldest of who has most first", () => {
  let dropped = 0;
  const budget = new MemoryBudget(1_000, () => void dropped++);
  const clock = new ManualClock();
  const windows = [3, 1].map(() => new SegmentWindow({ shown: 99, kept: 0, budget, clock }));
  const add = (window: SegmentWindow, number: number) => {
    const segment: Segment = {
      ...{ number, duration: 1, bytes: 300, isWhole: false, isBreak: false, init: 0, wall: 0 },
      parts: [{ bytes: new Uint8Array(300), duration: 1, isIndependent: true }],
    };
    window.changed(segment);
  };
  for (const number of [1, 2, 3]) add(windows[0]!, number);
  add(windows[1]!, 1);
  assert.equal(dropped, 1);
  assert.equal(windows[0]!.find(1), undefined);
  assert.equal(windows[1]!.find(1)?.number, 1);
});
