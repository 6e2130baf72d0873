import { rfc9000 } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../tests/support/properties.ts";
import { concat, decodeVarint, encodeVarint } from "./varint.ts";

// RFC 9000, appendix A.1, and the edges of each length.
const EXAMPLES: readonly (readonly [value: bigint, hex: string])[] = [
  [0n, "00"],
  [37n, "25"],
  [63n, "3f"],
  [64n, "4040"],
  [15293n, "7bbd"],
  [16383n, "7fff"],
  [16384n, "80004000"],
  [494878333n, "9d7f3e7d"],
  [2n ** 30n, "c000000040000000"],
  [151288809941952652n, "c2197c5eff14e88c"],
  [rfc9000.max, "ffffffffffffffff"],
];

for (const [value, hex] of EXAMPLES) {
  Deno.test(`encodeVarint() and decodeVarint() agree that ${value} is ${hex}`, () => {
    const bytes = Uint8Array.fromHex(hex);
    assert.equal(encodeVarint(value).toHex(), hex);
    assert.deepEqual(decodeVarint(bytes), { value, end: bytes.length });
    for (let cut = 0; cut < bytes.length; cut++) {
      assert.equal(decodeVarint(bytes.subarray(0, cut)), undefined);
    }
  });
}

Deno.test("decodeVarint() takes longer encodings than are needed", () => {
  assert.deepEqual(decodeVarint(Uint8Array.fromHex("4025")), { value: 37n, end: 2 });
  assert.deepEqual(decodeVarint(Uint8Array.fromHex("c000000000000025")), { value: 37n, end: 8 });
});

Deno.test("decodeVarint() begins where it is told to", () => {
  assert.deepEqual(decodeVarint(Uint8Array.fromHex("ff7bbd00"), 1), { value: 15293n, end: 3 });
});

Deno.test("encodeVarint() refuses what does not fit", () => {
  assert.throws(() => encodeVarint(-1n), { name: "EncodeError" });
  assert.throws(() => encodeVarint(rfc9000.max + 1n), { name: "EncodeError" });
});

Deno.test("every integer survives, in the length its first byte tells", () => {
  checkProperty(
    fc.property(fc.bigInt(0n, rfc9000.max), (value) => {
      const bytes = encodeVarint(value);
      assert.equal(rfc9000.lengthFrom(bytes[0]!), bytes.length);
      assert.deepEqual(decodeVarint(bytes), { value, end: bytes.length });
    }),
  );
});

Deno.test("concat() puts parts together", () => {
  assert.equal(concat(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)).toHex(), "010203");
});
