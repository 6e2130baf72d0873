import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { MAX_PAIR_VALUE_BYTES, MAX_PAIRS } from "./limits.ts";

/** A Key-Value-Pair (#moq-key-value-pair): even types hold an integer, odd types hold bytes. */
export interface Pair {
  readonly type: bigint;
  readonly value: bigint | Uint8Array;
}

/** How a list of key-value pairs is written. */
export interface PairsForm {
  /**
   * Whether a type is written as its distance from the one before, which makes them ascend, or as it
   * is, in any order.
   */
  readonly types: "delta" | "absolute";
  /** Whether the list begins with the number of pairs, or goes on to the end of the bytes. */
  readonly isCounted: boolean;
}

/** Key-value pairs up to the end of the bytes, in ascending order of type. */
export const pairs: Codec<readonly Pair[]> = pairsOf({ types: "delta", isCounted: false });

/** Key-value pairs in one form or another. */
export function pairsOf(form: PairsForm): Codec<readonly Pair[]> {
  return {
    encode: (writer, list) => encodePairs(writer, list, form),
    decode: (reader) => decodePairs(reader, form),
  };
}

function encodePairs(writer: ByteWriter, list: readonly Pair[], form: PairsForm): void {
  if (form.isCounted) writer.count(list.length);
  let previous = 0n;
  for (const { type, value } of list) {
    if (type < previous) {
      throw new EncodeError(`Cannot encode pair ${type}: it follows ${previous}`);
    }
    writer.varint(type - previous);
    if (form.types === "delta") previous = type;
    encodeValue(writer, type, value);
  }
}

function encodeValue(writer: ByteWriter, type: bigint, value: bigint | Uint8Array): void {
  const isInteger = typeof value === "bigint";
  if (isInteger !== (type % 2n === 0n)) {
    throw new EncodeError(`Cannot encode pair ${type}: even types hold integers, odd ones bytes`);
  }
  if (isInteger) {
    writer.varint(value);
  } else if (value.length > MAX_PAIR_VALUE_BYTES) {
    throw new EncodeError(`Cannot encode pair ${type}: ${value.length} bytes`);
  } else {
    writer.count(value.length);
    writer.bytes(value);
  }
}

function decodePairs(reader: ByteReader, form: PairsForm): readonly Pair[] {
  const count = form.isCounted
    ? reader.count(MAX_PAIRS, "The number of key-value pairs")
    : Infinity;
  const list: Pair[] = [];
  let type = 0n;
  while (form.isCounted ? list.length < count : reader.remaining > 0) {
    if (list.length === MAX_PAIRS) {
      throw new DecodeError("malformed", `More than ${MAX_PAIRS} key-value pairs`);
    }
    const written = reader.varint();
    type = form.types === "delta" ? type + written : written;
    if (type > reader.format.max) {
      throw new DecodeError("malformed", "The type of a key-value pair overflows");
    }
    list.push({ type, value: decodePairValue(reader, type) });
  }
  return list;
}

/** The value of a pair of this type. */
export function decodePairValue(reader: ByteReader, type: bigint): bigint | Uint8Array {
  if (type % 2n === 0n) return reader.varint();
  return reader.bytes(reader.count(MAX_PAIR_VALUE_BYTES, "The length of a pair's value"));
}
