import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { PacedSink } from "./paced_sink.ts";

const NEVER = new AbortController().signal;

/** A sink that writes down when frames come. */
function world(isPaced: boolean) {
  const clock = new ManualClock();
  const passed: [at: number, track: number, timestamp: number][] = [];
  const sink = new PacedSink(
    {
      configure: () => {},
      lost: () => {},
      frame: (track, { timestamp }) => void passed.push([clock.now(), track, timestamp]),
    },
    clock,
    isPaced,
  );
  const add = (track: number, timestamp: number) =>
    sink.frame(track, { timestamp, duration: 100_000, isKey: true, data: new Uint8Array(1) });
  return { clock, passed, sink, add };
}

Deno.test("the frames of a file come when their time has come, whatever track came first", async () => {
  const { clock, passed, sink, add } = world(true);
  for (const timestamp of [5_000_000, 5_100_000, 5_200_000]) add(1, timestamp);
  for (const timestamp of [5_050_000, 5_150_000]) add(2, timestamp);
  const finished = sink.finished(NEVER);
  await clock.advance(1_000);
  await finished;
  assert.deepEqual(passed.map(([at, track]) => [at, track]), [
    [0, 1],
    [50, 2],
    [100, 1],
    [150, 2],
    [200, 1],
  ]);
});

Deno.test("frames that are presented out of order come in the order of decoding", async () => {
  const { clock, passed, sink, add } = world(true);
  for (const timestamp of [0, 300_000, 100_000, 200_000]) add(1, timestamp);
  const finished = sink.finished(NEVER);
  await clock.advance(1_000);
  await finished;
  assert.deepEqual(passed.map(([, , timestamp]) => timestamp), [0, 300_000, 100_000, 200_000]);
});

Deno.test("a file is read no further than some seconds ahead", async () => {
  const { clock, passed, sink, add } = world(true);
  for (let frame = 0; frame < 50; frame++) add(1, frame * 100_000);
  let isCaughtUp = false;
  const caughtUp = sink.caughtUp(NEVER).then(() => isCaughtUp = true);
  await clock.advance(1_800);
  assert.equal(isCaughtUp, false);
  await clock.advance(200);
  await caughtUp;
  assert.equal(passed.length, 20);
});

Deno.test("a file that is read again goes on where it ended", () => {
  const { passed, sink, add } = world(false);
  for (const timestamp of [0, 100_000]) add(1, timestamp);
  sink.again();
  add(1, 0);
  assert.deepEqual(passed.map(([, , timestamp]) => timestamp), [0, 100_000, 200_000]);
});
