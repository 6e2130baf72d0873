import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../tests/support/properties.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import {
  decodeWhole,
  rfc9000,
  type VarintFormat,
  vi64,
  vi64SizeOfNumber,
  writeVi64Number,
} from "./varint.ts";

const SAFE = Number.MAX_SAFE_INTEGER;

function write(format: VarintFormat, value: bigint): string {
  const into = new Uint8Array(12);
  const end = format.write(into, 1, value);
  assert.equal(end, 1 + format.sizeOf(value));
  assert.equal(into[0], 0);
  assert.deepEqual(into.subarray(end), new Uint8Array(12 - end));
  return into.subarray(1, end).toHex();
}

function writeNumber(format: VarintFormat, value: number): string {
  const into = new Uint8Array(12);
  const end = format.writeNumber(into, 1, value);
  assert.equal(end, 1 + format.sizeOfNumber(value));
  assert.equal(into[0], 0);
  assert.deepEqual(into.subarray(end), new Uint8Array(12 - end));
  return into.subarray(1, end).toHex();
}

function read(format: VarintFormat, hex: string): bigint {
  const bytes = Uint8Array.fromHex(`5a${hex}5a`);
  assert.equal(format.lengthFrom(bytes[1]!), hex.length / 2);
  const value = format.read(bytes, 1);
  const number = format.readNumber(bytes, 1);
  assert.equal(number, value > BigInt(SAFE) ? -1 : Number(value));
  return value;
}

const MINIMAL: [VarintFormat, string, bigint][] = [
  [vi64, "25", 37n],
  [vi64, "bbbd", 15_293n],
  [vi64, "ed7f3e7d", 226_442_877n],
  [vi64, "faa1a0e403d8", 2_893_212_287_960n],
  [vi64, "fc8998abc66bc0", 151_288_809_941_952n],
  [vi64, "fefa318fa8e3ca11", 70_423_237_261_249_041n],
  [vi64, "ffffffffffffffffff", 2n ** 64n - 1n],
  [vi64, "af00", 0x2f00n],
  [vi64, "808c", 0x8cn],
  [vi64, "810c", 0x10cn],
  [vi64, "820c", 0x20cn],
  [vi64, "f0132b3e28", 0x132b3e28n],
  [vi64, "f0132b3e29", 0x132b3e29n],
  [vi64, "fe1fffffffffffff", 2n ** 53n - 1n],
  [vi64, "fe20000000000000", 2n ** 53n],
  [rfc9000, "25", 37n],
  [rfc9000, "7bbd", 15_293n],
  [rfc9000, "9d7f3e7d", 494_878_333n],
  [rfc9000, "c2197c5eff14e88c", 151_288_809_941_952_652n],
  [rfc9000, "6f00", 0x2f00n],
  [rfc9000, "4064", 100n],
  [rfc9000, "ffffffffffffffff", 2n ** 62n - 1n],
];

/** For each length, its largest value and one more. */
const EDGES: [VarintFormat, number, string, string][] = [
  [vi64, 1, "7f", "8080"],
  [vi64, 2, "bfff", "c04000"],
  [vi64, 3, "dfffff", "e0200000"],
  [vi64, 4, "efffffff", "f010000000"],
  [vi64, 5, "f7ffffffff", "f80800000000"],
  [vi64, 6, "fbffffffffff", "fc040000000000"],
  [vi64, 7, "fdffffffffffff", "fe02000000000000"],
  [vi64, 8, "feffffffffffffff", "ff0100000000000000"],
  [rfc9000, 1, "3f", "4040"],
  [rfc9000, 2, "7fff", "80004000"],
  [rfc9000, 4, "bfffffff", "c000000040000000"],
];

Deno.test("The texts' integers are the same both ways", () => {
  for (const [format, hex, value] of MINIMAL) {
    assert.equal(read(format, hex), value);
    assert.equal(write(format, value), hex);
    if (value <= SAFE) assert.equal(writeNumber(format, Number(value)), hex);
  }
});

Deno.test("An integer takes one byte more only when it must", () => {
  for (const [format, length, largest, next] of EDGES) {
    const value = read(format, largest);
    const bits = format === vi64 ? 7 * length : 8 * length - 2;
    assert.equal(value, 2n ** BigInt(bits) - 1n);
    assert.equal(write(format, value), largest);
    assert.equal(read(format, next), value + 1n);
    assert.equal(write(format, value + 1n), next);
    if (value < SAFE) {
      assert.equal(writeNumber(format, Number(value)), largest);
      assert.equal(writeNumber(format, Number(value) + 1), next);
    }
  }
});

Deno.test("read() takes integers that are longer than they need to be", () => {
  const zeros = ["00", "8000", "c00000", "e0000000", "f000000000"];
  zeros.push("f80000000000", "fc000000000000", "fe00000000000000", "ff0000000000000000");
  for (const hex of zeros) assert.equal(read(vi64, hex), 0n);
  assert.equal(read(vi64, "8025"), 37n);
  for (const hex of ["4025", "80000025", "c000000000000025"]) assert.equal(read(rfc9000, hex), 37n);
});

Deno.test("The largest number that is exact is known from one more", () => {
  assert.equal(vi64.readNumber(Uint8Array.fromHex("ff001fffffffffffff"), 0), SAFE);
  assert.equal(vi64.readNumber(Uint8Array.fromHex("ff0020000000000000"), 0), -1);
  assert.equal(rfc9000.readNumber(Uint8Array.fromHex("c01fffffffffffff"), 0), SAFE);
  assert.equal(rfc9000.readNumber(Uint8Array.fromHex("c020000000000000"), 0), -1);
  assert.equal(vi64.readNumber(Uint8Array.fromHex("ff0000000080000000"), 0), 2 ** 31);
  assert.equal(vi64.readNumber(Uint8Array.fromHex("ff00000000ffffffff"), 0), 2 ** 32 - 1);
  assert.equal(vi64.readNumber(Uint8Array.fromHex("ff0000000100000000"), 0), 2 ** 32);
});

Deno.test("sizeOf() refuses what the format cannot carry", () => {
  for (const format of [vi64, rfc9000]) {
    assert.throws(() => format.sizeOf(-1n), EncodeError);
    assert.throws(() => format.sizeOf(format.max + 1n), EncodeError);
    assert.throws(() => format.write(new Uint8Array(9), 0, format.max + 1n), EncodeError);
  }
});

Deno.test("decodeWhole() takes one integer and nothing else", () => {
  assert.equal(decodeWhole(Uint8Array.fromHex("bbbd"), vi64), 15_293n);
  for (const hex of ["", "bb", "bbbd00", "2525"]) {
    assert.throws(() => decodeWhole(Uint8Array.fromHex(hex), vi64), DecodeError);
  }
});

Deno.test("Any integer is the same after it was written and read", () => {
  for (const format of [vi64, rfc9000]) {
    const bits = format === vi64 ? 64 : 62;
    const value = fc.nat({ max: bits }).chain((n) => fc.bigInt({ min: 0n, max: 2n ** BigInt(n) }))
      .filter((n) => n <= format.max);
    checkProperty(
      fc.property(value, (n) => assert.equal(read(format, write(format, n)), n)),
      { numRuns: 500 },
    );
  }
});

Deno.test("A number is written as the integer of the same value", () => {
  const value = fc.nat({ max: 53 }).chain((n) => fc.integer({ min: 0, max: 2 ** n - 1 }));
  for (const format of [vi64, rfc9000]) {
    checkProperty(
      fc.property(value, (n) => assert.equal(writeNumber(format, n), write(format, BigInt(n)))),
      { numRuns: 500 },
    );
  }
  assert.equal(vi64.sizeOfNumber, vi64SizeOfNumber);
  assert.equal(vi64.writeNumber, writeVi64Number);
});

/** Vectors that others made, where somebody has put them beside the project. */
const MOQTAP = new URL("../../../shared/protocol/vectors/moqtap/transport/", import.meta.url);

interface Vector {
  readonly id: string;
  readonly hex: string;
  /** Absent: the bytes are not whole. */
  readonly decoded?: { readonly value: string };
  /** False: there is a shorter form. */
  readonly canonical?: boolean;
}

function vectorsOf(draft: string): Vector[] | undefined {
  try {
    const text = Deno.readTextFileSync(new URL(`${draft}/codec/varint.json`, MOQTAP));
    return JSON.parse(text).vectors;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

for (const draft of ["draft14", "draft16"]) {
  const vectors = vectorsOf(draft);
  Deno.test({
    name: `rfc9000 agrees with moqtap's vectors for ${draft}` +
      (vectors ? "" : " (skipped: the vectors are not beside the project)"),
    ignore: vectors === undefined,
    fn() {
      for (const { id, hex, decoded, canonical = true } of vectors!) {
        if (decoded === undefined) {
          assert.ok(rfc9000.lengthFrom(Uint8Array.fromHex(hex)[0]!) > hex.length / 2, id);
          continue;
        }
        assert.equal(read(rfc9000, hex), BigInt(decoded.value), id);
        if (canonical) assert.equal(write(rfc9000, BigInt(decoded.value)), hex, id);
      }
    },
  });
}
