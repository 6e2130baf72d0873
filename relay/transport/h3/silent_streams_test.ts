import assert from "node:assert/strict";
import { MAX_SILENT_STREAMS, STREAM_HEADER_TIMEOUT } from "./limits.ts";
import { type SilentStream, SilentStreams } from "./silent_streams.ts";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";

Deno.test("SilentStreams gives each stream its full time, with one timer", async () => {
  const { clock, streams, given, add } = bench();
  for (let at = 0; at < MAX_SILENT_STREAMS; at++) add("spared");
  await clock.advance(10);
  add("a");
  await clock.advance(10);
  add("b");
  assert.equal(clock.pending, 1);
  await clock.advance(STREAM_HEADER_TIMEOUT - 11);
  assert.deepEqual(given, []);
  await clock.advance(1);
  assert.deepEqual(given, ["a"]);
  await clock.advance(10);
  assert.deepEqual(given, ["a", "b"]);
  assert.equal(clock.pending, 0);
  streams.close();
});

Deno.test("SilentStreams forgets streams that spoke, and spares others in their place", async () => {
  const { clock, streams, given, add } = bench();
  const spared: SilentStream[] = [];
  for (let at = 0; at < MAX_SILENT_STREAMS; at++) spared.push(add("spared"));
  streams.remove(add("spoke"));
  await clock.advance(STREAM_HEADER_TIMEOUT);
  streams.remove(spared[0]!);
  streams.remove(spared[0]!);
  add("spared too");
  add("given up");
  await clock.advance(STREAM_HEADER_TIMEOUT);
  assert.deepEqual(given, ["given up"]);
});

Deno.test("SilentStreams leaves no timer behind", async () => {
  const { clock, streams, given, add } = bench();
  for (let at = 0; at < 9; at++) add("x");
  streams.close();
  assert.equal(clock.pending, 0);
  streams.remove(add("too late"));
  assert.equal(clock.pending, 0);
  await clock.advance(STREAM_HEADER_TIMEOUT);
  assert.deepEqual(given, []);
});

function bench() {
  const clock = new ManualClock();
  const streams = new SilentStreams(clock);
  const given: string[] = [];
  return { clock, streams, given, add: (name: string) => streams.add(() => given.push(name)) };
}
