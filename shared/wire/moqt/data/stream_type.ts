import { DecodeError } from "../../errors.ts";
import type { DataDialect, OtherStreamKind } from "./dialect.ts";
import { isSubgroupType } from "./subgroup.ts";

/** The stream that carries SETUP (#stream-types). */
export const SETUP_STREAM_TYPE = 0x2f00n;

/** A stream that begins with a FETCH_HEADER (#fetch-header). */
export const FETCH_STREAM_TYPE = 0x05n;

/** A stream to be read and thrown away (#padding-streams). */
export const PADDING_STREAM_TYPE = 0x132b3e28n;

/** A datagram to be thrown away (#padding-datagrams). */
export const PADDING_DATAGRAM_TYPE = 0x132b3e29n;

/** What a unidirectional stream carries. */
export type UniStreamKind = OtherStreamKind | "subgroup";

/** Streams of drafts up to 16: SETUP goes over the control stream, and nothing is padded. */
export const FETCH_STREAMS: ReadonlyMap<bigint, OtherStreamKind> = new Map([
  [FETCH_STREAM_TYPE, "fetch"],
]);

/** Streams of drafts from 18 on. */
export const STREAMS: ReadonlyMap<bigint, OtherStreamKind> = new Map([
  [FETCH_STREAM_TYPE, "fetch"],
  [SETUP_STREAM_TYPE, "setup"],
  [PADDING_STREAM_TYPE, "padding"],
]);

/** What a datagram carries. */
export type DatagramKind = "object" | "padding";

/**
 * What a unidirectional stream carries that begins with this type.
 *
 * @throws {DecodeError} "malformed" when there is no such type, which ends the session (#stream-types).
 */
export function classifyUniStream(type: bigint, dialect: DataDialect): UniStreamKind {
  const kind = uniStreamKind(type, dialect);
  if (kind === undefined) {
    throw new DecodeError("malformed", `Unknown stream type 0x${type.toString(16)}`);
  }
  return kind;
}

/** Whether a unidirectional stream can begin with this type. */
export function isUniStreamType(type: bigint, dialect: DataDialect): boolean {
  return uniStreamKind(type, dialect) !== undefined;
}

function uniStreamKind(type: bigint, dialect: DataDialect): UniStreamKind | undefined {
  return isSubgroupType(type, dialect) ? "subgroup" : dialect.streams.get(type);
}

/**
 * What a datagram carries that begins with this type.
 *
 * @throws {DecodeError} "malformed" when there is no such type, which ends the session (#data-streams).
 */
export function classifyDatagram(type: bigint, dialect: DataDialect): DatagramKind {
  if (isObjectDatagramType(type, dialect)) return "object";
  if (type === PADDING_DATAGRAM_TYPE && dialect.hasPadding) return "padding";
  throw new DecodeError("malformed", `Unknown datagram type 0x${type.toString(16)}`);
}

/** The bits of an OBJECT_DATAGRAM that exclude each other: a status, and the end of the group. */
const STATUS_AND_END_OF_GROUP = 0x22;

/** A status without the object's id, which is 0; not in every draft. */
const STATUS_WITHOUT_ID = 0x24;

function isObjectDatagramType(type: bigint, dialect: DataDialect): boolean {
  if (type > BigInt(dialect.datagramBits)) return false;
  const bits = Number(type);
  return (bits & ~dialect.datagramBits) === 0 &&
    (bits & STATUS_AND_END_OF_GROUP) !== STATUS_AND_END_OF_GROUP &&
    !(dialect.idWithStatus && (bits & STATUS_WITHOUT_ID) === STATUS_WITHOUT_ID);
}
