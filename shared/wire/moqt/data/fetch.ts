import type { DataDialect } from "./dialect.ts";
import { type ByteReader, ByteWriter } from "../../bytes.ts";
import { EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import type { GroupOrder } from "../model/group_order.ts";
import { ObjectStatus } from "../../object.ts";
import { FetchFlag, type FlaggedForm } from "./fetch_flag.ts";
import type {
  FetchObject,
  FetchRangeKind,
  FetchTerms,
  FetchWriter,
  UnknownRange,
} from "./fetch_layout.ts";
import { FETCH_STREAM_TYPE } from "./stream_type.ts";

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

/**
 * Writes the objects of one fetch, in its order. What all receivers read alike is preferred: a group
 * comes with its object's id, the first object with its priority, and the end of a range is absolute.
 */
export class FlaggedFetchWriter implements FetchWriter {
  readonly #order: GroupOrder;
  readonly #terms: FetchTerms;
  readonly #form: FlaggedForm;
  #group: bigint | undefined;
  #object = -1;
  #subgroup: bigint | undefined;
  #priority = -1;

  constructor(order: GroupOrder, terms: FetchTerms, form: FlaggedForm) {
    this.#order = order;
    this.#terms = terms;
    this.#form = form;
  }

  object(object: FetchObject): Uint8Array<ArrayBuffer> {
    const group = this.#groupField(object.group, object.object);
    const id = this.#objectField(object.object, group !== undefined);
    const subgroupId = this.#subgroupOf(object);
    const subgroup = this.#subgroupFlags(subgroupId);
    const properties = object.properties?.length ? object.properties : undefined;

    let flags: number = subgroup;
    if (group !== undefined) flags |= FetchFlag.GROUP;
    if (id !== undefined) flags |= FetchFlag.OBJECT;
    if (object.priority !== this.#priority) flags |= FetchFlag.PRIORITY;
    if (properties) flags |= FetchFlag.PROPERTIES;

    const writer = new ByteWriter(this.#terms.varint);
    writer.count(flags);
    if (group !== undefined) writer.varint(group);
    if (subgroup === FetchFlag.SUBGROUP_PRESENT) writer.varint(subgroupId!);
    if (id !== undefined) writer.count(id);
    if (object.priority !== this.#priority) writer.u8(object.priority);
    if (properties) {
      writer.count(properties.length);
      writer.bytes(properties);
    }
    writer.count(object.payloadLength);
    if (object.payloadLength === 0 && this.#form.hasStatus) writer.count(ObjectStatus.NORMAL);

    this.#group = object.group;
    this.#object = object.object;
    this.#subgroup = subgroupId;
    this.#priority = object.priority;
    return writer.finish();
  }

  nonExistentUpTo(group: bigint, object: number): Uint8Array<ArrayBuffer> {
    return this.#range("non_existent", group, object);
  }

  unknownUpTo(
    group: bigint,
    object: number,
    as: UnknownRange = "unknown",
  ): Uint8Array<ArrayBuffer> {
    const hasTimeouts = [...this.#terms.fetchRanges.values()].includes("timed_out");
    return this.#range(hasTimeouts ? as : "unknown", group, object);
  }

  #range(kind: FetchRangeKind, group: bigint, object: number): Uint8Array<ArrayBuffer> {
    this.#groupField(group, object);
    const flags = flagsOfRange(this.#terms, kind);
    const writer = new ByteWriter(this.#terms.varint);
    writer.count(flags);
    writer.varint(group);
    writer.count(object);
    this.#group = group;
    this.#object = object;
    return writer.finish();
  }

  /** The field for the group of the next item; undefined when the group stays the same. */
  #groupField(group: bigint, object: number): bigint | undefined {
    if (!(object >= 0 && object <= MAX_OBJECT_ID)) {
      throw new EncodeError(`Cannot encode object id ${object}`);
    }
    if (group === this.#group) {
      if (object > this.#object) return undefined;
      throw new EncodeError(`Cannot encode object ${object} behind ${this.#object}`);
    }
    if (this.#group !== undefined && (group > this.#group) !== (this.#order === "ascending")) {
      throw new EncodeError(`Cannot encode group ${group} behind ${this.#group}: ${this.#order}`);
    }
    return this.#form.ids.writeGroup(group, this.#group, this.#order);
  }

  #objectField(object: number, newGroup: boolean): number | undefined {
    const { ids } = this.#form;
    if (newGroup) return ids.writeObject(object, undefined);
    return object === this.#object + 1 ? undefined : ids.writeObject(object, this.#object);
  }

  /** Where datagrams have no flag, their subgroup is the object itself (15). */
  #subgroupOf({ subgroup, object }: FetchObject): bigint | undefined {
    if (subgroup !== undefined || this.#form.firstRange > FetchFlag.DATAGRAM) return subgroup;
    return BigInt(object);
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

function flagsOfRange(terms: FetchTerms, wanted: FetchRangeKind): number {
  for (const [flags, kind] of terms.fetchRanges) {
    if (kind === wanted) return flags;
  }
  throw new EncodeError(`Cannot encode the end of a range that is ${wanted} in this draft`);
}
