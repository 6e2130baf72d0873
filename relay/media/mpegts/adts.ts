import { aacConfig } from "../codec/aac.ts";
import type { AudioConfig } from "../frame.ts";

/** A frame of AAC with its head (ISO/IEC 14496-3, 1.A.3). */
export interface AdtsFrame {
  readonly config: AudioConfig;
  readonly data: Uint8Array;
}

/** Samples of a frame. */
export const ADTS_SAMPLES = 1_024;

const HEAD_BYTES = 7;
const CHECKSUM_BYTES = 2;

/** What became of bytes: a frame, how many there were, or how many more have to come. */
export type AdtsRead =
  | { readonly kind: "frame"; readonly frame: AdtsFrame; readonly length: number }
  | { readonly kind: "garbage"; readonly length: number }
  | { readonly kind: "short" };

/** Reads the frame at the beginning of these bytes, or passes over what is before it. */
export function readAdts(bytes: Uint8Array): AdtsRead {
  const garbage = frameAt(bytes);
  if (garbage > 0) return { kind: "garbage", length: garbage };
  if (bytes.length < HEAD_BYTES) return { kind: "short" };
  const [, second, third, fourth, fifth, sixth, seventh] = bytes as unknown as Head;
  const length = (fourth & 3) << 11 | fifth << 3 | sixth >> 5;
  const begins = HEAD_BYTES + (second & 1 ? 0 : CHECKSUM_BYTES);
  const [type, rate, channels] = [
    (third >> 6) + 1,
    third >> 2 & 15,
    (third & 1) << 2 | fourth >> 6,
  ];
  // Several blocks in one frame nobody sends; a rate above the table is none.
  if (length <= begins || rate > MAX_RATE || seventh & 3) return { kind: "garbage", length: 1 };
  if (bytes.length < length) return { kind: "short" };
  const description = Uint8Array.of(type << 3 | rate >> 1, (rate & 1) << 7 | channels << 3);
  const frame = { config: aacConfig(description), data: bytes.slice(begins, length) };
  return { kind: "frame", frame, length };
}

type Head = [number, number, number, number, number, number, number];

/** The last rate that has an index. */
const MAX_RATE = 12;

/** Where a frame might begin. */
function frameAt(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    // The mark of twelve bits, and the layer.
    if (at + 1 === bytes.length || (bytes[at + 1]! & 0xf6) === 0xf0) return at;
  }
  return bytes.length;
}
