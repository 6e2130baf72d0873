import { ByteWriter } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import { ObjectStatus } from "../../object.ts";
import type { GroupOrder } from "../model/group_order.ts";
import { absolutes, type FetchPosition } from "./fetch_ids.ts";
import type {
  FetchDecoder,
  FetchLayout,
  FetchObject,
  FetchRangeKind,
  FetchTerms,
  FetchWriter,
} from "./fetch_layout.ts";
import { readPayloadLength, readPropertiesLength, refuseObjectId } from "./object_header.ts";
import { SHORT, varintEnd } from "../../varint_end.ts";

/** Items of which each has all its fields: draft 14. What is left out does not exist. */
export const fullFetch: FetchLayout = {
  name: "all fields",
  writer: (order, terms) => new FullFetchWriter(order, terms),
  decoder: (order, terms) => new FullFetchDecoder(order, terms),
};

class FullFetchWriter implements FetchWriter {
  readonly #descending: boolean;
  readonly #terms: FetchTerms;
  #last: FetchPosition | undefined;

  constructor(order: GroupOrder, terms: FetchTerms) {
    this.#descending = order === "descending";
    this.#terms = terms;
  }

  object(item: FetchObject): Uint8Array<ArrayBuffer> {
    const { group, object, priority, payloadLength } = item;
    this.#checkOrder(item);
    const writer = new ByteWriter(this.#terms.varint);
    writer.varint(group);
    // The subgroup of a datagram is the object itself.
    writer.varint(item.subgroup ?? BigInt(object));
    writer.count(object);
    writer.u8(priority);
    const properties = item.properties ?? NONE;
    writer.count(properties.length);
    writer.bytes(properties);
    writer.count(payloadLength);
    if (payloadLength === 0) writer.count(ObjectStatus.NORMAL);
    this.#last = { group, object };
    return writer.finish();
  }

  nonExistentUpTo(): Uint8Array<ArrayBuffer> {
    throw new EncodeError("Cannot encode the end of a range in this draft");
  }

  unknownUpTo(): Uint8Array<ArrayBuffer> {
    throw new EncodeError("Cannot encode the end of a range that is unknown in this draft");
  }

  #checkOrder({ group, object }: FetchPosition): void {
    if (!(object >= 0 && object <= MAX_OBJECT_ID)) {
      throw new EncodeError(`Cannot encode object id ${object}`);
    }
    const last = this.#last;
    if (last === undefined) return;
    const isBehind = group === last.group
      ? object > last.object
      : (group > last.group) !== this.#descending;
    if (!isBehind) {
      throw new EncodeError(`Cannot encode object ${object} of ${group}: out of order`);
    }
  }
}

const NONE = new Uint8Array(0);

class FullFetchDecoder implements FetchDecoder {
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
  /** Where the item is that is being decoded, until it is whole. */
  readonly #decoded = { group: 0n, object: 0 };
  #hasPrior = false;

  constructor(order: GroupOrder, terms: FetchTerms) {
    this.#descending = order === "descending";
    this.#terms = terms;
  }

  decode(bytes: Uint8Array, at: number, end: number): number {
    const { varint } = this.#terms;
    const subgroupAt = varintEnd(varint, bytes, at, end);
    if (subgroupAt === SHORT) return SHORT;
    const objectAt = varintEnd(varint, bytes, subgroupAt, end);
    if (objectAt === SHORT) return SHORT;
    const priorityAt = varintEnd(varint, bytes, objectAt, end);
    if (priorityAt === SHORT) return SHORT;
    const propertiesStart = varintEnd(varint, bytes, priorityAt + 1, end);
    if (propertiesStart === SHORT) return SHORT;
    const propertiesEnd = propertiesStart + readPropertiesLength(varint, bytes, priorityAt + 1);
    let next = varintEnd(varint, bytes, propertiesEnd, end);
    if (next === SHORT) return SHORT;
    const payloadLength = readPayloadLength(varint, bytes, propertiesEnd);
    let status: number = ObjectStatus.NORMAL;
    if (payloadLength === 0) {
      const statusAt = next;
      next = varintEnd(varint, bytes, statusAt, end);
      if (next === SHORT) return SHORT;
      status = this.#statusAt(bytes, statusAt);
    }
    this.#moveTo(bytes, at, objectAt);
    // A status says that nothing is here; that nothing is beyond is what gaps say.
    this.kind = status === ObjectStatus.NORMAL ? "object" : "non_existent";
    this.subgroup = varint.read(bytes, subgroupAt);
    this.priority = bytes[priorityAt]!;
    this.propertiesStart = propertiesStart;
    this.propertiesEnd = propertiesEnd;
    this.payloadLength = payloadLength;
    return next;
  }

  #statusAt(bytes: Uint8Array, at: number): number {
    const { varint, statuses } = this.#terms;
    const status = varint.readNumber(bytes, at);
    if (!statuses.has(status)) throw new DecodeError("malformed", "Unknown object status");
    return status;
  }

  #moveTo(bytes: Uint8Array, groupAt: number, objectAt: number): void {
    const { varint } = this.#terms;
    const decoded = this.#decoded;
    decoded.group = varint.read(bytes, groupAt);
    decoded.object = varint.readNumber(bytes, objectAt);
    if (decoded.object < 0) refuseObjectId(varint.read(bytes, objectAt), varint);
    if (this.#hasPrior) absolutes.checkOrder(this, decoded, this.#descending);
    this.group = decoded.group;
    this.object = decoded.object;
    this.#hasPrior = true;
  }
}
