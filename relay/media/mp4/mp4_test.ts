import assert from "node:assert/strict";
import { MediaError } from "../errors.ts";
import type { TrackConfig } from "../frame.ts";
import { readFragment } from "./read_fragment.ts";
import { readInit } from "./read_init.ts";
import { entryTypeOf } from "./sample_entry.ts";
import { type Sample, writeFragment } from "./write_fragment.ts";
import { TIMESCALE, writeInit } from "./write_init.ts";

const AVCC = Uint8Array.fromHex("0164000bffe100186764000bacb20508fcb80880000003008000001e");
const ASC = Uint8Array.fromHex("1190");

const CONFIGS: readonly TrackConfig[] = [
  { kind: "video", codec: "avc1.64000b", description: AVCC, width: 160, height: 120 },
  { kind: "video", codec: "hvc1.1.6.L93.B0", description: AVCC, width: 1920, height: 1080 },
  { kind: "video", codec: "vp09.00.31.08", width: 640, height: 360 },
  { kind: "video", codec: "av01.0.04M.08", width: 640, height: 360 },
  { kind: "audio", codec: "mp4a.40.2", description: ASC, sampleRate: 48_000, channels: 2 },
  { kind: "audio", codec: "opus", sampleRate: 48_000, channels: 1 },
];

for (const config of CONFIGS) {
  Deno.test(`a header of MP4 for ${config.codec} is read as it was written`, () => {
    const [track, ...others] = readInit(writeInit(config));
    assert.ok(track !== undefined && others.length === 0);
    assert.equal(track.timescale, TIMESCALE);
    assert.equal(track.handler, config.kind === "video" ? "vide" : "soun");
    if (config.description !== undefined) assert.deepEqual(track.description, config.description);
    if (config.kind === "video") {
      assert.deepEqual([track.width, track.height], [config.width, config.height]);
    } else {
      assert.deepEqual([track.sampleRate, track.channels], [config.sampleRate, config.channels]);
    }
  });
}

const [INIT] = readInit(writeInit(CONFIGS[0]!));

const SAMPLES: readonly Sample[] = [
  { data: new Uint8Array([1, 2, 3]), duration: 40_000, offset: 0, isKey: true },
  { data: new Uint8Array([4]), duration: 40_000, offset: 80_000, isKey: false },
  { data: new Uint8Array(), duration: 40_000, offset: -40_000, isKey: false },
];

Deno.test("a fragment of MP4 is read as it was written", () => {
  const bytes = writeFragment({ sequence: 1, decodeTime: 2 ** 40, samples: SAMPLES });
  const read = readFragment(bytes, INIT!);
  assert.deepEqual(read.map(({ decodeTime: _, ...sample }) => sample), SAMPLES);
  assert.deepEqual(read.map(({ decodeTime }) => decodeTime - 2 ** 40), [0, 40_000, 80_000]);
});

Deno.test("MP4 that is cut off anywhere is none", () => {
  const fragment = writeFragment({ sequence: 1, decodeTime: 0, samples: SAMPLES });
  for (let length = 1; length < fragment.length; length++) {
    assert.throws(() => readFragment(fragment.subarray(0, length), INIT!), MediaError);
  }
  const init = writeInit(CONFIGS[4]!);
  for (let length = 1; length < init.length; length++) {
    assert.throws(() => readInit(init.subarray(0, length)), MediaError);
  }
});

Deno.test("a codec that MP4 has no words for has no header", () => {
  assert.equal(entryTypeOf("vp8"), undefined);
  assert.throws(() => writeInit({ kind: "video", codec: "vp8" }), MediaError);
  assert.throws(() => writeInit({ kind: "video", codec: "avc3.64000b" }), /no parameter sets/);
});
