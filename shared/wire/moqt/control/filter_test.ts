import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import type { Filter } from "../model/filter.ts";
import { filter } from "./filter.ts";
import { vi64 } from "../../varint.ts";

const MAX = 2n ** 64n - 1n;
const MAX_HEX = "ff ffffffffffffffff";

function decode(hex: string): Filter {
  const reader = new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")), vi64);
  const value = filter.decode(reader);
  reader.end("the filter");
  return value;
}

const vectors: readonly (readonly [string, Filter])[] = [
  ["01", { type: "next_group" }],
  ["02", { type: "largest_object" }],
  ["03 05 03", { type: "absolute_start", start: { group: 5n, object: 3n } }],
  [`03 ${MAX_HEX} ${MAX_HEX}`, { type: "absolute_start", start: { group: MAX, object: MAX } }],
  ["04 05 03 00", {
    type: "absolute_range",
    start: { group: 5n, object: 3n },
    endGroup: 5n,
  }],
  [`04 05 00 ff fffffffffffffffa`, {
    type: "absolute_range",
    start: { group: 5n, object: 0n },
    endGroup: MAX,
  }],
];

for (const [hex, value] of vectors) {
  Deno.test(`filter: ${hex} both ways`, () => {
    const writer = new ByteWriter(vi64);
    filter.encode(writer, value);
    assert.deepEqual(decode(hex), value);
    assert.deepEqual(writer.finish(), Uint8Array.fromHex(hex.replaceAll(" ", "")));
  });
}

for (const hex of ["", "00", "05", MAX_HEX, "03", "03 05", "04 05 03", "01 00", "04 05 03 01 00"]) {
  Deno.test(`R-032: filter: "${hex}" is refused`, () => {
    assert.throws(() => decode(hex), DecodeError);
  });
}

Deno.test("filter: an end group beyond 64 bits is refused", () => {
  assert.throws(() => decode("04 05 00 ff fffffffffffffffb"), DecodeError);
});

Deno.test("filter: an end group before the start is a mistake of the caller", () => {
  const backwards: Filter = {
    type: "absolute_range",
    start: { group: 5n, object: 0n },
    endGroup: 4n,
  };
  assert.throws(() => filter.encode(new ByteWriter(vi64), backwards), EncodeError);
});
