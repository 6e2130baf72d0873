import { crc32 } from "node:zlib";
import { GroupIndex, type IndexEntry } from "./group_index.ts";

/*
 * A finished segment ends with its index, so that a start need not search it: entries of 24 bytes, then
 * milliseconds since 1970 of the last group, the size of the footer, its checksum and a magic number.
 */

const ENTRY_BYTES = 24;
const MAGIC = 0x716d6631;
// In the length of a record, which is below it.
const WHOLE = 0x8000_0000;

/** The size of the footer's end. */
export const FOOTER_END_BYTES = 20;

/** The bytes that a segment ends with. */
export function encodeFooter(index: GroupIndex, lastTime: number): Uint8Array {
  const bytes = new Uint8Array(index.count * ENTRY_BYTES + FOOTER_END_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { group, offset, length, lastId, isWhole } of index.entries()) {
    view.setBigUint64(at, group);
    view.setUint32(at + 8, offset);
    view.setUint32(at + 12, isWhole ? length + WHOLE : length);
    view.setFloat64(at + 16, lastId);
    at += ENTRY_BYTES;
  }
  view.setFloat64(at, lastTime);
  view.setUint32(at + 8, bytes.length);
  view.setUint32(at + 12, crc32(bytes.subarray(0, at + 12)));
  view.setUint32(at + 16, MAGIC);
  return bytes;
}

/** The size of the footer that ends with these bytes; undefined where there is none. */
export function footerSize(end: Uint8Array): number | undefined {
  if (end.length !== FOOTER_END_BYTES) return undefined;
  const view = new DataView(end.buffer, end.byteOffset, end.length);
  return view.getUint32(16) === MAGIC ? view.getUint32(8) : undefined;
}

/** Reads a footer; undefined when it is damaged. */
export function readFooter(
  bytes: Uint8Array,
): { readonly index: GroupIndex; readonly lastTime: number } | undefined {
  const entries = bytes.length - FOOTER_END_BYTES;
  if (entries < 0 || entries % ENTRY_BYTES !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(entries + 12) !== crc32(bytes.subarray(0, entries + 12))) return undefined;
  const index = new GroupIndex();
  for (let at = 0; at < entries; at += ENTRY_BYTES) index.add(entryAt(view, at));
  return { index, lastTime: view.getFloat64(entries) };
}

function entryAt(view: DataView, at: number): IndexEntry {
  const length = view.getUint32(at + 12);
  return {
    group: view.getBigUint64(at),
    offset: view.getUint32(at + 8),
    length: length & ~WHOLE,
    lastId: view.getFloat64(at + 16),
    isWhole: length >= WHOLE,
  };
}
