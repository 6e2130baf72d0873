import assert from "node:assert/strict";
import { ffmpegMissing } from "../../../tests/peers/encoder.ts";
import { ffmpegBytes, testFilm } from "../../../tests/support/encoders/ffmpeg_bytes.ts";
import { optionalTest } from "../../../tests/support/optional_test_case.ts";
import { MediaError } from "../../media/errors.ts";
import { formatOf } from "./media_format.ts";
import { MediaInput } from "./media_input.ts";

/** A second of ffmpeg's. */
function encode(...options: readonly string[]): Uint8Array {
  return ffmpegBytes([...testFilm(1), "-pix_fmt", "yuv420p", ...options]);
}

/** Reads what comes in pieces of this size; what was said, and how many frames of each track there were. */
function read(bytes: Uint8Array, step: number, framerate?: number) {
  const frames: Record<number, number> = {};
  const said: string[] = [];
  const input = new MediaInput("film", {
    configure: () => {},
    frame: (track) => void (frames[track] = (frames[track] ?? 0) + 1),
    lost: () => {},
  }, { framerate, say: (text) => void said.push(text) });
  for (let at = 0; at < bytes.length; at += step) input.push(bytes.subarray(at, at + step));
  input.end();
  return { frames: Object.values(frames), said };
}

const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"];
const FORMATS = {
  mp4: [...H264, "-f", "mp4", "-movflags", "cmaf+delay_moov+frag_every_frame"],
  mpegts: [...H264, "-f", "mpegts"],
  h264: [...H264, "-an", "-f", "h264"],
};

for (const [format, options] of Object.entries(FORMATS)) {
  optionalTest(
    `${format} is known by its first bytes, however they come`,
    ffmpegMissing,
    () => {
      const film = encode(...options);
      assert.deepEqual(formatOf(film, false), { isTaken: true, format });
      const whole = read(film, film.length);
      assert.ok(whole.frames.includes(10), String(whole.frames));
      for (const step of [1, 100, 4_096]) assert.deepEqual(read(film, step), whole);
    },
  );
}

optionalTest(
  "MPEG-TS that does not begin with a packet, and a short one, are known",
  ffmpegMissing,
  () => {
    const film = encode(...FORMATS.mpegts);
    assert.deepEqual(formatOf(film.subarray(77), false), { isTaken: true, format: "mpegts" });
    assert.equal(formatOf(film.subarray(77, 500), false), undefined, "more has to come");
    assert.deepEqual(formatOf(film.subarray(0, 188), true), { isTaken: true, format: "mpegts" });
  },
);

optionalTest("what cannot be published is said, with what to do", ffmpegMissing, () => {
  const mp2 = ["-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpegts"];
  for (
    const [options, framerate, expected] of [
      [
        [...H264, "-f", "matroska"],
        undefined,
        /film is Matroska or WebM; .* are taken.*\n {2}ffmpeg -i film -c copy/,
      ],
      [[...H264, "-f", "flv"], undefined, /film is FLV; /],
      [["-vn", "-c:a", "aac", "-f", "adts"], undefined, /film is AAC without a container; /],
      [
        ["-c:v", "libx265", "-x265-params", "log-level=none", "-an", "-f", "hevc"],
        undefined,
        /film is H\.265 without a container; /,
      ],
      [mp2, undefined, /film is MPEG-TS that cannot be published: .* but MPEG-2 video, MPEG audio/],
      [FORMATS.mpegts, 10, /film is MPEG-TS, which says when its frames are: leave --fps out/],
      [
        ["-c:v", "libx264", "-x264-params", "bframes=2:b-adapt=0", "-an", "-f", "h264"],
        undefined,
        /film is H\.264 .*B-frames.*-f mpegts/,
      ],
    ] as const
  ) {
    const film = encode(...options);
    const isSaid = (error: Error) => error instanceof MediaError && expected.test(error.message);
    assert.throws(() => read(film, 4_096, framerate), isSaid, String(expected));
  }
  const text = new TextEncoder().encode("GET / HTTP/1.1\r\n");
  assert.throws(() => read(text, 4), /nothing that is known here: it begins with 474554202f204854/);
  assert.throws(() => read(new Uint8Array(), 4), /film is empty; /);
});

optionalTest("sound that is not taken is said", ffmpegMissing, () => {
  const { said } = read(encode(...H264, "-c:a", "mp2", "-f", "mpegts"), 4_096);
  assert.deepEqual(said, ["Left out: MPEG audio (MP2, MP3)"]);
});
