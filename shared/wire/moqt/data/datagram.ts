import { ByteReader } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID, MAX_OBJECT_PROPERTIES_BYTES } from "../../limits.ts";
import type { DataDialect } from "./dialect.ts";
import { DOES_NOT_EXIST, ObjectStatus } from "../../object.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { checkStatus, refuseObjectId } from "./object_header.ts";
import { classifyDatagram } from "./stream_type.ts";

/** An object that travels alone (#object-datagram). */
export interface ObjectDatagram {
  readonly alias: bigint;
  readonly group: bigint;
  readonly object: number;
  /** The object's priority; undefined for the track's default. */
  readonly priority: number | undefined;
  /** Key-value pairs as they came; empty when there are none. */
  readonly properties: Uint8Array;
  /** One of {@linkcode ObjectStatus}; only a normal object has properties or a payload. */
  readonly status: number;
  /** Whether the group has no object behind this one. */
  readonly endOfGroup: boolean;
  readonly payload: Uint8Array;
}

const PROPERTIES = 0x01;
const END_OF_GROUP = 0x02;
const ZERO_OBJECT_ID = 0x04;
const DEFAULT_PRIORITY = 0x08;
const STATUS = 0x20;

/**
 * Reads a datagram; its properties and payload are views. Undefined: padding, or an object that does
 * not exist, to be thrown away.
 *
 * @throws {DecodeError} "short" or "malformed" for what ends the session, "object_id" for an object
 * whose id is above MAX_OBJECT_ID.
 */
export function decodeDatagram(
  bytes: Uint8Array,
  dialect: DataDialect,
): ObjectDatagram | undefined {
  const reader = new ByteReader(bytes, dialect.varint);
  const type = reader.varint();
  if (classifyDatagram(type, dialect) === "padding") return undefined;
  const bits = Number(type);
  const alias = reader.varint();
  const group = reader.varint();
  const object = (bits & ZERO_OBJECT_ID) !== 0 ? 0 : decodeObjectId(reader);
  const priority = (bits & DEFAULT_PRIORITY) !== 0 ? undefined : reader.u8();
  let properties = (bits & PROPERTIES) !== 0 ? decodeProperties(reader) : NO_PROPERTIES;
  const endOfGroup = (bits & END_OF_GROUP) !== 0;
  let status: number = ObjectStatus.NORMAL;
  if ((bits & STATUS) !== 0) {
    status = Number(reader.varint());
    checkStatus(status, properties.length > 0, dialect);
    reader.end("a datagram with a status");
    if (status === DOES_NOT_EXIST) return undefined;
    if (status !== ObjectStatus.NORMAL) properties = NO_PROPERTIES;
  }
  return { alias, group, object, priority, properties, status, endOfGroup, payload: reader.rest() };
}

function decodeObjectId(reader: ByteReader): number {
  const id = reader.varint();
  if (id <= MAX_OBJECT_ID) return Number(id);
  refuseObjectId(id, reader.format);
}

function decodeProperties(reader: ByteReader): Uint8Array {
  const length = reader.count(MAX_OBJECT_PROPERTIES_BYTES, "The length of an object's properties");
  if (length === 0) throw new DecodeError("malformed", "A datagram announces empty properties");
  return reader.bytes(length);
}

/**
 * A datagram of exactly the bytes it needs. An empty normal object spells its status out, unless it
 * ends its group, which a datagram with a status cannot say. `take` gives the memory that it is
 * written to.
 *
 * @throws {EncodeError} for combinations that no datagram can carry.
 */
export function encodeDatagram(
  datagram: ObjectDatagram,
  dialect: DataDialect,
  take: (length: number) => Uint8Array<ArrayBuffer> = (length) => new Uint8Array(length),
): Uint8Array<ArrayBuffer> {
  const { varint } = dialect;
  const { alias, group, object, priority, properties, status, payload } = datagram;
  const type = typeOf(datagram, dialect);
  checkEncodable(datagram, type, dialect);

  const header = 1 + varint.sizeOf(alias) + varint.sizeOf(group) +
    ((type & ZERO_OBJECT_ID) !== 0 ? 0 : varint.sizeOfNumber(object)) +
    (priority === undefined ? 0 : 1) +
    (properties.length === 0 ? 0 : varint.sizeOfNumber(properties.length) + properties.length) +
    ((type & STATUS) === 0 ? 0 : varint.sizeOfNumber(status));
  const bytes = take(header + payload.length);

  bytes[0] = type;
  let at = varint.write(bytes, 1, alias);
  at = varint.write(bytes, at, group);
  if ((type & ZERO_OBJECT_ID) === 0) at = varint.writeNumber(bytes, at, object);
  if (priority !== undefined) bytes[at++] = priority;
  if (properties.length > 0) {
    at = varint.writeNumber(bytes, at, properties.length);
    bytes.set(properties, at);
    at += properties.length;
  }
  if ((type & STATUS) !== 0) at = varint.writeNumber(bytes, at, status);
  bytes.set(payload, at);
  return bytes;
}

function typeOf(datagram: ObjectDatagram, { idWithStatus }: DataDialect): number {
  const { object, priority, properties, status, endOfGroup, payload } = datagram;
  let type = 0;
  if (properties.length > 0) type |= PROPERTIES;
  if (endOfGroup) type |= END_OF_GROUP;
  if (priority === undefined) type |= DEFAULT_PRIORITY;
  if (status !== ObjectStatus.NORMAL || (payload.length === 0 && !endOfGroup)) type |= STATUS;
  if (object === 0 && ((type & STATUS) === 0 || !idWithStatus)) type |= ZERO_OBJECT_ID;
  return type;
}

function checkEncodable(datagram: ObjectDatagram, type: number, dialect: DataDialect): void {
  const { object, priority = 0, properties, status, endOfGroup, payload } = datagram;
  if (!(object >= 0 && object <= MAX_OBJECT_ID)) {
    throw new EncodeError(`Cannot encode object id ${object}`);
  }
  if (priority !== (priority & 0xff)) throw new EncodeError(`Cannot encode priority ${priority}`);
  if ((type & ~dialect.datagramBits) !== 0) {
    throw new EncodeError(`Cannot encode a datagram of type 0x${type.toString(16)} in this draft`);
  }
  if (status === ObjectStatus.NORMAL) return;
  if (endOfGroup || payload.length > 0 || properties.length > 0) {
    throw new EncodeError(`Cannot encode a datagram of status ${status} with anything else`);
  }
}
