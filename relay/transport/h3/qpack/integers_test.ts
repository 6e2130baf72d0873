import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../../../tests/support/properties.ts";
import { Http3Error } from "../codes.ts";
import { decodeInteger, encodeInteger, takeByte } from "./integers.ts";

// RFC 7541, appendix C.1.
const EXAMPLES = [
  { value: 10, bits: 5, hex: "0a" },
  { value: 1337, bits: 5, hex: "1f9a0a" },
  { value: 42, bits: 8, hex: "2a" },
  { value: 0, bits: 3, hex: "00" },
  { value: 7, bits: 3, hex: "0700" },
  { value: 254, bits: 8, hex: "fe" },
  { value: 255, bits: 8, hex: "ff00" },
];

for (const { value, bits, hex } of EXAMPLES) {
  Deno.test(`encodeInteger() and decodeInteger() agree on ${value} behind ${bits} bits`, () => {
    assert.equal(new Uint8Array(encodeInteger(value, bits, 0)).toHex(), hex);
    assert.equal(decode(Uint8Array.fromHex(hex), bits), value);
  });
}

Deno.test("decodeInteger() leaves the flags above the prefix alone", () => {
  assert.deepEqual(encodeInteger(1337, 5, 0xe0), [0xff, 0x9a, 0x0a]);
  assert.equal(decode(Uint8Array.fromHex("ff9a0a"), 5), 1337);
  assert.equal(decode(Uint8Array.fromHex("ea"), 5), 10);
});

Deno.test("decodeInteger() refuses what ends early or goes on for too long", () => {
  for (const hex of ["", "1f", "1f80", "1f9a", "1f8080808080", "1fffffffffffffffffff7f"]) {
    assert.throws(() => decode(Uint8Array.fromHex(hex), 5), Http3Error, hex);
  }
});

Deno.test("every integer survives behind every prefix", () => {
  checkProperty(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 20 }),
      fc.integer({ min: 1, max: 8 }),
      (value, bits) => {
        assert.equal(decode(new Uint8Array(encodeInteger(value, bits, 0)), bits), value);
      },
    ),
  );
});

function decode(bytes: Uint8Array, bits: number): number {
  const cursor = { bytes, at: 0 };
  const value = decodeInteger(cursor, takeByte(cursor), bits);
  assert.equal(cursor.at, bytes.length);
  return value;
}
