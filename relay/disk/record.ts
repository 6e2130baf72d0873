import { crc32 } from "node:zlib";
import { DecodeError, EncodeError, type PropertyForm } from "@qumo/shared/wire";
import type { KeptGroup, KeptObject } from "../track/mod.ts";
import type { IndexEntry } from "./group_index.ts";

/*
 * A record is one group: a head of fixed size with a checksum of its own, so that a file can be searched
 * without reading what lies between, and a body. Numbers are big-endian.
 *
 *   0 magic · 4 checksum of 8 to 44 · 8 length of the body · 12 checksum of the body · 16 group
 *   24 milliseconds since 1970 · 32 largest object id · 40 flags
 *
 * The body has for each object: 0 id · 8 subgroup · 16 flags · 17 priority · 18 length of its
 * properties · 22 length of its payload · 26 both.
 */

/** The size of a record's head. */
export const RECORD_HEAD_BYTES = 44;

const MAGIC = 0x716d6731;
const OBJECT_HEAD_BYTES = 26;
const WHOLE = 1;
const DATAGRAM = 1;

/** A record as it lies in a file, without its place. */
export interface RecordHead extends Omit<IndexEntry, "offset"> {
  readonly bodyLength: number;
  /** When the group was recorded, in milliseconds since 1970. */
  readonly time: number;
  readonly checksum: number;
}

/** An encoded group. */
export interface EncodedGroup {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lastId: number;
  readonly isWhole: boolean;
}

/** The size of a group's record, if no properties change their length. */
export function sizeOfRecord({ objects, bytes }: KeptGroup): number {
  return RECORD_HEAD_BYTES + objects.length * OBJECT_HEAD_BYTES + bytes;
}

/**
 * Encodes a group with its properties in this encoding. Objects whose properties that cannot express
 * are left out, and the group is no longer whole.
 */
export function encodeRecord(group: KeptGroup, form: PropertyForm, time: number): EncodedGroup {
  const objects: { readonly object: KeptObject; readonly properties: Uint8Array }[] = [];
  let size = RECORD_HEAD_BYTES;
  for (const object of group.objects) {
    const properties = propertiesIn(form, object);
    if (properties === undefined) continue;
    objects.push({ object, properties });
    size += OBJECT_HEAD_BYTES + properties.length;
    for (const view of object.payload) size += view.length;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = RECORD_HEAD_BYTES;
  for (const { object, properties } of objects) at = writeObject(view, at, object, properties);
  const lastId = objects.at(-1)?.object.id ?? -1;
  const isWhole = group.isWhole && objects.length === group.objects.length;
  view.setUint32(0, MAGIC);
  view.setUint32(8, size - RECORD_HEAD_BYTES);
  view.setUint32(12, crc32(bytes.subarray(RECORD_HEAD_BYTES)));
  view.setBigUint64(16, group.id);
  view.setFloat64(24, time);
  view.setFloat64(32, lastId);
  view.setUint32(40, isWhole ? WHOLE : 0);
  view.setUint32(4, crc32(bytes.subarray(8, RECORD_HEAD_BYTES)));
  return { bytes, lastId, isWhole };
}

/** Reads the head of a record; undefined where none begins. */
export function readRecordHead(bytes: Uint8Array): RecordHead | undefined {
  if (bytes.length < RECORD_HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEAD_BYTES);
  if (view.getUint32(0) !== MAGIC) return undefined;
  if (view.getUint32(4) !== crc32(bytes.subarray(8, RECORD_HEAD_BYTES))) return undefined;
  const bodyLength = view.getUint32(8);
  return {
    group: view.getBigUint64(16),
    length: RECORD_HEAD_BYTES + bodyLength,
    lastId: view.getFloat64(32),
    isWhole: (view.getUint32(40) & WHOLE) !== 0,
    bodyLength,
    time: view.getFloat64(24),
    checksum: view.getUint32(12),
  };
}

/** Whether these bytes are the body that a head announces. */
export function isBodyOf({ bodyLength, checksum }: RecordHead, body: Uint8Array): boolean {
  return body.length === bodyLength && crc32(body) === checksum;
}

/** Reads a group from its record; undefined when the record is damaged or of another group. */
export function readRecord(
  bytes: Uint8Array,
  group: bigint,
  form: PropertyForm,
): { readonly group: KeptGroup; readonly time: number } | undefined {
  const head = readRecordHead(bytes);
  if (head?.group !== group || head.length !== bytes.length) return undefined;
  const body = bytes.subarray(RECORD_HEAD_BYTES);
  if (!isBodyOf(head, body)) return undefined;
  const objects = [...readObjects(body, form)];
  const kept = { id: group, isWhole: head.isWhole, objects, bytes: body.length };
  return { group: kept, time: head.time };
}

/** The bytes from the start of a record to the end of its first object; undefined where there is none. */
export function sizeOfFirst(bytes: Uint8Array): number | undefined {
  const at = RECORD_HEAD_BYTES;
  if (bytes.length < at + OBJECT_HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return at + OBJECT_HEAD_BYTES + view.getUint32(at + 18) + view.getUint32(at + 22);
}

/** Reads the first object of a record whose start this is, without a look at its checksum. */
export function readFirstObject(
  bytes: Uint8Array,
  group: bigint,
  form: PropertyForm,
): KeptGroup | undefined {
  const size = sizeOfFirst(bytes);
  if (size === undefined || size > bytes.length || readRecordHead(bytes)?.group !== group) {
    return undefined;
  }
  const body = bytes.subarray(RECORD_HEAD_BYTES, size);
  return { id: group, isWhole: false, objects: [...readObjects(body, form)], bytes: body.length };
}

function* readObjects(body: Uint8Array, form: PropertyForm): Iterable<KeptObject> {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (let at = 0; at < body.length;) {
    const properties = at + OBJECT_HEAD_BYTES;
    const payload = properties + view.getUint32(at + 18);
    const end = payload + view.getUint32(at + 22);
    const isDatagram = (view.getUint8(at + 16) & DATAGRAM) !== 0;
    yield {
      id: Number(view.getBigUint64(at)),
      subgroup: isDatagram ? undefined : view.getBigUint64(at + 8),
      priority: view.getUint8(at + 17),
      properties: { bytes: body.subarray(properties, payload), form },
      payload: [body.subarray(payload, end)],
    };
    at = end;
  }
}

/** Writes an object at an offset; returns the one behind it. */
function writeObject(
  view: DataView<ArrayBuffer>,
  start: number,
  { id, subgroup, priority, payload }: KeptObject,
  properties: Uint8Array,
): number {
  const bytes = new Uint8Array(view.buffer);
  let at = start + OBJECT_HEAD_BYTES;
  bytes.set(properties, at);
  at += properties.length;
  const payloadStart = at;
  for (const part of payload) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setBigUint64(start, BigInt(id));
  view.setBigUint64(start + 8, subgroup ?? 0n);
  view.setUint8(start + 16, subgroup === undefined ? DATAGRAM : 0);
  view.setUint8(start + 17, priority);
  view.setUint32(start + 18, properties.length);
  view.setUint32(start + 22, at - payloadStart);
  return at;
}

function propertiesIn(form: PropertyForm, { properties }: KeptObject): Uint8Array | undefined {
  try {
    return form.of(properties);
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return undefined;
    throw error;
  }
}
