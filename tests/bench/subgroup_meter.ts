import {
  ByteReader,
  decodeSubgroupHeader,
  type Draft,
  isSubgroupType,
  ObjectHeaderDecoder,
  SHORT,
} from "@qumo/shared/wire";
import type { StreamMeter } from "./bench_client.ts";
import { StampReader } from "./stamp_reader.ts";

// More than a subgroup's header and an object's without properties take.
const HEADER_BYTES = 64;

/**
 * Reads timestamps out of one stream of objects, and nothing else. Streams that carry no subgroup
 * are skipped.
 */
export class SubgroupMeter implements StreamMeter {
  readonly #stamps: StampReader;
  readonly #draft: Draft;
  #decoder: ObjectHeaderDecoder | undefined;
  #isOther = false;

  /** `arrived` is called with the timestamp of each object that is there to its last byte. */
  constructor(arrived: (stamp: number) => void, draft: Draft) {
    this.#stamps = new StampReader(arrived);
    this.#draft = draft;
  }

  take(bytes: Uint8Array, end: number): number {
    let at = this.#decoder === undefined ? this.#begin(bytes, end) : 0;
    if (this.#isOther) return end;
    const decoder = this.#decoder;
    if (decoder === undefined) return at;
    for (;;) {
      if (this.#stamps.left > 0) at = this.#stamps.take(bytes, at, end);
      if (this.#stamps.left > 0) return at;
      const payload = decoder.decode(bytes, at, end);
      if (payload === SHORT) return at;
      at = payload;
      this.#stamps.begin(decoder.payloadLength);
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
}
