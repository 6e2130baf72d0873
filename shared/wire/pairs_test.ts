import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../tests/support/properties.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { EncodeError } from "./errors.ts";
import { type Pair, pairs } from "./pairs.ts";
import { rfc9000, type VarintFormat, vi64 } from "./varint.ts";

const MAX = 2n ** 64n - 1n;

function encode(list: readonly Pair[], format: VarintFormat = vi64): string {
  const writer = new ByteWriter(format);
  pairs.encode(writer, list);
  return writer.finish().toHex();
}

function decode(hex: string, format: VarintFormat = vi64): readonly Pair[] {
  return pairs.decode(new ByteReader(Uint8Array.fromHex(hex), format));
}

const VECTORS: [string, VarintFormat, Pair[]][] = [
  ["", vi64, []],
  ["0264", vi64, [{ type: 2n, value: 100n }]],
  ["070178", vi64, [{ type: 7n, value: Uint8Array.of(0x78) }]],
  ["0240640504" + "74657374", rfc9000, [
    { type: 2n, value: 100n },
    { type: 7n, value: Uint8Array.fromHex("74657374") },
  ]],
  ["02010002" + "0100" + "000161", vi64, [
    { type: 2n, value: 1n },
    { type: 2n, value: 2n },
    { type: 3n, value: new Uint8Array(0) },
    { type: 3n, value: Uint8Array.of(0x61) },
  ]],
  ["fffffffffffffffffe" + "ff".repeat(9) + "0100", vi64, [
    { type: MAX - 1n, value: MAX },
    { type: MAX, value: new Uint8Array(0) },
  ]],
];

Deno.test("Pairs are the same both ways", () => {
  for (const [hex, format, list] of VECTORS) {
    assert.equal(encode(list, format), hex);
    assert.deepEqual(decode(hex, format), list);
  }
});

Deno.test("decode() refuses a pair that is not whole", () => {
  for (const hex of ["0264", "bbbdbbbd", "03026162", "ff".repeat(9) + "0161"]) {
    for (let end = 2; end < hex.length; end += 2) {
      assert.throws(() => decode(hex.slice(0, end)), { name: "DecodeError" });
    }
  }
});

Deno.test("decode() refuses types above what the integers hold", () => {
  assert.throws(() => decode("ff".repeat(9) + "00" + "0100"), { fault: "malformed" });
  assert.throws(() => decode("ff".repeat(8) + "00" + "0100", rfc9000), { fault: "malformed" });
});

Deno.test("decode() holds values and their number to the limits", () => {
  assert.equal(decode(`01c0ffff${"00".repeat(65_535)}`).length, 1);
  assert.throws(() => decode("01c10000"), { fault: "malformed" });
  assert.throws(() => decode(`01${"ff".repeat(9)}`), { fault: "malformed" });
  assert.equal(decode("0000".repeat(256)).length, 256);
  assert.throws(() => decode("0000".repeat(257)), { fault: "malformed" });
});

Deno.test("encode() refuses what no reader would read", () => {
  assert.throws(() => encode([{ type: 4n, value: 1n }, { type: 2n, value: 1n }]), EncodeError);
  assert.throws(() => encode([{ type: 3n, value: 1n }]), EncodeError);
  assert.throws(() => encode([{ type: 2n, value: new Uint8Array(1) }]), EncodeError);
  assert.throws(() => encode([{ type: 3n, value: new Uint8Array(65_536) }]), EncodeError);
  assert.throws(() => encode([{ type: 2n ** 64n, value: 1n }]), EncodeError);
});

Deno.test("Any pairs are the same after they were written and read", () => {
  const number = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, MAX / 2n));
  const even = fc.tuple(number.map((n) => n * 2n), fc.bigInt(0n, MAX));
  const odd = fc.tuple(number.map((n) => n * 2n + 1n), fc.uint8Array({ maxLength: 20 }));
  const list: fc.Arbitrary<Pair[]> = fc.array(fc.oneof(even, odd), { maxLength: 20 }).map((array) =>
    array.map(([type, value]) => ({ type, value }))
      .sort((a, b) => a.type < b.type ? -1 : Number(a.type > b.type))
  );
  checkProperty(fc.property(list, (value) => assert.deepEqual(decode(encode(value)), value)), {
    numRuns: 300,
  });
});
