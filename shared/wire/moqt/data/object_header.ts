import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID, MAX_OBJECT_PROPERTIES_BYTES } from "../../limits.ts";
import type { VarintFormat } from "../../varint.ts";
import type { DataDialect } from "./dialect.ts";
import { DOES_NOT_EXIST, ObjectStatus } from "../../object.ts";
import { NO_PROPERTIES } from "../../properties.ts";
import { SHORT, varintEnd } from "../../varint_end.ts";

/** No header of an object is longer: id, properties, payload length and status. */
export const MAX_OBJECT_HEADER_BYTES = 9 + 9 + MAX_OBJECT_PROPERTIES_BYTES + 9 + 9;

/**
 * Reads the headers of the objects on one subgroup's stream, one after the other (#subgroup-header).
 * The fields describe the object that was decoded last, and nothing is allocated for it.
 */
export class ObjectHeaderDecoder {
  /** The object's id; -1 before the first object. */
  id = -1;
  /** Where the properties begin in the bytes that were decoded. */
  propertiesStart = 0;
  /** Where the properties end; the same as where they begin when there are none. */
  propertiesEnd = 0;
  /** Bytes of payload that follow the header. */
  payloadLength = 0;
  /** One of {@linkcode ObjectStatus}. */
  status: number = ObjectStatus.NORMAL;

  readonly #hasProperties: boolean;
  readonly #varint: VarintFormat;
  readonly #dialect: DataDialect;

  constructor(hasProperties: boolean, dialect: DataDialect) {
    this.#hasProperties = hasProperties;
    this.#varint = dialect.varint;
    this.#dialect = dialect;
  }

  /**
   * Decodes the header at `at`, of which nothing at or behind `end` is there yet.
   *
   * @returns the offset of the payload, or {@linkcode SHORT}: then nothing has changed and the same
   * header can be decoded again when there are more bytes.
   * @throws {DecodeError} "object_id" when the id is above MAX_OBJECT_ID, "malformed" for the rest.
   */
  decode(bytes: Uint8Array, at: number, end: number): number {
    const varint = this.#varint;

    let next = varintEnd(varint, bytes, at, end);
    if (next === SHORT) return SHORT;
    const delta = varint.readNumber(bytes, at);
    const id = this.id + 1 + delta;
    if (delta < 0 || id > MAX_OBJECT_ID) {
      refuseObjectId(BigInt(this.id) + 1n + varint.read(bytes, at), varint);
    }

    let propertiesStart = next;
    if (this.#hasProperties) {
      propertiesStart = varintEnd(varint, bytes, next, end);
      if (propertiesStart === SHORT) return SHORT;
      next = propertiesStart + readPropertiesLength(varint, bytes, next);
    }
    let propertiesEnd = next;

    next = varintEnd(varint, bytes, propertiesEnd, end);
    if (next === SHORT) return SHORT;
    const payloadLength = readPayloadLength(varint, bytes, propertiesEnd);

    let status: number = ObjectStatus.NORMAL;
    if (payloadLength === 0) {
      const statusStart = next;
      next = varintEnd(varint, bytes, statusStart, end);
      if (next === SHORT) return SHORT;
      status = varint.readNumber(bytes, statusStart);
      checkStatus(status, propertiesEnd > propertiesStart, this.#dialect);
      if (status !== ObjectStatus.NORMAL) propertiesEnd = propertiesStart;
    }

    this.id = id;
    this.propertiesStart = propertiesStart;
    this.propertiesEnd = propertiesEnd;
    this.payloadLength = payloadLength;
    this.status = status;
    return next;
  }
}

/** The length of a block of properties, within its limit. */
export function readPropertiesLength(varint: VarintFormat, bytes: Uint8Array, at: number): number {
  const length = varint.readNumber(bytes, at);
  if (length < 0 || length > MAX_OBJECT_PROPERTIES_BYTES) {
    throw new DecodeError(
      "malformed",
      `The properties of an object take more than ${MAX_OBJECT_PROPERTIES_BYTES} bytes`,
    );
  }
  return length;
}

/** The length of a payload, which is exact. */
export function readPayloadLength(varint: VarintFormat, bytes: Uint8Array, at: number): number {
  const length = varint.readNumber(bytes, at);
  if (length < 0) throw new DecodeError("malformed", "A payload is longer than 2^53-1 bytes");
  return length;
}

/** Refuses statuses that do not exist, and properties on anything but a normal object. */
export function checkStatus(
  status: number,
  hasProperties: boolean,
  { statuses, propertiesOfEnds }: Pick<DataDialect, "statuses" | "propertiesOfEnds">,
): void {
  if (!statuses.has(status)) throw new DecodeError("malformed", "Unknown object status");
  if (status === ObjectStatus.NORMAL || !hasProperties) return;
  if (!propertiesOfEnds || status === DOES_NOT_EXIST) {
    throw new DecodeError("malformed", `An object of status ${status} has properties`);
  }
}

/** Refuses an id that does not exist, or that is above the limit. */
export function refuseObjectId(id: bigint, varint: VarintFormat): never {
  if (id > varint.max) throw new DecodeError("malformed", "An object id overflows");
  throw new DecodeError("object_id", `Object id ${id} is above the limit of ${MAX_OBJECT_ID}`);
}

/**
 * Bytes that {@linkcode writeObjectHeader} needs for the same object.
 *
 * @throws {EncodeError} for combinations that no object has.
 */
export function objectHeaderSize(
  delta: number,
  hasProperties: boolean,
  properties: Uint8Array = NO_PROPERTIES,
  payloadLength: number,
  status: number,
  varint: VarintFormat,
): number {
  checkObject(delta, hasProperties, properties, payloadLength, status);
  let size = varint.sizeOfNumber(delta) + varint.sizeOfNumber(payloadLength);
  if (hasProperties) size += varint.sizeOfNumber(properties.length) + properties.length;
  if (payloadLength === 0) size += varint.sizeOfNumber(status);
  return size;
}

/**
 * Writes the header of an object on a subgroup's stream. `delta` is the object's id for the first
 * object on the stream, and the number of ids that are skipped for all others. `hasProperties` is
 * what the stream's header says; only the properties themselves are up to the object.
 *
 * @returns the offset behind the header, where the payload goes.
 * @throws {EncodeError} for combinations that no object has.
 */
export function writeObjectHeader(
  into: Uint8Array,
  at: number,
  delta: number,
  hasProperties: boolean,
  properties: Uint8Array = NO_PROPERTIES,
  payloadLength: number,
  status: number,
  varint: VarintFormat,
): number {
  checkObject(delta, hasProperties, properties, payloadLength, status);
  let next = varint.writeNumber(into, at, delta);
  if (hasProperties) {
    next = varint.writeNumber(into, next, properties.length);
    into.set(properties, next);
    next += properties.length;
  }
  next = varint.writeNumber(into, next, payloadLength);
  return payloadLength === 0 ? varint.writeNumber(into, next, status) : next;
}

function checkObject(
  delta: number,
  hasProperties: boolean,
  properties: Uint8Array,
  payloadLength: number,
  status: number,
): void {
  if (!Number.isSafeInteger(delta) || delta < 0) {
    throw new EncodeError(`Cannot encode an object id delta of ${delta}`);
  }
  if (!Number.isSafeInteger(payloadLength) || payloadLength < 0) {
    throw new EncodeError(`Cannot encode a payload of ${payloadLength} bytes`);
  }
  if (properties.length > 0 && !hasProperties) {
    throw new EncodeError("Cannot encode properties on a stream without them");
  }
  if (status !== ObjectStatus.NORMAL && (payloadLength > 0 || properties.length > 0)) {
    throw new EncodeError(`Cannot encode an object of status ${status} with content`);
  }
}
