import { constants, deflateRawSync } from "node:zlib";
import type { WatchEvent } from "../control/use_cases.ts";
import { type GzipSum, sumOf } from "./gzip_sum.ts";
import { MIN_COMPRESSED } from "./limits.ts";

/** How a client reads a stream: as it is, or as one gzip file. */
export type StreamForm = "plain" | "gzip";

/** Bytes of a stream, to be read only. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** For the end of a gzip file. */
  readonly sum?: GzipSum;
}

/**
 * Writes lists of events as server-sent events, each list once for all who are given it. For gzip
 * a list is compressed by itself, up to a boundary of bytes: what is shared can follow anything.
 */
export class EventEncoder {
  readonly #written: Readonly<Record<StreamForm, WeakMap<readonly WatchEvent[], Piece>>> = {
    plain: new WeakMap(),
    gzip: new WeakMap(),
  };

  /** A list of events as bytes. */
  events(events: readonly WatchEvent[], form: StreamForm): Piece {
    const known = this.#written[form].get(events);
    if (known !== undefined) return known;
    const plain = form === "plain"
      ? encoder.encode(textOf(events))
      : this.events(events, "plain").bytes;
    const piece = form === "plain"
      ? { bytes: plain }
      : { bytes: compressed(plain), sum: sumOf(plain) };
    this.#written[form].set(events, piece);
    return piece;
  }
}

/** What a stream begins with. */
export function opening(text: string, form: StreamForm): Piece {
  const bytes = encoder.encode(text);
  if (form === "plain") return { bytes };
  return { bytes: joined([GZIP_HEAD, stored(bytes)]), sum: sumOf(bytes) };
}

/** A comment of a stream. */
export function comment(text: string, form: StreamForm): Piece {
  const bytes = encoder.encode(`: ${text}\n\n`);
  return form === "plain" ? { bytes } : { bytes: stored(bytes), sum: sumOf(bytes) };
}

const encoder = new TextEncoder();

/**
 * zlib's default: half of what its fastest level makes, in as much time for a table of next hops. All
 * else is compressed once for everybody.
 */
const LEVEL = 6;

// RFC 1952: no name, no time, any system.
const GZIP_HEAD = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** Bytes that a stored block of deflate may have. */
const MAX_STORED = 0xffff;

function textOf(events: readonly WatchEvent[]): string {
  let text = "";
  for (const { id, event, data } of events) {
    text += `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
  }
  return text;
}

function compressed(bytes: Uint8Array): Uint8Array {
  if (bytes.length < MIN_COMPRESSED) return stored(bytes);
  const options = { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH };
  return new Uint8Array(deflateRawSync(bytes, options));
}

/** Bytes as a block of deflate that is not compressed. */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length > MAX_STORED) throw new Error("Too long for one block");
  const inverse = ~length & 0xffff;
  const head = [0, length & 0xff, length >> 8, inverse & 0xff, inverse >> 8];
  return joined([new Uint8Array(head), bytes]);
}

function joined([head, bytes]: readonly [Uint8Array, Uint8Array]): Uint8Array {
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}
