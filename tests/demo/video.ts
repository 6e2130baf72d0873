/** What a camera's encoder would give: about 4 Mbit/s, in groups of 2 seconds, and a picture to look at. */
import { drawBlocks, SIZE } from "./drawing.ts";
import { parameterSets, remark, slice } from "./h264.ts";

/** Objects a second. */
export const RATE = 30;

/** Objects of a group, of which the first is a whole picture and the rest are changes. */
export const GROUP_OBJECTS = 60;

/** Where a player finds what the film is, and what stands there, as moq-dev's catalog "hang" has it. */
export const CATALOG_TRACK = "catalog.json";
export const catalog = (track: string) => ({
  video: {
    renditions: {
      [track]: {
        codec: "avc1.42C01E",
        container: { kind: "legacy" },
        codedWidth: SIZE.across * 16,
        codedHeight: SIZE.down * 16,
        framerate: RATE,
        optimizeForLatency: true,
      },
    },
  },
});

/** One object as it was published. */
export interface Picture {
  /** Counted over all groups, from 0. */
  readonly number: number;
  /** When it was published, in the publisher's milliseconds. */
  readonly stamp: number;
}

/** The payload of the object of this number: when it is shown, in microseconds, and then H.264. */
export function makePicture({ number, stamp }: Picture): Uint8Array<ArrayBuffer> {
  const { head, body } = partsOf(number);
  const said = remark(stampText(stamp));
  const payload = new Uint8Array(TIME_BYTES + head.length + said.length + body.length);
  // A number of eight bytes is marked by its two highest bits.
  new DataView(payload.buffer).setBigUint64(0, 3n << 62n | BigInt(timeOf(number)));
  payload.set(head, TIME_BYTES);
  payload.set(said, TIME_BYTES + head.length);
  payload.set(body, TIME_BYTES + head.length + said.length);
  return payload;
}

/** Reads a payload; undefined when it is not, to the last byte, what was published. */
export function readPicture(payload: Uint8Array): Picture | undefined {
  if (payload.length < TIME_BYTES) return undefined;
  const time = new DataView(payload.buffer, payload.byteOffset).getBigUint64(0) & ~(3n << 62n);
  const number = Math.round(Number(time) * RATE / 1e6);
  if (number > MOST_PICTURES) return undefined;
  const from = TIME_BYTES + partsOf(number).head.length + REMARK_HEAD;
  const stamp = Number(new TextDecoder().decode(payload.subarray(from, from + STAMP_DIGITS)));
  const made = Number.isFinite(stamp) ? makePicture({ number, stamp }) : payload.subarray(0, 0);
  if (made.length !== payload.length) return undefined;
  for (let at = 0; at < made.length; at++) if (made[at] !== payload[at]) return undefined;
  return { number, stamp };
}

const TIME_BYTES = 8;
/** Of a remark, what stands before its text. */
const REMARK_HEAD = 4 + 1 + 2 + 16;
const STAMP_DIGITS = 16;
/** A day of pictures. */
const MOST_PICTURES = 86_400 * RATE;

function timeOf(number: number): number {
  return Math.round(number * 1e6 / RATE);
}

function stampText(stamp: number): string {
  return stamp.toFixed(3).padStart(STAMP_DIGITS, "0");
}

/** What all payloads of a number share. Publisher and viewers ask for the same few again and again. */
function partsOf(number: number): Parts {
  const known = recent.get(number);
  if (known !== undefined) return known;
  const isWhole = number % GROUP_OBJECTS === 0;
  const blocks = drawBlocks(number, RATE);
  const before = isWhole
    ? []
    : last.number === number - 1
    ? last.blocks
    : drawBlocks(number - 1, RATE);
  last = { number, blocks };
  const changed = blocks.map((block, at) => isSame(block, before[at]) ? undefined : block);
  const parts = {
    head: Uint8Array.from(isWhole ? parameterSets(SIZE) : []),
    body: Uint8Array.from(
      slice(isWhole ? number / GROUP_OBJECTS : number % GROUP_OBJECTS, changed),
    ),
  };
  recent.set(number, parts);
  if (recent.size > RECENT) recent.delete(recent.keys().next().value!);
  return parts;
}

interface Parts {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** Draws the beginning of the film, so that a busy machine need not when it is on time that counts. */
export function prepareFilm(): void {
  for (let number = 0; number < 2 * GROUP_OBJECTS; number++) makePicture({ number, stamp: 0 });
}

/** What was drawn last: the next picture mostly differs from it. */
let last: { readonly number: number; readonly blocks: readonly Uint8Array[] } = {
  number: -1,
  blocks: [],
};

const RECENT = 4 * GROUP_OBJECTS;
const recent = new Map<number, Parts>();

function isSame(one: Uint8Array, other: Uint8Array | undefined): boolean {
  if (one === other || other === undefined) return one === other;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
