import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { MAX_PAIR_VALUE_BYTES, MAX_PAIRS } from "./limits.ts";

/** A Key-Value-Pair (#moq-key-value-pair): even types hold an integer, odd types hold bytes. */
export interface Pair {
  readonly type: bigint;
  readonly value: bigint | Uint8Array;
}

/** Key-value pairs up to the end of the bytes, in ascending order of type. */
export const pairs: Codec<readonly Pair[]> = { encode: encodePairs, decode: decodePairs };

function encodePairs(writer: ByteWriter, list: readonly Pair[]): void {
  let previous = 0n;
  for (const { type, value } of list) {
    if (type < previous) {
      throw new EncodeError(`Cannot encode pair ${type}: it follows ${previous}`);
    }
    writer.varint(type - previous);
    previous = type;
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
}

function decodePairs(reader: ByteReader): readonly Pair[] {
  const list: Pair[] = [];
  let type = 0n;
  while (reader.remaining > 0) {
    if (list.length === MAX_PAIRS) {
      throw new DecodeError("malformed", `More than ${MAX_PAIRS} key-value pairs`);
    }
    type += reader.varint();
    if (type > reader.format.max) {
      throw new DecodeError("malformed", "The type of a key-value pair overflows");
    }
    list.push({ type, value: decodeValue(reader, type) });
  }
  return list;
}

function decodeValue(reader: ByteReader, type: bigint): bigint | Uint8Array {
  if (type % 2n === 0n) return reader.varint();
  return reader.bytes(reader.count(MAX_PAIR_VALUE_BYTES, "The length of a pair's value"));
}
