import { type ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import type { DataDialect } from "./dialect.ts";

/** The beginning of a subgroup's stream (#subgroup-header). */
export interface SubgroupHeader {
  readonly alias: bigint;
  readonly group: bigint;
  /** The subgroup; undefined when it is the id of the first object on the stream. */
  readonly subgroup: bigint | undefined;
  /** The object's priority; undefined for the track's default. */
  readonly priority: number | undefined;
  /** Whether each object on the stream has a block of properties, which may be empty. */
  readonly hasProperties: boolean;
  /** Whether the last object of the group is on this stream; to be believed when the stream ends with a FIN. */
  readonly endOfGroup: boolean;
  /**
   * Whether the first object on the stream is the first that was ever published in the subgroup;
   * undefined where the draft does not say it.
   */
  readonly firstObject: boolean | undefined;
}

const FORM = 0x10;
const PROPERTIES = 0x01;
const SUBGROUP_ID_MODE = 0x06;
const SUBGROUP_ID_OF_FIRST_OBJECT = 0x02;
const SUBGROUP_ID_PRESENT = 0x04;
const SUBGROUP_ID_RESERVED = 0x06;
const END_OF_GROUP = 0x08;
const DEFAULT_PRIORITY = 0x20;
const FIRST_OBJECT = 0x40;

/** Whether objects may leave their priority to the track's default; draft 14 has none. */
export function hasDefaultPriority({ subgroupBits }: DataDialect): boolean {
  return (subgroupBits & DEFAULT_PRIORITY) !== 0;
}

/** Whether a stream of this type begins with a SUBGROUP_HEADER. */
export function isSubgroupType(type: bigint, dialect: DataDialect): boolean {
  if (type > BigInt(dialect.subgroupBits)) return false;
  const bits = Number(type);
  return (bits & ~dialect.subgroupBits) === 0 && (bits & FORM) !== 0 &&
    (bits & SUBGROUP_ID_MODE) !== SUBGROUP_ID_RESERVED;
}

/**
 * Reads what follows the type of a SUBGROUP_HEADER.
 *
 * @throws {DecodeError} "short" when bytes are missing, "malformed" when the type is none of a subgroup.
 */
export function decodeSubgroupHeader(
  reader: ByteReader,
  type: bigint,
  dialect: DataDialect,
): SubgroupHeader {
  if (!isSubgroupType(type, dialect)) {
    throw new DecodeError("malformed", `0x${type.toString(16)} is not the type of a subgroup`);
  }
  const bits = Number(type);
  return {
    alias: reader.varint(),
    group: reader.varint(),
    subgroup: decodeSubgroupId(reader, bits & SUBGROUP_ID_MODE),
    priority: (bits & DEFAULT_PRIORITY) !== 0 ? undefined : reader.u8(),
    hasProperties: (bits & PROPERTIES) !== 0,
    endOfGroup: (bits & END_OF_GROUP) !== 0,
    firstObject: (dialect.subgroupBits & FIRST_OBJECT) === 0
      ? undefined
      : (bits & FIRST_OBJECT) !== 0,
  };
}

function decodeSubgroupId(reader: ByteReader, mode: number): bigint | undefined {
  if (mode === SUBGROUP_ID_OF_FIRST_OBJECT) return undefined;
  return mode === SUBGROUP_ID_PRESENT ? reader.varint() : 0n;
}

/**
 * A SUBGROUP_HEADER, type included, in its shortest form. Where a draft cannot say `firstObject`, it
 * is left out: it promises something, and nothing is wrong without the promise.
 *
 * @throws {EncodeError} when the draft, or the format of its integers, cannot carry a value.
 */
export function encodeSubgroupHeader(
  header: SubgroupHeader,
  dialect: DataDialect,
): Uint8Array<ArrayBuffer> {
  const type = BigInt(typeOf(header) & (dialect.subgroupBits | ~FIRST_OBJECT));
  if (!isSubgroupType(type, dialect)) {
    throw new EncodeError(`Cannot encode a subgroup of type 0x${type.toString(16)} in this draft`);
  }
  const writer = new ByteWriter(dialect.varint);
  writer.varint(type);
  writer.varint(header.alias);
  writer.varint(header.group);
  if (header.subgroup) writer.varint(header.subgroup);
  if (header.priority !== undefined) writer.u8(header.priority);
  return writer.finish();
}

function typeOf(header: SubgroupHeader): number {
  let type = FORM;
  if (header.hasProperties) type |= PROPERTIES;
  if (header.subgroup === undefined) type |= SUBGROUP_ID_OF_FIRST_OBJECT;
  else if (header.subgroup > 0n) type |= SUBGROUP_ID_PRESENT;
  if (header.endOfGroup) type |= END_OF_GROUP;
  if (header.priority === undefined) type |= DEFAULT_PRIORITY;
  if (header.firstObject) type |= FIRST_OBJECT;
  return type;
}
