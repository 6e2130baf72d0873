import { type ByteReader, ByteWriter } from "../../bytes.ts";
import { EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import type { GroupOrder } from "../model/group_order.ts";
import type { DataDialect, FetchRangeKind } from "./dialect.ts";
import { FETCH_STREAM_TYPE } from "./stream_type.ts";

/** The bits of an object's serialization flags on a fetch stream (#fetch-header). */
export const FetchFlag = {
  SUBGROUP_MASK: 0x03,
  SUBGROUP_ZERO: 0x00,
  SUBGROUP_PRIOR: 0x01,
  SUBGROUP_NEXT: 0x02,
  SUBGROUP_PRESENT: 0x03,
  OBJECT: 0x04,
  GROUP: 0x08,
  PRIORITY: 0x10,
  PROPERTIES: 0x20,
  DATAGRAM: 0x40,
} as const;

/** Serialization flags from here on are no bits but values of their own. */
export const FIRST_FETCH_RANGE = 0x80;

/** A FETCH_HEADER, type included. */
export function encodeFetchHeader(
  requestId: bigint,
  dialect: DataDialect,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(dialect.varint);
  writer.varint(FETCH_STREAM_TYPE);
  writer.varint(requestId);
  return writer.finish();
}

/**
 * Reads what follows the type of a FETCH_HEADER: the id of the request that is answered.
 *
 * @throws {DecodeError} "short" when bytes are missing.
 */
export function decodeFetchHeader(reader: ByteReader): bigint {
  return reader.varint();
}

/** An object of a fetch, whose payload follows its header. */
export interface FetchObject {
  readonly group: bigint;
  /** The subgroup; undefined for an object that was published as a datagram. */
  readonly subgroup: bigint | undefined;
  readonly object: number;
  /** The publisher's priority; a fetch cannot refer to the track's default. */
  readonly priority: number;
  readonly properties: Uint8Array | undefined;
  readonly payloadLength: number;
}

/**
 * Writes the objects of one fetch, in its order. What all receivers read alike is preferred: a group
 * comes with its object's id, the first object with its priority, and the end of a range is absolute.
 */
export class FetchObjectWriter {
  readonly #order: GroupOrder;
  readonly #dialect: DataDialect;
  #group: bigint | undefined;
  #object = -1;
  #subgroup: bigint | undefined;
  #priority = -1;

  constructor(order: GroupOrder, dialect: DataDialect) {
    this.#order = order;
    this.#dialect = dialect;
  }

  /**
   * The header of the next object. A payload of `payloadLength` bytes goes behind it.
   *
   * @throws {EncodeError} when the object does not come after what was written before.
   */
  object(object: FetchObject): Uint8Array<ArrayBuffer> {
    const groupDelta = this.#advance(object.group, object.object);
    const objectDelta = this.#objectDelta(object.object, groupDelta !== undefined);
    const subgroup = this.#subgroupFlags(object.subgroup);
    const properties = object.properties?.length ? object.properties : undefined;

    let flags: number = subgroup;
    if (groupDelta !== undefined) flags |= FetchFlag.GROUP;
    if (objectDelta !== undefined) flags |= FetchFlag.OBJECT;
    if (object.priority !== this.#priority) flags |= FetchFlag.PRIORITY;
    if (properties) flags |= FetchFlag.PROPERTIES;

    const writer = new ByteWriter(this.#dialect.varint);
    writer.count(flags);
    if (groupDelta !== undefined) writer.varint(groupDelta);
    if (subgroup === FetchFlag.SUBGROUP_PRESENT) writer.varint(object.subgroup!);
    if (objectDelta !== undefined) writer.count(objectDelta);
    if (object.priority !== this.#priority) writer.u8(object.priority);
    if (properties) {
      writer.count(properties.length);
      writer.bytes(properties);
    }
    writer.count(object.payloadLength);

    this.#group = object.group;
    this.#object = object.object;
    this.#subgroup = object.subgroup;
    this.#priority = object.priority;
    return writer.finish();
  }

  /** Says that nothing exists from behind what was written last up to and including this location. */
  nonExistentUpTo(group: bigint, object: number): Uint8Array<ArrayBuffer> {
    return this.#range("non_existent", group, object);
  }

  /** Says that nothing is known from behind what was written last up to and including this location. */
  unknownUpTo(group: bigint, object: number): Uint8Array<ArrayBuffer> {
    return this.#range("unknown", group, object);
  }

  #range(kind: FetchRangeKind, group: bigint, object: number): Uint8Array<ArrayBuffer> {
    this.#advance(group, object);
    const flags = flagsOfRange(this.#dialect, kind);
    const writer = new ByteWriter(this.#dialect.varint);
    writer.count(flags);
    writer.varint(group);
    writer.count(object);
    this.#group = group;
    this.#object = object;
    return writer.finish();
  }

  /** The field for the group of the next item; undefined when the group stays the same. */
  #advance(group: bigint, object: number): bigint | undefined {
    if (!(object >= 0 && object <= MAX_OBJECT_ID)) {
      throw new EncodeError(`Cannot encode object id ${object}`);
    }
    if (this.#group === undefined) return group;
    if (group === this.#group) {
      if (object > this.#object) return undefined;
      throw new EncodeError(`Cannot encode object ${object} behind ${this.#object}`);
    }
    const delta = this.#order === "ascending" ? group - this.#group : this.#group - group;
    if (delta > 0n) return delta - 1n;
    throw new EncodeError(`Cannot encode group ${group} behind ${this.#group}: ${this.#order}`);
  }

  #objectDelta(object: number, newGroup: boolean): number | undefined {
    if (newGroup) return object;
    return object === this.#object + 1 ? undefined : object - this.#object;
  }

  #subgroupFlags(subgroup: bigint | undefined): number {
    if (subgroup === undefined) return FetchFlag.DATAGRAM;
    if (subgroup === 0n) return FetchFlag.SUBGROUP_ZERO;
    if (subgroup === this.#subgroup) return FetchFlag.SUBGROUP_PRIOR;
    if (this.#subgroup !== undefined && subgroup === this.#subgroup + 1n) {
      return FetchFlag.SUBGROUP_NEXT;
    }
    return FetchFlag.SUBGROUP_PRESENT;
  }
}

function flagsOfRange(dialect: DataDialect, wanted: FetchRangeKind): number {
  for (const [flags, kind] of dialect.fetchRanges) {
    if (kind === wanted) return flags;
  }
  throw new EncodeError(`Cannot encode the end of a range that is ${wanted} in this draft`);
}
