import assert from "node:assert/strict";
import { bytesOf } from "../../../../tests/support/message_vectors.ts";
import { DecodeError } from "../../errors.ts";
import { vi64 } from "../../varint.ts";
import { decodeRangeFilter } from "./range_filter.ts";

const LAST = 2n ** 64n - 1n;

for (
  const [name, bytes, isOfProperty, expected] of [
    ["the draft's example: 3 to 5 and 10 to 15", "00 03 02 05 05", false, {
      set: 0,
      property: undefined,
      ranges: [[3n, 5n], [10n, 15n]],
    }],
    ["one without an end", "07 04", false, {
      set: 7,
      property: undefined,
      ranges: [[4n, LAST]],
    }],
    ["of a property, the last one without an end", "ff 0c 01 00 02", true, {
      set: 255,
      property: 12n,
      ranges: [[1n, 1n], [3n, LAST]],
    }],
    ["up to the largest value", "00 00 ff ff ff ff ff ff ff ff ff", false, {
      set: 0,
      property: undefined,
      ranges: [[0n, LAST]],
    }],
  ] as const
) {
  Deno.test(`a filter by ranges: ${name}`, () => {
    assert.deepEqual(decodeRangeFilter(bytesOf(bytes), { varint: vi64, isOfProperty }), expected);
  });
}

for (
  const [name, bytes, isOfProperty] of [
    ["nothing", "", false],
    ["no range", "00", false],
    ["no property", "00", true],
    ["no range of a property", "00 02", true],
    ["an end that is cut off", "00 03 80", false],
    ["a range above the largest value", "00 01 ff ff ff ff ff ff ff ff ff", false],
    ["a second range above it", "00 00 ff ff ff ff ff ff ff ff fe 02", false],
  ] as const
) {
  Deno.test(`no filter by ranges: ${name}`, () => {
    const decode = () => decodeRangeFilter(bytesOf(bytes), { varint: vi64, isOfProperty });
    assert.throws(decode, DecodeError);
  });
}
