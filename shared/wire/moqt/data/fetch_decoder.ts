import { DecodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import type { GroupOrder } from "../model/group_order.ts";
import type { DataDialect, FetchRangeKind } from "./dialect.ts";
import { FetchFlag, FIRST_FETCH_RANGE } from "./fetch.ts";
import { readPayloadLength, readPropertiesLength, refuseObjectId } from "./object_header.ts";
import { SHORT, varintEnd } from "../../varint_end.ts";

/** Stands for an object id above MAX_OBJECT_ID; whatever is counted from it is refused. */
const UNCOUNTED = MAX_OBJECT_ID + 1;

/** The bits that say what the subgroup is; for a datagram they say nothing else. */
const SUBGROUP_BITS = FetchFlag.DATAGRAM | FetchFlag.SUBGROUP_MASK;

/**
 * Reads the items on one fetch's stream, one after the other: headers of objects, and ends of ranges
 * that are left out (#fetch-header). The fields describe the item that was decoded last.
 */
export class FetchObjectDecoder {
  /** An object, or what is said of everything from behind the item before up to this location. */
  kind: "object" | FetchRangeKind = "object";
  group = 0n;
  /** The object's id. The end of a range is brought down to MAX_OBJECT_ID, as no object is above. */
  object = 0;
  /** Undefined: the object was published as a datagram. Of objects only. */
  subgroup: bigint | undefined = undefined;
  /** Of objects only. */
  priority = 0;
  /** Where the properties begin in the bytes that were decoded. */
  propertiesStart = 0;
  /** Where the properties end; the same as where they begin when there are none. */
  propertiesEnd = 0;
  /** Bytes of payload that follow; 0 after the end of a range. */
  payloadLength = 0;

  readonly #descending: boolean;
  readonly #dialect: DataDialect;
  /** Fields of the object that is being decoded, until it is whole. */
  readonly #decoded = {
    group: 0n,
    subgroup: undefined as bigint | undefined,
    object: 0,
    priority: 0,
    propertiesStart: 0,
    propertiesEnd: 0,
    payloadLength: 0,
  };
  #hasPrior = false;
  #hasPriorObject = false;
  #priorObject = 0;

  constructor(order: GroupOrder, dialect: DataDialect) {
    this.#descending = order === "descending";
    this.#dialect = dialect;
  }

  /**
   * Decodes the item at `at`, of which nothing at or behind `end` is there yet.
   *
   * @returns the offset behind it, where an object's payload is, or {@linkcode SHORT}: then nothing
   * has changed and the same item can be decoded again when there are more bytes.
   * @throws {DecodeError} "object_id" when an object's id is above MAX_OBJECT_ID, "malformed" for the
   * rest.
   */
  decode(bytes: Uint8Array, at: number, end: number): number {
    const { varint, fetchRanges } = this.#dialect;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    const flags = varint.readNumber(bytes, at);
    if (flags >= 0 && flags < FIRST_FETCH_RANGE) return this.#decodeObject(bytes, next, end, flags);
    const range = fetchRanges.get(flags);
    if (range === undefined) throw new DecodeError("malformed", "Unknown serialization flags");
    return this.#decodeRange(bytes, next, end, range);
  }

  #decodeRange(bytes: Uint8Array, at: number, end: number, kind: FetchRangeKind): number {
    const { varint } = this.#dialect;
    const objectAt = varintEnd(varint, bytes, at, end);
    if (objectAt === SHORT) return SHORT;
    const next = varintEnd(varint, bytes, objectAt, end);
    if (next === SHORT) return SHORT;
    const object = varint.readNumber(bytes, objectAt);

    this.kind = kind;
    this.group = varint.read(bytes, at);
    this.object = object < 0 ? MAX_OBJECT_ID : object;
    this.propertiesStart = next;
    this.propertiesEnd = next;
    this.payloadLength = 0;
    this.#priorObject = object < 0 ? UNCOUNTED : object;
    this.#hasPrior = true;
    return next;
  }

  #decodeObject(bytes: Uint8Array, at: number, end: number, flags: number): number {
    this.#checkReferences(flags);
    let next = this.#decodeGroup(bytes, at, end, flags);
    if (next !== SHORT) next = this.#decodeSubgroup(bytes, next, end, flags);
    if (next !== SHORT) next = this.#decodeObjectId(bytes, next, end, flags);
    if (next !== SHORT) next = this.#decodePriority(bytes, next, end, flags);
    if (next !== SHORT) next = this.#decodeProperties(bytes, next, end, flags);
    if (next !== SHORT) next = this.#decodePayloadLength(bytes, next, end);
    if (next === SHORT) return SHORT;

    const decoded = this.#decoded;
    this.kind = "object";
    this.group = decoded.group;
    this.subgroup = decoded.subgroup;
    this.object = decoded.object;
    this.priority = decoded.priority;
    this.propertiesStart = decoded.propertiesStart;
    this.propertiesEnd = decoded.propertiesEnd;
    this.payloadLength = decoded.payloadLength;
    this.#priorObject = decoded.object;
    this.#hasPrior = true;
    this.#hasPriorObject = true;
    return next;
  }

  /** Refuses flags that refer to what has not been there; a datagram has no subgroup to refer to. */
  #checkReferences(flags: number): void {
    const position = FetchFlag.GROUP | FetchFlag.OBJECT;
    const mode = flags & SUBGROUP_BITS;
    if (
      (!this.#hasPrior && (flags & position) !== position) ||
      (!this.#hasPriorObject && (flags & FetchFlag.PRIORITY) === 0) ||
      (this.subgroup === undefined &&
        (mode === FetchFlag.SUBGROUP_PRIOR || mode === FetchFlag.SUBGROUP_NEXT))
    ) {
      throw new DecodeError("malformed", "An object refers to one before it that is not there");
    }
  }

  #decodeGroup(bytes: Uint8Array, at: number, end: number, flags: number): number {
    this.#decoded.group = this.group;
    if ((flags & FetchFlag.GROUP) === 0) return at;
    const { varint } = this.#dialect;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    let group = varint.read(bytes, at);
    if (this.#hasPrior) {
      group = this.#descending ? this.group - group - 1n : this.group + group + 1n;
    }
    if (group < 0n || group > varint.max) {
      throw new DecodeError("malformed", "A group id is out of range");
    }
    this.#decoded.group = group;
    return next;
  }

  #decodeSubgroup(bytes: Uint8Array, at: number, end: number, flags: number): number {
    const { varint } = this.#dialect;
    let next = at;
    let subgroup: bigint | undefined;
    switch (flags & SUBGROUP_BITS) {
      case FetchFlag.SUBGROUP_ZERO:
        subgroup = 0n;
        break;
      case FetchFlag.SUBGROUP_PRIOR:
        subgroup = this.subgroup;
        break;
      case FetchFlag.SUBGROUP_NEXT:
        subgroup = this.subgroup! + 1n;
        if (subgroup > varint.max) throw new DecodeError("malformed", "A subgroup id overflows");
        break;
      case FetchFlag.SUBGROUP_PRESENT:
        next = varintEnd(varint, bytes, at, end);
        if (next === SHORT) return SHORT;
        subgroup = varint.read(bytes, at);
        break;
    }
    this.#decoded.subgroup = subgroup;
    return next;
  }

  #decodeObjectId(bytes: Uint8Array, at: number, end: number, flags: number): number {
    const { varint } = this.#dialect;
    let next = at;
    let object = this.#priorObject + 1;
    if ((flags & FetchFlag.OBJECT) !== 0) {
      next = varintEnd(varint, bytes, at, end);
      if (next === SHORT) return SHORT;
      const base = (flags & FetchFlag.GROUP) !== 0 ? 0 : this.#priorObject;
      const delta = varint.readNumber(bytes, at);
      if (delta < 0) refuseObjectId(BigInt(base) + varint.read(bytes, at), varint);
      object = base + delta;
    }
    if (object > MAX_OBJECT_ID) refuseObjectId(BigInt(object), varint);
    this.#decoded.object = object;
    return next;
  }

  #decodePriority(bytes: Uint8Array, at: number, end: number, flags: number): number {
    this.#decoded.priority = this.priority;
    if ((flags & FetchFlag.PRIORITY) === 0) return at;
    if (at >= end) return SHORT;
    this.#decoded.priority = bytes[at]!;
    return at + 1;
  }

  #decodeProperties(bytes: Uint8Array, at: number, end: number, flags: number): number {
    let start = at;
    let next = at;
    if ((flags & FetchFlag.PROPERTIES) !== 0) {
      const { varint } = this.#dialect;
      start = varintEnd(varint, bytes, at, end);
      if (start === SHORT) return SHORT;
      next = start + readPropertiesLength(varint, bytes, at);
    }
    this.#decoded.propertiesStart = start;
    this.#decoded.propertiesEnd = next;
    return next;
  }

  #decodePayloadLength(bytes: Uint8Array, at: number, end: number): number {
    const { varint } = this.#dialect;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    this.#decoded.payloadLength = readPayloadLength(varint, bytes, at);
    return next;
  }
}
