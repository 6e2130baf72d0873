import { MAX_PAIR_VALUE_BYTES } from "../../limits.ts";
import type { VarintFormat } from "../../varint.ts";
import { SHORT, varintEnd } from "../../varint_end.ts";

/** How pairs are written. */
export interface PairLayout {
  readonly varint: VarintFormat;
  /** Whether types stand as they are, and are not counted from the one before (14 and 15). */
  readonly areTypesAbsolute?: boolean;
}

/**
 * Walks over key-value pairs (#moq-key-value-pair) without making an object of each, for what passes
 * with every object. The fields describe the pair that was reached last.
 */
export class PairCursor {
  /** Infinity above 2^53-1, where no type is that anybody here knows. */
  type = 0;
  /** Whether the value is an integer, which begins at `valueStart`; bytes otherwise. */
  isInteger = true;
  valueStart = 0;
  valueEnd: number;

  readonly #varint: VarintFormat;
  readonly #areTypesAbsolute: boolean;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** The type, once it is above 2^53-1. */
  #large: bigint | undefined = undefined;

  constructor(
    { varint, areTypesAbsolute = false }: PairLayout,
    bytes: Uint8Array,
    at: number,
    end: number,
  ) {
    this.#varint = varint;
    this.#areTypesAbsolute = areTypesAbsolute;
    this.#bytes = bytes;
    this.#end = end;
    this.valueEnd = at;
  }

  /** Goes on to the next pair, if there is one and it can be parsed. */
  advance(): "pair" | "end" | "unreadable" {
    const typeAt = this.valueEnd;
    if (typeAt === this.#end) return "end";
    const valueAt = varintEnd(this.#varint, this.#bytes, typeAt, this.#end);
    if (valueAt === SHORT || !this.#addToType(typeAt)) return "unreadable";
    const next = varintEnd(this.#varint, this.#bytes, valueAt, this.#end);
    if (next === SHORT) return "unreadable";
    if (this.isInteger) {
      this.valueStart = valueAt;
      this.valueEnd = next;
      return "pair";
    }
    const length = this.#varint.readNumber(this.#bytes, valueAt);
    if (length < 0 || length > MAX_PAIR_VALUE_BYTES || length > this.#end - next) {
      return "unreadable";
    }
    this.valueStart = next;
    this.valueEnd = next + length;
    return "pair";
  }

  /** False when the type overflows. */
  #addToType(at: number): boolean {
    if (this.#areTypesAbsolute) {
      this.type = 0;
      this.#large = undefined;
    }
    const delta = this.#varint.readNumber(this.#bytes, at);
    if (delta >= 0 && this.type + delta <= Number.MAX_SAFE_INTEGER) {
      this.type += delta;
      this.isInteger = this.type % 2 === 0;
      return true;
    }
    this.#large = (this.#large ?? BigInt(this.type)) + this.#varint.read(this.#bytes, at);
    this.type = Infinity;
    this.isInteger = this.#large % 2n === 0n;
    return this.#large <= this.#varint.max;
  }
}
