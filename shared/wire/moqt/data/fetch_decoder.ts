import { DecodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import type { GroupOrder } from "../model/group_order.ts";
import { ObjectStatus } from "../../object.ts";
import { FetchFlag, type FlaggedForm } from "./fetch_flag.ts";
import type { FetchDecoder, FetchRangeKind, FetchTerms } from "./fetch_layout.ts";
import { readPayloadLength, readPropertiesLength, refuseObjectId } from "./object_header.ts";
import { SHORT, varintEnd } from "../../varint_end.ts";

/** Stands for an object id above MAX_OBJECT_ID; whatever is counted from it is refused. */
const UNCOUNTED = MAX_OBJECT_ID + 1;

/** The bits that say what the subgroup is; for a datagram they say nothing else. */
const SUBGROUP_BITS = FetchFlag.DATAGRAM | FetchFlag.SUBGROUP_MASK;

/** Reads items that begin with serialization flags (#fetch-header). */
export class FlaggedFetchDecoder implements FetchDecoder {
  kind: "object" | FetchRangeKind = "object";
  group = 0n;
  object = 0;
  subgroup: bigint | undefined = undefined;
  priority = 0;
  propertiesStart = 0;
  propertiesEnd = 0;
  payloadLength = 0;

  readonly #descending: boolean;
  readonly #terms: FetchTerms;
  readonly #form: FlaggedForm;
  /** Fields of the object that is being decoded, until it is whole. */
  readonly #decoded = {
    group: 0n,
    subgroup: undefined as bigint | undefined,
    object: 0,
    priority: 0,
    propertiesStart: 0,
    propertiesEnd: 0,
    payloadLength: 0,
    status: ObjectStatus.NORMAL as number,
  };
  #hasPrior = false;
  #hasPriorObject = false;
  #priorObject = 0;

  constructor(order: GroupOrder, terms: FetchTerms, form: FlaggedForm) {
    this.#descending = order === "descending";
    this.#terms = terms;
    this.#form = form;
  }

  decode(bytes: Uint8Array, at: number, end: number): number {
    const { varint, fetchRanges } = this.#terms;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    const flags = varint.readNumber(bytes, at);
    if (flags >= 0 && flags < this.#form.firstRange) {
      return this.#decodeObject(bytes, next, end, flags);
    }
    const range = fetchRanges.get(flags);
    if (range === undefined) throw new DecodeError("malformed", "Unknown serialization flags");
    return this.#decodeRange(bytes, next, end, range);
  }

  #decodeRange(bytes: Uint8Array, at: number, end: number, kind: FetchRangeKind): number {
    const { varint } = this.#terms;
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
    if (this.#hasPrior) this.#form.ids.checkOrder(this, decoded, this.#descending);
    this.kind = decoded.status === ObjectStatus.NORMAL ? "object" : "non_existent";
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
    const { varint } = this.#terms;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    const prior = this.#hasPrior ? this.group : undefined;
    const group = this.#form.ids.readGroup(varint.read(bytes, at), prior, this.#descending);
    if (group < 0n || group > varint.max) {
      throw new DecodeError("malformed", "A group id is out of range");
    }
    this.#decoded.group = group;
    return next;
  }

  #decodeSubgroup(bytes: Uint8Array, at: number, end: number, flags: number): number {
    const { varint } = this.#terms;
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
    const { varint } = this.#terms;
    let next = at;
    let object = this.#priorObject + 1;
    if ((flags & FetchFlag.OBJECT) !== 0) {
      next = varintEnd(varint, bytes, at, end);
      if (next === SHORT) return SHORT;
      const prior = (flags & FetchFlag.GROUP) !== 0 ? undefined : this.#priorObject;
      const base = this.#form.ids.objectBase(prior);
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
      const { varint } = this.#terms;
      start = varintEnd(varint, bytes, at, end);
      if (start === SHORT) return SHORT;
      next = start + readPropertiesLength(varint, bytes, at);
    }
    this.#decoded.propertiesStart = start;
    this.#decoded.propertiesEnd = next;
    return next;
  }

  #decodePayloadLength(bytes: Uint8Array, at: number, end: number): number {
    const { varint } = this.#terms;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    this.#decoded.payloadLength = readPayloadLength(varint, bytes, at);
    this.#decoded.status = ObjectStatus.NORMAL;
    if (this.#decoded.payloadLength > 0 || !this.#form.hasStatus) return next;
    return this.#decodeStatus(bytes, next, end);
  }

  /** A status says that nothing is here, and beyond the others gaps say it. */
  #decodeStatus(bytes: Uint8Array, at: number, end: number): number {
    const { varint, statuses } = this.#terms;
    const next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    const status = varint.readNumber(bytes, at);
    if (!statuses.has(status)) throw new DecodeError("malformed", "Unknown object status");
    this.#decoded.status = status;
    return next;
  }
}
