import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../../tests/support/properties.ts";
import { Http3Code, Http3Error } from "../codes.ts";
import { MAX_FIELD_SECTION_SIZE } from "../limits.ts";
import { decodeFieldSection, encodeFieldSection } from "./field_section.ts";
import { type Field, STATIC_TABLE } from "./static_table.ts";

Deno.test("decodeFieldSection() reads the RFC's literal with a name of the static table", () => {
  // RFC 9204, appendix B.1.
  const bytes = Uint8Array.fromHex("0000510b2f696e6465782e68746d6c");
  assert.deepEqual(decodeFieldSection(bytes), [[":path", "/index.html"]]);
  assert.deepEqual(encodeFieldSection([[":path", "/index.html"]]), bytes);
});

Deno.test("decodeFieldSection() reads and encodeFieldSection() writes every static entry", () => {
  const bytes = encodeFieldSection(STATIC_TABLE);
  assert.deepEqual(decodeFieldSection(bytes), [...STATIC_TABLE]);
  assert.equal(bytes.length, 2 + 63 + 36 * 2, "an index each and nothing else");
});

Deno.test("decodeFieldSection() reads literals, with Huffman and without, never indexed too", () => {
  const cases: [string, Field][] = [
    ["000023616263" + "0178", ["abc", "x"]],
    ["000033616263" + "0178", ["abc", "x"]],
    // "custom-key: custom-value", both coded.
    ["00002f0125a849e95ba97d7f" + "8925a849e95bb8e8b4bf", ["custom-key", "custom-value"]],
    ["0000508cf1e3c2e5f23a6ba0ab90f4ff", [":authority", "www.example.com"]],
    ["0000708cf1e3c2e5f23a6ba0ab90f4ff", [":authority", "www.example.com"]],
    ["00005f50" + "00", ["user-agent", ""]],
  ];
  for (const [hex, field] of cases) {
    assert.deepEqual(decodeFieldSection(Uint8Array.fromHex(hex)), [field], hex);
  }
});

Deno.test("decodeFieldSection() takes a base beyond zero and refuses one below", () => {
  assert.deepEqual(decodeFieldSection(Uint8Array.fromHex("0005d9")), [[":status", "200"]]);
  refuses("0080d9");
});

// RFC 9204, appendix B.2 to B.5: all of these need the table that we do not have.
for (
  const hex of [
    "03811011",
    "0500" + "80c18181",
    "0482108100",
    "000010",
    "000000",
    "000080",
    "00004000",
  ]
) {
  Deno.test(`decodeFieldSection() refuses the dynamic table in ${hex}`, () => refuses(hex));
}

Deno.test("decodeFieldSection() refuses what is cut short anywhere", () => {
  const fields: Field[] = [[":method", "CONNECT"], [":path", "/a"], ["wt-x", "1"]];
  const bytes = encodeFieldSection(fields);
  const ends = [2, 3, 7, bytes.length];
  for (let cut = 0; cut < bytes.length; cut++) {
    if (!ends.includes(cut)) refuses(bytes.subarray(0, cut).toHex());
  }
});

Deno.test("decodeFieldSection() refuses an index beyond the static table", () => {
  refuses("0000ff24"); // 99
  refuses("00005f5400"); // 99 as a name
});

Deno.test("decodeFieldSection() refuses lengths beyond its bytes without taking memory", () => {
  refuses("000027ffffff7f00");
  refuses("0000517fffffff7f");
});

Deno.test("decodeFieldSection() refuses more than we advertised", () => {
  const many: Field[] = Array.from({ length: 400 }, () => ["x-frame-options", "sameorigin"]);
  refuses(encodeFieldSection(many).toHex());
  const long: Field = ["x", "y".repeat(MAX_FIELD_SECTION_SIZE)];
  refuses(encodeFieldSection([long]).toHex());
  const most: Field = ["x", "y".repeat(MAX_FIELD_SECTION_SIZE - 33)];
  assert.deepEqual(decodeFieldSection(encodeFieldSection([most])), [most]);
});

Deno.test("every list of fields survives", () => {
  const name = fc.stringMatching(/^:?[a-z][a-z0-9-]{0,40}$/);
  const value = fc.stringMatching(/^[ -~\u00a0-\u00ff]{0,300}$/);
  checkProperty(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (fields) => {
      assert.deepEqual(decodeFieldSection(encodeFieldSection(fields)), fields);
    }),
  );
});

Deno.test("decodeFieldSection() takes or refuses any bytes", () => {
  checkProperty(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, prefixed) => {
      try {
        decodeFieldSection(prefixed ? Uint8Array.of(0, 0, ...bytes) : bytes);
      } catch (error) {
        assert(error instanceof Http3Error);
        assert.equal(error.code, Http3Code.qpackDecompressionFailed);
      }
    }),
    { numRuns: 2000 },
  );
});

function refuses(hex: string): void {
  assert.throws(
    () => decodeFieldSection(Uint8Array.fromHex(hex)),
    (error) => error instanceof Http3Error && error.code === Http3Code.qpackDecompressionFailed,
    hex,
  );
}
