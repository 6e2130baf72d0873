import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { parseString, parseStringList, serializeString } from "./structured_field.ts";

const LISTS: readonly (readonly [text: string, strings: string[]])[] = [
  ["", []],
  ["  ", []],
  ['"moqt-18"', ["moqt-18"]],
  ['"moqt-18", "moqt-16"', ["moqt-18", "moqt-16"]],
  ['  "a"\t ,\t"b"  ', ["a", "b"]],
  ['"a","b"', ["a", "b"]],
  ['""', [""]],
  [String.raw`"say \"hi\" \\ there"`, [String.raw`say "hi" \ there`]],
  ['"a";q=1;  flag;x="y;,";t=*to/ken:1;d=1.5;b=:YWJj:;o=?1;at=@-1659578233;s=%"f%c3%bc"', ["a"]],
  ['"a";*odd.key_-1=?0, "b";x', ["a", "b"]],
];

for (const [text, strings] of LISTS) {
  Deno.test(`parseStringList() reads ${text}`, () => {
    assert.deepEqual(parseStringList(text), strings);
  });
}

const BROKEN = [
  "moqt-18",
  '"a" "b"',
  '"a",',
  ',"a"',
  '"a",,"b"',
  '"a", token',
  '"a", ("b" "c")',
  '"a',
  String.raw`"a\b"`,
  '"a\u0000"',
  '"\u00fc"',
  '"a";',
  '"a";Upper=1',
  '"a";x=',
  '"a";x=1.2.3',
  '"a";x=1234567890123456',
  '"a";x=?2',
  '"a" ;x',
  "1, 2",
  '\t"a"',
];

for (const text of BROKEN) {
  Deno.test(`parseStringList() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(parseStringList(text), undefined);
  });
}

Deno.test("parseString() reads one string and nothing beside it", () => {
  assert.equal(parseString('"moqt-18"'), "moqt-18");
  assert.equal(parseString(' "moqt-18";x=1 '), "moqt-18");
  for (const text of ["", "moqt-18", '"a", "b"', '"a"x']) {
    assert.equal(parseString(text), undefined);
  }
});

Deno.test("serializeString() refuses what no String can hold", () => {
  for (const text of ["\n", "\u007f", "ü"]) assert.throws(() => serializeString(text), TypeError);
});

Deno.test("every string survives", () => {
  checkProperty(
    fc.property(fc.array(fc.stringMatching(/^[ -~]*$/), { maxLength: 8 }), (strings) => {
      assert.deepEqual(parseStringList(strings.map(serializeString).join(", ")), strings);
    }),
  );
});

Deno.test("parseStringList() takes or refuses any text, in no time", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'"\\,; =*a1?:@%()') }));
  checkProperty(fc.property(text, (value) => void parseStringList(value)), { numRuns: 2000 });
  assert.equal(parseStringList('"a"' + ";x".repeat(100_000) + "!"), undefined);
  assert.equal(parseStringList('"' + "\\\\".repeat(100_000)), undefined);
});
