import assert from "node:assert/strict";
import { RtmpError } from "./errors.ts";
import { readAudio, readVideo } from "./flv_packet.ts";

const text = (value: string) => [...new TextEncoder().encode(value)];
const bytes = (...parts: (number | number[])[]) => Uint8Array.from(parts.flat());

Deno.test("packets of enhanced RTMP are read by their codecs, with the time until they are shown", () => {
  const [start] = readVideo(bytes(0x90, text("hvc1"), 1, 2));
  assert.deepEqual([start?.codec, start?.kind, start?.isKey], ["hevc", "config", true]);
  const [late] = readVideo(bytes(0xa1, text("hvc1"), 0xff, 0xff, 0xfe, 7));
  assert.deepEqual([late?.delay, late?.isKey, [...late!.data]], [-2, false, [7]]);
  const [plain] = readVideo(bytes(0xa3, text("avc1"), 7));
  assert.deepEqual([plain?.delay, plain?.codec, [...plain!.data]], [0, "avc", [7]]);
  const [av1] = readVideo(bytes(0x91, text("av01"), 7, 8));
  assert.deepEqual([av1?.codec, av1?.delay, [...av1!.data]], ["av1", 0, [7, 8]]);
  const [opus] = readAudio(bytes(0x91, text("Opus"), 9));
  assert.deepEqual([opus?.codec, opus?.kind, [...opus!.data]], ["opus", "frame", [9]]);
  const [other] = readAudio(bytes(0x91, text("ac-3"), 9));
  assert.equal(other?.codec, undefined);
});

Deno.test("the tracks of one packet are read each by itself", () => {
  const many = bytes(0x96, 0x11, text("avc1"), [2, 0, 0, 5, 0, 0, 0, 1, 2], [
    3,
    0,
    0,
    4,
    0,
    0,
    0,
    3,
  ]);
  assert.deepEqual(
    readVideo(many).map(({ track, codec, data }) => [track, codec, [...data]]),
    [[2, "avc", [1, 2]], [3, "avc", [3]]],
  );
  const codecs = bytes(0x95, 0x21, text("mp4a"), [0, 0, 0, 1, 5], text("Opus"), [1, 0, 0, 1, 6]);
  assert.deepEqual(
    readAudio(codecs).map(({ track, codec, data }) => [track, codec, [...data]]),
    [[0, "aac", [5]], [1, "opus", [6]]],
  );
  assert.throws(() => readVideo(many.subarray(0, many.length - 1)), RtmpError);
});

Deno.test("extensions of a packet are passed over, as many as there may be", () => {
  const [packet] = readVideo(bytes(0x97, 2, 1, 2, 3, 0x01, text("av01"), 7));
  assert.deepEqual([packet?.codec, [...packet!.data]], ["av1", [7]]);
  const endless = bytes(0x97, ...Array.from({ length: 40 }, () => [0, 0, 7]));
  assert.throws(() => readVideo(endless), RtmpError);
});

Deno.test("packets that say nothing of media are none", () => {
  assert.deepEqual(readVideo(bytes(0x57, 0)), [], "a command frame");
  assert.deepEqual(readVideo(bytes(0x94, text("avc1"), 1)), [], "metadata");
  assert.deepEqual([readVideo(bytes()), readAudio(bytes())], [[], []]);
  assert.throws(() => readVideo(bytes(0x17, 1, 0)), RtmpError);
});
