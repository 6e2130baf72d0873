import assert from "node:assert/strict";
import type { TrackConfig } from "../../media/frame.ts";
import { boxesOf, findBox } from "../../media/mp4/boxes.ts";
import { readInit } from "../../media/mp4/read_init.ts";
import { readFragment } from "../../media/mp4/read_fragment.ts";
import { Mp4Output } from "./mp4_output.ts";

const AVCC = Uint8Array.fromHex("0164000bffe100186764000bacb20508fcb80880000003008000001e");
const VIDEO: TrackConfig = { kind: "video", codec: "avc1.64000b", description: AVCC };
const AUDIO = { kind: "audio", codec: "opus", sampleRate: 48_000, channels: 1 } as const;

const sample = (decodeTime: number, isKey = true) => ({
  data: Uint8Array.of(1, 2, 3),
  duration: 20_000,
  offset: 0,
  decodeTime,
  isKey,
  isBreak: false,
});

/** The kinds and times of what was written behind the header. */
function read(written: readonly Uint8Array[]) {
  const [header, ...fragments] = written;
  const tracks = readInit(header!);
  return fragments.map((bytes) => {
    const header = findBox(bytes, "moof", "traf", "tfhd")!;
    const id = new DataView(header.buffer, header.byteOffset).getUint32(4);
    const track = tracks.find((one) => one.id === id);
    return [track!.handler, readFragment(bytes, track!)[0]!.decodeTime] as const;
  });
}

Deno.test("an MP4 begins with the picture when all tracks are there", () => {
  const written: Uint8Array[] = [];
  const output = new Mp4Output(["video", "audio"], (bytes) => written.push(bytes) > 0);
  output.configure(1, AUDIO);
  output.add(1, sample(900_000));
  output.add(1, sample(1_000_000));
  output.configure(0, VIDEO);
  assert.equal(written.length, 0);
  output.add(0, sample(980_000));
  output.add(1, sample(1_020_000));
  assert.deepEqual(read(written), [["soun", 20_000], ["vide", 0], ["soun", 40_000]]);
  assert.deepEqual([...boxesOf(written[0]!)].map(({ type }) => type), ["ftyp", "moov"]);
});

Deno.test("a track that does not come is left out, and what it brings later too", () => {
  const written: Uint8Array[] = [];
  const output = new Mp4Output(["video", "audio"], (bytes) => written.push(bytes) > 0);
  assert.equal(output.begin(), false);
  output.configure(1, AUDIO);
  output.add(1, sample(0));
  assert.equal(output.begin(), true);
  output.configure(0, VIDEO);
  output.add(0, sample(20_000));
  assert.deepEqual(read(written), [["soun", 0]]);
});

Deno.test("behind a sample that is not written a decoder waits for a key frame", () => {
  let takes = true;
  const written: Uint8Array[] = [];
  const output = new Mp4Output(["video"], (bytes) => takes && written.push(bytes) > 0);
  output.configure(0, VIDEO);
  output.add(0, sample(0));
  takes = false;
  assert.equal(output.add(0, sample(20_000, false)), false);
  takes = true;
  output.add(0, sample(40_000, false));
  output.add(0, sample(60_000));
  assert.deepEqual(read(written), [["vide", 0], ["vide", 60_000]]);
});
