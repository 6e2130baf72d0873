import assert from "node:assert/strict";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { SEED } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import { MediaError } from "../errors.ts";
import { findBox } from "../mp4/boxes.ts";
import { readInit } from "../mp4/read_init.ts";
import { avcSets } from "./avc.ts";
import { configOf } from "./codecs.ts";
import { FramePacker } from "./frame_packer.ts";
import { FrameWatch } from "./frame_watch.ts";
import { hevcSets } from "./hevc.ts";
import { type NalCodec, ParameterSets } from "./parameter_sets.ts";

const CODECS: Record<NalCodec, readonly string[]> = {
  avc: ["-c:v", "libx264", "-preset", "ultrafast", "-f", "h264"],
  hevc: ["-c:v", "libx265", "-x265-params", "log-level=none:repeat-headers=1", "-f", "hevc"],
};

/** One picture with start codes. */
function encode(codec: NalCodec, size: string): Uint8Array {
  const picture = ["-f", "lavfi", "-i", `testsrc=size=${size}:rate=25`, "-frames:v", "1"];
  return ffmpegBytes([...picture, "-pix_fmt", "yuv420p", ...CODECS[codec]]);
}

for (const codec of ["avc", "hevc"] as const) {
  const setsOf = codec === "avc" ? avcSets : hevcSets;
  const demuxer = codec === "avc" ? "h264" : "hevc";

  optionalTest(
    `what ffmpeg makes of parameter sets of ${codec} is what we make`,
    ffmpegMissing,
    () => {
      const picture = encode(codec, "322x242");
      const { data, isKey, description } = new FramePacker(codec).pack(picture);
      assert.ok(isKey && data.length > 100);
      const movie = ["-f", "mp4", "-movflags", "empty_moov+frag_keyframe+delay_moov"];
      const mp4 = ffmpegBytes(["-f", demuxer, "-i", "-", "-c", "copy", ...movie], picture);
      const [track] = readInit(Uint8Array.from(mp4.subarray(0, mp4.length)));
      const theirs = track!.description!;
      assert.deepEqual(setsOf(description!), setsOf(theirs));
      const config = configOf[codec](description!);
      assert.equal(config.codec, configOf[codec](theirs).codec);
      assert.ok(config.kind === "video");
      assert.deepEqual([config.width, config.height], [322, 242]);
      if (codec === "avc") assert.equal(config.framerate, 25);
      // What decoders read before the sets: profile, level, chroma, depths, layers.
      const ours = description!.subarray(0, codec === "avc" ? 5 : 13);
      assert.deepEqual(ours, theirs.subarray(0, ours.length));
      if (codec === "hevc") {
        assert.deepEqual(description!.subarray(16, 19), theirs.subarray(16, 19));
      }
      assert.ok(findBox(mp4, "moov") !== undefined);
    },
  );

  optionalTest(
    `the key frame of ${codec} that brings other sets changes what is known`,
    ffmpegMissing,
    () => {
      const packers = [new FramePacker(codec), new FramePacker(codec)];
      const [small, large] = ["160x120", "320x240"].map((size) => encode(codec, size));
      const [first, other] = [packers[0]!.pack(small!), packers[1]!.pack(large!)];
      const watch = new FrameWatch(codec, first.description!);
      const before = watch.config;
      const check = (frame: Uint8Array, isKey = true) => watch.check({ data: frame, isKey });
      assert.deepEqual(check(withSets(first)), { isSound: true, isKey: true });
      assert.equal(watch.config, before, "the same sets again are no news");
      assert.ok(!check(withSets(other), false).isKey);
      assert.equal(watch.config, before, "not before a frame that decoding can begin with");
      check(withSets(other));
      const { config } = watch;
      assert.ok(config?.kind === "video");
      assert.deepEqual([config.width, config.height], [320, 240]);
      assert.deepEqual(setsOf(config.description!), setsOf(other.description!));

      function withSets({ data, description }: typeof first): Uint8Array {
        const sets = setsOf(description!).flatMap((
          set,
        ) => [0, 0, set.length >> 8, set.length & 255, ...set]);
        return Uint8Array.from([...sets, ...data]);
      }
    },
  );

  optionalTest(
    `a track of ${codec} whose sets are all in its frames is known by the first`,
    ffmpegMissing,
    () => {
      const { data, description } = new FramePacker(codec).pack(encode(codec, "160x120"));
      const empty = codec === "avc"
        ? Uint8Array.of(...description!.subarray(0, 4), 0xfd, 0xe0, 0, 0)
        : Uint8Array.of(...description!.subarray(0, 22), 0);
      const watch = new FrameWatch(codec, empty);
      assert.equal(watch.config, undefined);
      const lengthBytes = codec === "avc" ? 2 : 4;
      const sets = setsOf(description!).flatMap((
        set,
      ) => [...new Uint8Array(lengthBytes - 2), set.length >> 8, set.length & 255, ...set]);
      const frame = codec === "avc" ? shortLengths(data) : [...data];
      assert.ok(watch.check({ data: Uint8Array.from([...sets, ...frame]), isKey: true }).isKey);
      assert.deepEqual(setsOf(watch.config!.description!), setsOf(description!));
      if (codec === "avc") {
        assert.equal(
          watch.config!.description![4]! & 3,
          1,
          "lengths stay as they are",
        );
      }
    },
  );

  optionalTest(
    `fuzz: no parameter set of ${codec} does more than be refused`,
    ffmpegMissing,
    () => {
      const { description } = new FramePacker(codec).pack(encode(codec, "160x120"));
      const random = new Random(SEED);
      for (const set of setsOf(description!)) {
        for (let length = 1; length < set.length; length++) taken(set.subarray(0, length));
        for (let round = 0; round < 500; round++) {
          const changed = set.slice();
          for (let flips = 0; flips < 3; flips++) {
            changed[random.below(set.length)] = random.below(256);
          }
          taken(changed);
        }
      }

      function taken(set: Uint8Array): void {
        try {
          const sets = new ParameterSets(codec, description);
          sets.take(set);
          if (sets.record !== undefined) {
            configOf[codec](sets.record);
          }
        } catch (error) {
          assert.ok(error instanceof MediaError, `With seed ${SEED}: ${error}`);
        }
      }
    },
  );
}

/** Units with lengths of two bytes instead of four. */
function shortLengths(data: Uint8Array): number[] {
  const short: number[] = [];
  for (let at = 0; at < data.length;) {
    const length = new DataView(data.buffer, data.byteOffset).getUint32(at);
    short.push(...data.subarray(at + 2, at + 4 + length));
    at += 4 + length;
  }
  return short;
}

Deno.test("parameter sets together have a limit", () => {
  const sets = new ParameterSets("hevc");
  // Video parameter sets, of which the numbers alone are read.
  const set = (id: number) => Uint8Array.of(0x40, 1, id << 4, ...new Uint8Array(4_000));
  for (let id = 0; id < 4; id++) assert.ok(sets.take(set(id)));
  assert.throws(() => sets.take(set(4)), MediaError);
  assert.ok(sets.take(set(3)), "one that is known takes no more");
});
