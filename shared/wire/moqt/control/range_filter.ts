import { ByteReader } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import type { VarintFormat } from "../../varint.ts";

/** The largest value that a range can have. */
const MAX_VALUE = 2n ** 64n - 1n;

/** One filter by ranges (#range-filters): a value passes that lies in any of them. */
export interface RangeFilter {
  /** Filters of one set must all pass; of several sets one. */
  readonly set: number;
  /** The type of the property that it is about; undefined for a filter of a field. */
  readonly property: bigint | undefined;
  /** First and last value. */
  readonly ranges: readonly (readonly [bigint, bigint])[];
}

/**
 * Reads a filter, which must not be empty.
 *
 * @throws {DecodeError} when it is malformed.
 */
export function decodeRangeFilter(
  bytes: Uint8Array,
  { varint, isOfProperty }: { readonly varint: VarintFormat; readonly isOfProperty: boolean },
): RangeFilter {
  const reader = new ByteReader(bytes, varint);
  const set = reader.u8();
  const property = isOfProperty ? reader.varint() : undefined;
  const ranges: [bigint, bigint][] = [];
  let at = 0n;
  do {
    const first = behind(at, reader.varint());
    at = reader.remaining === 0 ? MAX_VALUE : behind(first, reader.varint());
    ranges.push([first, at]);
  } while (reader.remaining > 0);
  return { set, property, ranges };
}

function behind(value: bigint, distance: bigint): bigint {
  const sum = value + distance;
  if (sum > MAX_VALUE) throw new DecodeError("malformed", "A range of a filter overflows");
  return sum;
}
