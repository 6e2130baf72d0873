import assert from "node:assert/strict";
import type { TrackConfig } from "../frame.ts";
import { FirstFrames } from "./first_frames.ts";
import { MAX_HELD_BYTES, MAX_HELD_STEPS, MAX_HELD_US } from "./limits.ts";

const VIDEO: TrackConfig = { kind: "video", codec: "avc1.64001f" };
const AUDIO: TrackConfig = { kind: "audio", codec: "mp4a.40.2", sampleRate: 48_000, channels: 2 };

function world() {
  const passed: string[] = [];
  const frames = new FirstFrames({
    configure: (track, { codec }) => void passed.push(`${track} ${codec}`),
    frame: (track, { timestamp }) => void passed.push(`${track} at ${timestamp}`),
    lost: (track, reason) => void passed.push(`${track} lost: ${reason}`),
  });
  const frame = (track: number, timestamp: number, size = 9) =>
    frames.frame(track, { timestamp, isKey: true, data: new Uint8Array(size) });
  return { frames, frame, passed };
}

Deno.test("frames are held until every stream has said what it is, and go on in their order", () => {
  const { frames, frame, passed } = world();
  for (const track of [1, 2]) frames.expect(track);
  frames.configure(1, VIDEO);
  frame(1, 0);
  frames.lost(2, "malformed");
  assert.deepEqual(passed, []);
  frames.configure(2, AUDIO);
  frame(2, 5);
  assert.deepEqual(passed, [
    "1 avc1.64001f",
    "1 at 0",
    "2 lost: malformed",
    "2 mp4a.40.2",
    "2 at 5",
  ]);
});

Deno.test("a stream that says nothing is waited for up to a second", () => {
  const { frames, frame, passed } = world();
  for (const track of [1, 2]) frames.expect(track);
  frames.configure(1, VIDEO);
  frame(1, 0);
  frame(1, MAX_HELD_US - 1);
  assert.deepEqual(passed, []);
  frame(1, MAX_HELD_US);
  assert.equal(passed.length, 4);
  frame(1, MAX_HELD_US + 1);
  assert.equal(passed.length, 5);
});

Deno.test("a stream that the program loses is not waited for", () => {
  const { frames, frame, passed } = world();
  for (const track of [1, 2]) frames.expect(track);
  frames.configure(1, VIDEO);
  frame(1, 0);
  frames.forget(2);
  assert.deepEqual(passed, ["1 avc1.64001f", "1 at 0"]);
});

Deno.test("what is held is bounded, whatever its time", () => {
  const large = world();
  large.frames.expect(1);
  large.frame(1, 0, MAX_HELD_BYTES);
  assert.deepEqual(large.passed, []);
  large.frame(1, 0);
  assert.equal(large.passed.length, 2);
  const many = world();
  many.frames.expect(1);
  for (let count = 0; count <= MAX_HELD_STEPS; count++) many.frames.lost(1, "malformed");
  assert.equal(many.passed.length, MAX_HELD_STEPS + 1);
});
