import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { joinBytes } from "@qumo/shared/runtime";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes, testFilm } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { SEED } from "../../../tests/support/properties.ts";
import { Random } from "../../../tests/support/random.ts";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { MAX_GARBAGE_BYTES } from "./limits.ts";
import { PACKET_BYTES } from "./packets.ts";
import { checksum } from "./sections.ts";
import { TsStreamReader } from "./stream_reader.ts";

/** What a stream has become. */
interface Read {
  readonly configs: TrackConfig[];
  readonly frames: { track: number; timestamp: number; isKey: boolean; size: number }[];
  readonly lost: string[];
  readonly leftOut: string[];
}

/** Reads a stream that comes in pieces of this size. */
function read(stream: Uint8Array, step: number, maxFrameBytes = 1_000_000): Read {
  const result: Read = { configs: [], frames: [], lost: [], leftOut: [] };
  const reader = new TsStreamReader(
    {
      configure: (_track, config) => void result.configs.push(config),
      frame: (track, { timestamp, isKey, data }) =>
        void result.frames.push({ track, timestamp, isKey, size: data.length }),
      lost: (_track, reason) => void result.lost.push(reason),
    },
    maxFrameBytes,
    (what) => void result.leftOut.push(what),
  );
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  reader.end();
  return result;
}

/** Two seconds of ffmpeg's, encoded like this. */
function encode(...codecs: string[]): Uint8Array {
  return ffmpegBytes([...testFilm(2), "-g", "10", ...codecs, "-f", "mpegts"]);
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];
const LIVE = [...H264, "-c:a", "aac"];
const VIDEO = 0x100;
const AUDIO = 0x101;

const of = ({ frames }: Read, track: number) => frames.filter((one) => one.track === track);

/** What ffprobe says when the packets of a stream are presented, in microseconds. */
function probed(stream: Uint8Array, kind: "v" | "a"): number[] {
  const args = ["-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time"];
  const said = execFileSync("ffprobe", [...args, "-of", "csv=p=0", "-"], { input: stream });
  const lines = said.toString().split("\n").filter((line) => line !== "");
  return lines.map((line) => Math.round(parseFloat(line) * 1e6));
}

for (
  const [name, codecs, codec] of [
    ["H.264 without delay", [...LIVE, "-tune", "zerolatency"], /^avc1\./],
    [
      "H.264 out of order",
      ["-c:v", "libx264", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac"],
      /^avc1\./,
    ],
    [
      "H.265",
      ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p", "-c:a", "aac"],
      /^hvc1\.1\.6\./,
    ],
  ] as const
) {
  optionalTest(
    `${name} in MPEG-TS is read as ffprobe reads it, however it comes`,
    ffmpegMissing,
    () => {
      const stream = encode(...codecs);
      const whole = read(stream, stream.length);
      const [video, audio] = [of(whole, VIDEO), of(whole, AUDIO)];
      assert.deepEqual([video.length, video[0]!.isKey], [20, true]);
      const [first, second] = [...whole.configs].sort((one) => one.kind === "video" ? -1 : 1);
      assert.ok(first?.kind === "video" && second?.kind === "audio");
      assert.match(first.codec, codec);
      assert.deepEqual([first.width, first.height], [160, 120]);
      assert.deepEqual([second.codec, second.sampleRate, second.channels], [
        "mp4a.40.2",
        48_000,
        1,
      ]);
      for (const [kind, frames] of [["v", video], ["a", audio]] as const) {
        const theirs = probed(stream, kind);
        assert.equal(frames.length, theirs.length, kind);
        for (const [index, { timestamp }] of frames.entries()) {
          // Theirs are rounded to ticks.
          assert.ok(Math.abs(timestamp - theirs[index]!) < 100, `${kind} ${index}`);
        }
      }
      assert.deepEqual([whole.lost, whole.leftOut], [[], []]);
      for (const step of [1, 7, 188, 4_096]) assert.deepEqual(read(stream, step), whole);
    },
  );
}

optionalTest("times go on where 33 bits end", ffmpegMissing, () => {
  const stream = encode(...LIVE, "-output_ts_offset", String(2 ** 33 / 90_000 - 2.4));
  const times = of(read(stream, 4_096), VIDEO).map(({ timestamp }) => timestamp);
  assert.equal(times.length, 20);
  for (const [index, time] of times.entries()) {
    assert.ok(Math.abs(time - times[0]! - index * 100_000) < 30, String(times));
  }
  assert.ok(times[0]! / 1e6 * 90_000 < 2 ** 33 && times.at(-1)! / 1e6 * 90_000 > 2 ** 33);
});

optionalTest("times that begin anew go on where they were", ffmpegMissing, () => {
  const [one, other] = [encode(...LIVE, "-output_ts_offset", "50000"), encode(...LIVE)];
  const times = of(read(joinBytes([one, other]), 4_096), VIDEO).map(({ timestamp }) => timestamp);
  // The last picture of the first has no end, since its stream does not go on.
  assert.equal(times.length, 39);
  const steps = times.slice(1).map((time, index) => time - times[index]!);
  assert.ok(Math.max(...steps.map(Math.abs)) < 1_000_000, String(steps));
});

optionalTest(
  "what a lost packet or garbage hits is lost, and nothing else",
  ffmpegMissing,
  () => {
    const stream = encode(...LIVE);
    const whole = read(stream, 4_096);
    const at = Math.floor(stream.length / 2 / PACKET_BYTES) * PACKET_BYTES;
    const [before, behind] = [stream.subarray(0, at), stream.subarray(at)];
    const garbage = new Random(SEED).bytes(1_000);
    for (
      const damaged of [
        joinBytes([before, behind.subarray(PACKET_BYTES)]),
        joinBytes([before, garbage, behind]),
        joinBytes([before, behind.subarray(77)]),
      ]
    ) {
      const { frames, lost } = read(damaged, 4_096);
      assert.ok(
        frames.length >= whole.frames.length - 2,
        `${frames.length} ${whole.frames.length}`,
      );
      assert.ok(lost.length <= 2 && lost.every((reason) => reason === "malformed"), String(lost));
    }
    // One of the middle of a picture, whose end comes all the same.
    const packets = packetsOf(stream);
    const goesOn = (one?: Uint8Array) => one?.[1] === VIDEO >> 8 && one[2] === (VIDEO & 255);
    const middle = packets.findLastIndex((one, index) => goesOn(one) && goesOn(packets[index + 1]));
    const holed = read(joinBytes(packets.filter((_, index) => index !== middle)), 4_096);
    assert.deepEqual([holed.frames.length, holed.lost], [whole.frames.length - 1, ["malformed"]]);
    // A packet that came twice is taken once, and one may join anywhere.
    const twice = joinBytes([before, behind.subarray(0, PACKET_BYTES), behind]);
    assert.deepEqual(read(twice, 4_096), whole);
    const joined = read(stream.subarray(77), 4_096);
    assert.ok(of(joined, VIDEO).some(({ isKey }) => isKey));
  },
);

optionalTest(
  "a stream that breaks off anywhere is read as far as it goes",
  ffmpegMissing,
  () => {
    const stream = encode(...LIVE, "-b:v", "20k", "-s", "32x32");
    const whole = read(stream, stream.length);
    let last = 0;
    for (let length = 0; length < stream.length; length += length < 2_000 ? 1 : 61) {
      const { frames, lost } = read(stream.subarray(0, length), length + 1);
      assert.ok(frames.length >= last - 1 && frames.length <= whole.frames.length);
      assert.ok(lost.length <= 2, String(lost));
      last = frames.length;
    }
  },
);

optionalTest(
  "a frame above the limit is left out, and the others are read",
  ffmpegMissing,
  () => {
    const stream = encode(...LIVE);
    const { frames } = read(stream, 1_000);
    const most = Math.max(...frames.map(({ size }) => size)) - 500;
    const { frames: others, lost } = read(stream, 1_000, most);
    assert.deepEqual([...new Set(lost)], ["too_large", "no_config"]);
    assert.equal(others.length, frames.length - lost.length);
  },
);

optionalTest(
  "streams that are not taken are said, and a program of them alone is refused",
  ffmpegMissing,
  () => {
    const mixed = read(encode(...H264, "-c:a", "mp2"), 4_096);
    assert.deepEqual([mixed.leftOut, mixed.lost], [["MPEG audio (MP2, MP3)"], ["codec"]]);
    assert.equal(of(mixed, VIDEO).length, 20);
    const others = encode("-c:v", "mpeg2video", "-c:a", "mp2");
    assert.throws(
      () => read(others, 4_096),
      /nothing of H\.264, H\.265 and AAC, but MPEG-2 video, MPEG audio/,
    );
  },
);

function packetsOf(stream: Uint8Array): Uint8Array[] {
  return Array.from(
    { length: stream.length / PACKET_BYTES },
    (_, index) => stream.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES),
  );
}

Deno.test("garbage without end is refused, and nothing of it is kept", () => {
  assert.throws(() => read(new Uint8Array(MAX_GARBAGE_BYTES + 1_000), 65_536), MediaError);
});

Deno.test("tables of hostile lengths are passed over", () => {
  for (const length of [0, 1, 4, 8, 9, 0xfff]) {
    for (const info of [0, 0xfff]) {
      const map = table([
        2,
        0xb0 | length >> 8,
        length & 255,
        0,
        1,
        0xc1,
        0,
        0,
        0xe1,
        0,
        0xf0 | info >> 8,
        info & 255,
        0x1b,
        0xe1,
        0,
        0xff,
        0xff,
      ]);
      const stream = joinBytes([table(ASSOCIATION), packet(0x1000, map, 0), packet(0x100, map, 0)]
        .map((one) => one.length === PACKET_BYTES ? one : packet(0, one, 0)));
      assert.deepEqual(read(joinBytes([stream, stream, stream]), 188).frames, []);
    }
  }
});

const ASSOCIATION = [0, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0];

/** A table with its checksum. */
function table(bytes: readonly number[]): Uint8Array {
  const sum = checksum(Uint8Array.from(bytes));
  return Uint8Array.of(0, ...bytes, sum >>> 24, sum >> 16 & 255, sum >> 8 & 255, sum & 255);
}

function packet(pid: number, payload: Uint8Array, counter: number): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES).fill(0xff);
  bytes.set([0x47, 0x40 | pid >> 8, pid & 255, 0x10 | counter]);
  bytes.set(payload, 4);
  return bytes;
}

optionalTest("fuzz: no MPEG-TS does more than end its stream", ffmpegMissing, () => {
  const stream = encode(...LIVE);
  const random = new Random(SEED);
  for (let round = 0; round < 200; round++) {
    const bytes = stream.slice();
    for (let flips = 0; flips < 20; flips++) {
      // The heads of packets, and of what is in them, matter most.
      const at = random.below(bytes.length / PACKET_BYTES) * PACKET_BYTES + random.below(24);
      bytes[random.below(2) === 0 ? at : random.below(bytes.length)] = random.below(256);
    }
    try {
      const { frames } = read(bytes, 1 + random.below(5_000), 100_000);
      assert.ok(frames.length < 2_000);
    } catch (error) {
      assert.ok(error instanceof MediaError, `With seed ${SEED}, round ${round}: ${error}`);
    }
  }
});
