import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes, testFilm } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { SEED } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { BitstreamReader } from "./bitstream_reader.ts";

/** What a stream has become. */
interface Read {
  readonly configs: TrackConfig[];
  readonly frames: { timestamp: number; isKey: boolean; size: number }[];
  readonly lost: string[];
  readonly assumed: number[];
}

/** Reads a stream that comes in pieces of this size. */
function read(
  stream: Uint8Array,
  step: number,
  { maxFrameBytes = 1_000_000, framerate }: { maxFrameBytes?: number; framerate?: number } = {},
): Read {
  const result: Read = { configs: [], frames: [], lost: [], assumed: [] };
  const reader = new BitstreamReader(
    {
      configure: (_track, config) => void result.configs.push(config),
      frame: (_track, { timestamp, isKey, data }) =>
        void result.frames.push({ timestamp, isKey, size: data.length }),
      lost: (_track, reason) => void result.lost.push(reason),
    },
    { maxFrameBytes, framerate, onUnknownRate: (rate) => void result.assumed.push(rate) },
  );
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  reader.end();
  return result;
}

const LIVE = ["-tune", "zerolatency"];

/** Twenty pictures of ffmpeg's, ten a second, encoded like this. */
function encode(...options: string[]): Uint8Array {
  const codec = ["-g", "10", "-c:v", "libx264", "-pix_fmt", "yuv420p"];
  return ffmpegBytes([...testFilm(2, { hasSound: false }), ...codec, ...options, "-f", "h264"]);
}

optionalTest("H.264 of ffmpeg is read alike however it comes", ffmpegMissing, () => {
  for (
    const slices of [[], ["-slices", "4"], ["-x264-params", "aud=1"], [
      "-x264-params",
      "sliced-threads=1:threads=3",
    ]]
  ) {
    const stream = encode(...LIVE, ...slices);
    const whole = read(stream, stream.length);
    const [config] = whole.configs;
    assert.ok(config?.kind === "video");
    assert.deepEqual([config.width, config.height, config.framerate], [160, 120, 10]);
    assert.deepEqual(
      whole.frames.map(({ timestamp, isKey }) => [timestamp, isKey]),
      Array.from({ length: 20 }, (_, index) => [index * 100_000, index % 10 === 0]),
    );
    assert.deepEqual([whole.lost, whole.assumed, whole.configs.length], [[], [], 1]);
    for (const step of [1, 7, 100, 4_096]) assert.deepEqual(read(stream, step), whole);
  }
});

optionalTest(
  "the frame rate is what is said, or what the stream says, or 30",
  ffmpegMissing,
  async () => {
    const stream = encode(...LIVE);
    const said = read(stream, 4_096, { framerate: 25 });
    assert.deepEqual([said.frames[1]!.timestamp, said.assumed], [40_000, []]);
    const silent = encode(
      ...LIVE,
      "-bsf:v",
      "filter_units=remove_types=6|7|8",
      "-x264-params",
      "repeat-headers=0",
    );
    assert.deepEqual([...new Set(read(silent, 4_096).lost)], ["no_config"]);
    // Its flag of timing is taken from what the stream says.
    const untimed = await withoutTiming(stream);
    const { frames, assumed } = read(untimed, 4_096);
    assert.deepEqual([frames[1]!.timestamp, assumed], [33_333, [30]]);
  },
);

/** The same without what it says of time, with a parameter set of a camera that says nothing of it. */
function withoutTiming(stream: Uint8Array): Uint8Array {
  const silent = Uint8Array.fromHex("0000000167" + "42c00ada0a13a0");
  const begins = stream.findIndex((_, at) =>
    stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1 && (stream[at + 3]! & 31) === 8
  );
  return joinBytes([silent, stream.subarray(begins)]);
}

optionalTest(
  "pictures that are presented out of order are refused with what to do",
  ffmpegMissing,
  () => {
    const stream = encode("-bf", "2");
    assert.throws(
      () => read(stream, 4_096),
      (error: Error) => error instanceof MediaError && /-bf 0.*-f mpegts/.test(error.message),
    );
  },
);

optionalTest(
  "a frame above the limit is left out, and the next ones are read",
  ffmpegMissing,
  () => {
    const stream = encode(...LIVE);
    const { frames } = read(stream, 500);
    const most = Math.max(...frames.slice(1).map(({ size }) => size)) + 100;
    const large = joinBytes([stream, new Uint8Array(200_000).fill(9), stream]);
    const { frames: others, lost } = read(large, 500, { maxFrameBytes: Math.max(most, 60_000) });
    assert.deepEqual([others.length, lost], [39, ["too_large"]]);
    assert.equal(others.at(-1)!.timestamp, 3_900_000, "its time is counted");
  },
);

optionalTest(
  "a stream that breaks off anywhere is read as far as it goes",
  ffmpegMissing,
  () => {
    const stream = encode(...LIVE, "-s", "32x32");
    for (let length = 0; length < stream.length; length += length < 1_500 ? 1 : 53) {
      const { frames } = read(stream.subarray(0, length), length + 1);
      assert.ok(frames.length <= 20);
    }
  },
);

optionalTest("fuzz: no H.264 does more than end its stream", ffmpegMissing, () => {
  const stream = encode(...LIVE);
  const random = new Random(SEED);
  for (let round = 0; round < 200; round++) {
    const bytes = stream.slice();
    for (let flips = 0; flips < 30; flips++) {
      const within = random.below(2) === 0 ? 900 : bytes.length;
      bytes[random.below(within)] = random.below(random.below(2) === 0 ? 2 : 256);
    }
    try {
      assert.ok(
        read(bytes, 1 + random.below(5_000), { maxFrameBytes: 50_000 }).frames.length < 2_000,
      );
    } catch (error) {
      assert.ok(error instanceof MediaError, `With seed ${SEED}, round ${round}: ${error}`);
    }
  }
});
