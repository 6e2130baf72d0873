import assert from "node:assert/strict";
import { rfc9000 } from "../../varint.ts";
import { data18 } from "../drafts/draft18_data.ts";
import { isMalformed } from "../../properties.ts";
import { validateObjectProperties } from "./object_properties.ts";

const NONE = { priorGroupGap: undefined, priorObjectGap: undefined };
const MAX = 2n ** 64n - 1n;
const MAX_HEX = "ff".repeat(9);

function check(hex: string) {
  return validateObjectProperties(Uint8Array.fromHex(hex), {
    varint: data18.varint,
    hasMandatory: true,
  });
}

function reason(hex: string): string {
  const result = check(hex);
  assert.ok(isMalformed(result), hex);
  return result.malformed;
}

Deno.test("validateObjectProperties() finds no gaps where there are none", () => {
  assert.deepEqual(check(""), NONE);
  assert.deepEqual(check("02aabb"), NONE, "0x02 belongs to tracks");
  assert.deepEqual(check("04f0825817d34903616263"), NONE);
  assert.deepEqual(check("0b00"), NONE);
  assert.equal(isMalformed(check("")), false);
});

Deno.test("validateObjectProperties() finds gaps in both lists", () => {
  assert.deepEqual(check("3c02"), { ...NONE, priorGroupGap: 2n });
  assert.deepEqual(check("3e02"), { ...NONE, priorObjectGap: 2n });
  assert.deepEqual(check("3c020209"), { priorGroupGap: 2n, priorObjectGap: 9n });
  assert.deepEqual(check("0b043c02020935aabb"), { priorGroupGap: 2n, priorObjectGap: 9n });
  assert.deepEqual(check("0b023c023307"), { priorGroupGap: 2n, priorObjectGap: 7n });
  assert.deepEqual(check(`3c${MAX_HEX}`), { ...NONE, priorGroupGap: MAX });
  assert.deepEqual(check("803cc00002"), { ...NONE, priorGroupGap: 2n });
});

Deno.test("validateObjectProperties() finds two instances of what may come once", () => {
  assert.match(reason("3c020002"), /two gaps of groups/);
  assert.match(reason("3e020002"), /two gaps of objects/);
  assert.match(reason("0b023c023102"), /two gaps of groups/);
  assert.match(reason("0b023e023302"), /two gaps of objects/);
  assert.match(reason("0b000000"), /two blocks/);
  assert.match(reason("0b020b00"), /hold immutable properties/);
  assert.deepEqual(check("02000000" + "0101ff" + "0001ff"), NONE, "other properties may repeat");
});

Deno.test("validateObjectProperties() finds properties that only tracks have", () => {
  assert.match(reason("c0400000"), /0x4000/);
  assert.match(reason("c07fff00"), /0x7fff/);
  assert.match(reason("0b04c0400000"), /0x4000/);
  assert.deepEqual(check("bfff00"), NONE);
  assert.deepEqual(check("c0800000"), NONE);
});

Deno.test("validateObjectProperties() finds what cannot be parsed", () => {
  for (const whole of ["3c02", "803c8002", "3d026162", "0b023c02", `3c${MAX_HEX}`]) {
    assert.ok(!isMalformed(check(whole)));
    for (let end = 2; end < whole.length; end += 2) {
      assert.match(reason(whole.slice(0, end)), /cannot be parsed/);
    }
  }
  assert.match(reason("0b013c"), /cannot be parsed/, "inside the immutable ones");
  assert.match(reason(`3d${MAX_HEX}`), /cannot be parsed/);
});

Deno.test("validateObjectProperties() holds values to the limit of a pair", () => {
  const value = "00".repeat(65_535);
  assert.deepEqual(check(`01c0ffff${value}`), NONE);
  assert.match(reason(`01c10000${value}00`), /cannot be parsed/);
});

Deno.test("validateObjectProperties() counts types of 64 bits", () => {
  assert.deepEqual(check(`${MAX_HEX}00`), NONE, "odd: no bytes");
  assert.deepEqual(check(`${MAX_HEX}000000`), NONE, "the same type again");
  assert.match(reason(`${MAX_HEX}000100`), /cannot be parsed/, "overflow");
  assert.deepEqual(check("fffffffffffffffffe" + "05" + "0100"), NONE, "even, then odd");
  assert.deepEqual(check("fe1fffffffffffff" + "00" + "0105" + "0100"), NONE, "across 2^53");
  assert.match(reason("fe1fffffffffffff" + "00" + "0105" + "0105"), /cannot be parsed/);
});

Deno.test("validateObjectProperties() reads the integers of the dialect", () => {
  const bytes = Uint8Array.fromHex("3c4064");
  assert.deepEqual(validateObjectProperties(bytes, { varint: rfc9000, hasMandatory: true }), {
    ...NONE,
    priorGroupGap: 100n,
  });
});
