import { crc32 } from "node:zlib";
import type { FullTrackName } from "@qumo/shared/wire";
import { MAX_HEADER_BYTES } from "./limits.ts";

/** What a segment says of its track. */
export interface SegmentHeader {
  /** The path of the track's scope. */
  readonly path: string;
  readonly name: FullTrackName;
  /** Counts the tracks that replaced each other under this name. */
  readonly epoch: number;
  /** When the segment began, in milliseconds since 1970. */
  readonly since: number;
  /** Tokens of sources that brought the track. */
  readonly sources: readonly string[];
  /** The encoding of all properties. */
  readonly form: string;
  readonly properties: Uint8Array | undefined;
  /** How long objects may be kept, in milliseconds, if the publisher says so. */
  readonly maxCacheDuration: number | undefined;
}

// Before the text: magic, its length and its checksum.
const FIXED_BYTES = 12;
const MAGIC = 0x716d7331;

/** The bytes that a segment begins with. */
export function encodeHeader({ name, properties, ...header }: SegmentHeader): Uint8Array {
  const text = JSON.stringify({
    ...header,
    namespace: name.namespace.map((field) => field.toHex()),
    name: name.name.toHex(),
    properties: properties?.toHex(),
  });
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(FIXED_BYTES + encoded.length);
  bytes.set(encoded, FIXED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, encoded.length);
  view.setUint32(8, crc32(encoded));
  return bytes;
}

/** A header that was read, and its size. */
export interface ReadHeader {
  readonly header: SegmentHeader;
  readonly size: number;
}

/** Reads the header at the start of a segment; undefined when it is not whole. */
export function readHeader(bytes: Uint8Array): ReadHeader | undefined {
  if (bytes.length < FIXED_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(4);
  if (view.getUint32(0) !== MAGIC || length > MAX_HEADER_BYTES) return undefined;
  const encoded = bytes.subarray(FIXED_BYTES, FIXED_BYTES + length);
  if (encoded.length < length || crc32(encoded) !== view.getUint32(8)) return undefined;
  // It is what this program wrote: the checksum is right.
  const { namespace, name, properties, ...said } = JSON.parse(new TextDecoder().decode(encoded));
  const header = {
    ...said,
    name: {
      namespace: namespace.map((field: string) => Uint8Array.fromHex(field)),
      name: Uint8Array.fromHex(name),
    },
    properties: properties === undefined ? undefined : Uint8Array.fromHex(properties),
  };
  return { header, size: FIXED_BYTES + length };
}
