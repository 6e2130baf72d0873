import {
  ByteReader,
  decodeSubgroupHeader,
  isSubgroupType,
  ObjectHeaderDecoder,
  SHORT,
  type StreamDraft,
} from "@qumo/shared/wire";
import { STAMP_BYTES } from "./traffic.ts";

// More than a subgroup's header and an object's without properties take.
const HEADER_BYTES = 64;

/**
 * Reads timestamps out of one stream of objects, and nothing else. Streams that carry no subgroup
 * are skipped.
 */
export class SubgroupMeter {
  readonly #arrived: (stamp: number) => void;
  readonly #draft: StreamDraft;
  readonly #stampBytes = new Uint8Array(STAMP_BYTES);
  readonly #stamp = new Float64Array(this.#stampBytes.buffer);
  #decoder: ObjectHeaderDecoder | undefined;
  #isOther = false;
  #payloadLeft = 0;
  #stampLeft = 0;

  /** `arrived` is called with the timestamp of each object that is there to its last byte. */
  constructor(arrived: (stamp: number) => void, draft: StreamDraft) {
    this.#arrived = arrived;
    this.#draft = draft;
  }

  /** Takes bytes from 0 to `end` and returns how many; the rest is a header that is not whole. */
  take(bytes: Uint8Array, end: number): number {
    let at = this.#decoder === undefined ? this.#begin(bytes, end) : 0;
    if (this.#isOther) return end;
    const decoder = this.#decoder;
    if (decoder === undefined) return at;
    for (;;) {
      if (this.#payloadLeft > 0) at = this.#payload(bytes, at, end);
      if (this.#payloadLeft > 0) return at;
      const payload = decoder.decode(bytes, at, end);
      if (payload === SHORT) return at;
      at = payload;
      this.#payloadLeft = decoder.payloadLength;
      this.#stampLeft = STAMP_BYTES;
    }
  }

  #begin(bytes: Uint8Array, end: number): number {
    if (end < HEADER_BYTES) return 0;
    const { varint, data } = this.#draft;
    const reader = new ByteReader(bytes, varint, 0, end);
    const type = reader.varint();
    this.#isOther = !isSubgroupType(type, data);
    if (this.#isOther) return 0;
    const { hasProperties } = decodeSubgroupHeader(reader, type, data);
    this.#decoder = new ObjectHeaderDecoder(hasProperties, data);
    return reader.offset;
  }

  #payload(bytes: Uint8Array, from: number, end: number): number {
    const length = Math.min(end - from, this.#payloadLeft);
    for (let at = from; this.#stampLeft > 0 && at < from + length; at++) {
      this.#stampBytes[STAMP_BYTES - this.#stampLeft--] = bytes[at]!;
    }
    this.#payloadLeft -= length;
    if (this.#payloadLeft === 0) this.#arrived(this.#stamp[0]!);
    return from + length;
  }
}
