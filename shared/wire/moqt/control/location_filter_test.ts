import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { vi64 } from "../../varint.ts";
import type { Filter } from "../model/filter.ts";
import { countedFilter, typedFilter } from "./location_filter.ts";

const MAX = 2n ** 64n - 1n;
const MAX_HEX = "ff ffffffffffffffff";
const bytesOf = (hex: string) => Uint8Array.fromHex(hex.replaceAll(" ", ""));

function decode(codec: Codec<Filter>, hex: string): Filter {
  const reader = new ByteReader(bytesOf(hex), vi64);
  const value = codec.decode(reader);
  reader.end("the filter");
  return value;
}

function encode(codec: Codec<Filter>, value: Filter): string {
  const writer = new ByteWriter(vi64);
  codec.encode(writer, value);
  return writer.finish().toHex();
}

const start = { group: 5n, object: 3n };

/** What a filter says, in the fields of drafts 20 and 21, and in those of draft 22. */
const vectors: readonly (readonly [Filter, string, string])[] = [
  [{ type: "none" }, "", "00"],
  [{ type: "next_group" }, "00", "01 00"],
  [{ type: "recent_groups", groups: 1n }, "01", "01 01"],
  [{ type: "recent_groups", groups: MAX }, MAX_HEX, `01 ${MAX_HEX}`],
  [{ type: "largest_object" }, "00 00", "05"],
  [{ type: "absolute_start", start }, "05 03", "02 05 03"],
  [{ type: "absolute_start", start: { group: 0n, object: 1n } }, "00 01", "02 00 01"],
  [{ type: "absolute_range", start, endGroup: 9n }, "05 03 04", "03 05 03 04"],
  [
    { type: "absolute_range", start, endGroup: 5n, endObject: 0n },
    "05 03 00 00",
    "04 05 03 00 00",
  ],
  [
    { type: "absolute_range", start: { group: 0n, object: 0n }, endGroup: MAX, endObject: MAX },
    `00 00 ${MAX_HEX} ${MAX_HEX}`,
    `04 00 00 ${MAX_HEX} ${MAX_HEX}`,
  ],
];

for (const [value, counted, typed] of vectors) {
  Deno.test(`location filter ${value.type}: ${counted || "nothing"} or ${typed}, both ways`, () => {
    assert.deepEqual(decode(countedFilter, counted), value);
    assert.equal(encode(countedFilter, value), counted.replaceAll(" ", ""));
    assert.deepEqual(decode(typedFilter, typed), value);
    assert.equal(encode(typedFilter, value), typed.replaceAll(" ", ""));
  });
}

Deno.test("a start at the track's first object is no filter where two zeros are the next object", () => {
  const beginning: Filter = { type: "absolute_start", start: { group: 0n, object: 0n } };
  assert.equal(encode(countedFilter, beginning), "");
  assert.equal(encode(typedFilter, beginning), "020000");
  assert.deepEqual(decode(typedFilter, "02 00 00"), beginning);
});

for (const hex of ["00 00 00 00 00", "80", "05 03 04 80", "05 00 ff fffffffffffffffb"]) {
  Deno.test(`R-032: counted location filter ${hex} is refused`, () => {
    assert.throws(() => decode(countedFilter, hex), DecodeError);
  });
}

const REFUSED = ["", "06", MAX_HEX, "01", "02 05", "03 05 03", "04 05 03 00", "05 00", "00 00"];
for (const hex of [...REFUSED, "03 05 00 ff fffffffffffffffb"]) {
  Deno.test(`R-032: typed location filter "${hex}" is refused`, () => {
    assert.throws(() => decode(typedFilter, hex), DecodeError);
  });
}

Deno.test("a location filter that ends before it starts is a mistake of the caller", () => {
  const backwards: Filter = { type: "absolute_range", start, endGroup: 4n };
  for (const codec of [countedFilter, typedFilter]) {
    assert.throws(() => encode(codec, backwards), EncodeError);
  }
});
