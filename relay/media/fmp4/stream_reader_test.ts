import assert from "node:assert/strict";
import { SEED } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes, testFilm } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { Mp4StreamReader } from "./stream_reader.ts";

/** What a file has become. */
interface Read {
  readonly configs: TrackConfig[];
  readonly frames: { track: number; timestamp: number; isKey: boolean; size: number }[];
  readonly lost: string[];
  delay: number;
}

/** Reads a file that comes in pieces of this size. */
function read(file: Uint8Array, step: number, maxFrameBytes = 1_000_000): Read {
  const result: Read = { configs: [], frames: [], lost: [], delay: 0 };
  const reader = new Mp4StreamReader({
    configure: (_track, config) => void result.configs.push(config),
    frame: (track, { timestamp, isKey, data }) =>
      void result.frames.push({ track, timestamp, isKey, size: data.length }),
    lost: (_track, reason) => void result.lost.push(reason),
    delay: (microseconds) => result.delay = microseconds,
  }, maxFrameBytes);
  for (let at = 0; at < file.length; at += step) reader.push(file.subarray(at, at + step));
  return result;
}

/** Two seconds of ffmpeg's, encoded like this. */
function encode(...codecs: string[]): Uint8Array {
  const movie = ["-f", "mp4", "-movflags", "frag_keyframe+delay_moov+default_base_moof"];
  return ffmpegBytes([...testFilm(2), "-g", "10", ...codecs, ...movie]);
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

optionalTest("what ffmpeg writes is read alike however it comes", ffmpegMissing, () => {
  const file = encode(...H264, "-c:a", "aac");
  const whole = read(file, file.length);
  assert.deepEqual(
    whole.configs.map((config) =>
      config.kind === "video"
        ? [config.codec.slice(0, 5), config.width, config.height]
        : [config.codec, config.sampleRate, config.channels]
    ),
    [["avc1.", 160, 120], ["mp4a.40.2", 48_000, 1]],
  );
  const video = whole.frames.filter(({ track }) => track === 1);
  assert.deepEqual([video.length, video.filter(({ isKey }) => isKey).length], [20, 2]);
  assert.deepEqual(video.slice(0, 3).map(({ timestamp }) => timestamp), [0, 100_000, 200_000]);
  assert.ok(whole.frames.length - video.length > 90);
  assert.deepEqual(whole.lost, []);
  assert.ok(whole.delay > 900_000 && whole.delay < 1_200_000, String(whole.delay));
  for (const step of [1, 7, 100, 4_096]) assert.deepEqual(read(file, step), whole);
});

optionalTest("pictures out of order are presented when they should be", ffmpegMissing, () => {
  const file = encode("-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac");
  const video = read(file, 4_096).frames.filter(({ track }) => track === 1);
  const times = video.map(({ timestamp }) => timestamp);
  assert.notDeepEqual(times, times.toSorted((a, b) => a - b));
  assert.equal(Math.min(...times), 0, "the edit list is followed");
});

for (
  const [name, codecs, expected] of [
    ["H.265 and Opus", ["-c:v", "libx265", "-x265-params", "log-level=none"], /^hvc1\.1\.6\.L/],
    ["AV1 and Opus", ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"], /^av01\.0\./],
  ] as const
) {
  optionalTest(`${name} of ffmpeg are read`, ffmpegMissing, () => {
    const file = encode(
      ...codecs,
      "-pix_fmt",
      "yuv420p",
      "-c:a",
      "libopus",
      "-tag:v",
      name[0] === "H" ? "hvc1" : "av01",
    );
    const { configs, frames, lost } = read(file, 4_096);
    assert.match(configs[0]!.codec, expected);
    assert.deepEqual(configs[1], { kind: "audio", codec: "opus", sampleRate: 48_000, channels: 1 });
    const video = frames.filter(({ track }) => track === 1);
    assert.deepEqual([video.length, video[0]!.isKey, lost], [20, true, []]);
  });
}

optionalTest(
  "a frame above the limit is left out, and the others are read",
  ffmpegMissing,
  () => {
    const file = encode(...H264, "-c:a", "aac");
    const { frames } = read(file, 1_000);
    const most = Math.max(...frames.map(({ size }) => size)) - 1;
    const { frames: others, lost } = read(file, 1_000, most);
    assert.ok(lost.length > 0 && lost.every((reason) => reason === "too_large"));
    assert.equal(others.length, frames.length - lost.length);
  },
);

Deno.test("what is no fragmented MP4 is refused", () => {
  const box = (type: string, size: number) =>
    Uint8Array.of(
      0,
      0,
      size >> 8,
      size & 255,
      ...new TextEncoder().encode(type),
      ...new Uint8Array(size - 8),
    );
  assert.throws(() => read(new TextEncoder().encode("GET / HTTP/1.1\r\n"), 4), MediaError);
  assert.throws(() => read(box("moov", 100), 7), MediaError);
  assert.throws(() => read(Uint8Array.of(0, 0, 0, 4, 109, 111, 111, 118), 8), MediaError);
  assert.throws(() => read(Uint8Array.of(127, 0, 0, 0, 109, 111, 111, 102), 8), MediaError);
  assert.deepEqual(read(box("free", 300), 1).frames, []);
});

optionalTest("fuzz: no MP4 does more than end its stream", ffmpegMissing, () => {
  const file = encode(...H264, "-c:a", "aac");
  const random = new Random(SEED);
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const bytes = file.slice();
    // Most of it is pictures: what is before them matters more.
    for (let flips = 0; flips < 10; flips++) {
      const within = random.below(2) === 0 ? 2_000 : bytes.length;
      bytes[random.below(within)] = random.below(256);
    }
    try {
      const { frames } = read(bytes, 1 + random.below(5_000), 100_000);
      assert.ok(frames.length < 20_000);
    } catch (error) {
      assert.ok(error instanceof MediaError, `With seed ${SEED}, round ${round}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 30, String(refused));
});
