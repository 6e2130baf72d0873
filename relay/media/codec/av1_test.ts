import assert from "node:assert/strict";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { SEED } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import { MediaError } from "../errors.ts";
import { readInit } from "../mp4/read_init.ts";
import { av1DescriptionBehind } from "./av1.ts";
import { readAv1Sequence, sequenceHeaderOf } from "./av1_sequence.ts";
import { FrameWatch } from "./frame_watch.ts";

/** A description that says nothing of its own: profile, level and sequence header come with the first frame. */
const EMPTY = Uint8Array.of(0x81, 0, 0, 0);

/** One picture in AV1 as ffmpeg encodes it, and what ffmpeg says of it in MP4. */
function encode(size: string, pixels: string, encoder: string) {
  const picture = ["-f", "lavfi", "-i", `testsrc=size=${size}:rate=25`, "-frames:v", "1"];
  const frame = ffmpegBytes([
    ...[...picture, "-pix_fmt", pixels, "-c:v", encoder],
    ...(encoder === "libaom-av1" ? ["-cpu-used", "8", "-usage", "realtime"] : []),
    ...["-f", "obu"],
  ]);
  const movie = ["-f", "mp4", "-movflags", "empty_moov+frag_keyframe+delay_moov"];
  const mp4 = ffmpegBytes(["-f", "obu", "-i", "-", "-c", "copy", ...movie], frame);
  return { frame, description: readInit(mp4)[0]!.description! };
}

for (
  const [size, pixels, encoder, expected] of [
    ["322x242", "yuv420p", "libaom-av1", [322, 242, 0, 8, "1,1"]],
    ["160x120", "yuv420p10le", "libaom-av1", [160, 120, 0, 10, "1,1"]],
    ["160x120", "yuv444p", "libaom-av1", [160, 120, 1, 8, "0,0"]],
    ["160x120", "yuv422p", "libaom-av1", [160, 120, 2, 8, "1,0"]],
    ["160x120", "gray", "libaom-av1", [160, 120, 0, 8, "1,1"]],
    ["640x360", "yuv420p", "libsvtav1", [640, 360, 0, 8, "1,1"]],
  ] as const
) {
  optionalTest(
    `what ffmpeg makes of a key frame of ${encoder} in ${pixels} is what we make`,
    ffmpegMissing,
    () => {
      const { frame, description } = encode(size, pixels, encoder);
      const { width, height, profile, depth, subsampling } = readAv1Sequence(
        sequenceHeaderOf(frame)!,
      );
      assert.deepEqual([width, height, profile, depth, String(subsampling)], expected);
      const ours = av1DescriptionBehind(EMPTY, frame);
      assert.deepEqual([...ours], [...description]);
      assert.equal(av1DescriptionBehind(description, frame), description, "that is no news");
    },
  );
}

optionalTest(
  "the key frame of AV1 with another header changes what is known",
  ffmpegMissing,
  () => {
    const sizes = ["160x120", "320x240"];
    const [small, large] = sizes.map((size) => encode(size, "yuv420p", "libaom-av1"));
    const watch = new FrameWatch("av1", small!.description);
    const before = watch.config;
    const check = (data: Uint8Array, isKey = true) => watch.check({ data, isKey });
    assert.deepEqual(check(small!.frame), { isSound: true, isKey: true });
    assert.equal(watch.config, before, "the same header again is no news");
    check(large!.frame, false);
    assert.equal(watch.config, before, "not before a frame that decoding can begin with");
    check(large!.frame);
    assert.deepEqual(watch.config?.description, large!.description);
  },
);

optionalTest("fuzz: no key frame of AV1 does more than be refused", ffmpegMissing, () => {
  const { frame, description } = encode("160x120", "yuv420p", "libaom-av1");
  const head = frame.subarray(0, 64);
  const random = new Random(SEED);
  for (let length = 0; length < head.length; length++) taken(head.subarray(0, length));
  for (let round = 0; round < 2_000; round++) {
    const changed = head.slice();
    for (let count = random.below(4); count >= 0; count--) {
      changed[random.below(changed.length)] = random.below(256);
    }
    taken(changed);
  }

  function taken(data: Uint8Array): void {
    try {
      const next = av1DescriptionBehind(description, data);
      assert.ok(next.length < description.length + data.length + 16);
    } catch (error) {
      assert.ok(error instanceof MediaError, String(error));
    }
    const watch = new FrameWatch("av1", description);
    watch.check({ data, isKey: true });
    assert.ok(watch.config !== undefined);
  }
});
