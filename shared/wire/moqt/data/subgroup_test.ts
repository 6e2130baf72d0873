import assert from "node:assert/strict";
import { ByteReader } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { data18 } from "../drafts/draft18_data.ts";
import type { DataDialect } from "./dialect.ts";
import {
  decodeSubgroupHeader,
  encodeSubgroupHeader,
  isSubgroupType,
  type SubgroupHeader,
} from "./subgroup.ts";
import { vi64 } from "../../varint.ts";

const HEADER: SubgroupHeader = {
  alias: 2n,
  group: 5n,
  subgroup: 0n,
  priority: undefined,
  hasProperties: false,
  endOfGroup: false,
  firstObject: false,
};

const MAX = 2n ** 64n - 1n;

function decode(hex: string): SubgroupHeader {
  const reader = new ByteReader(Uint8Array.fromHex(hex), vi64);
  const header = decodeSubgroupHeader(reader, reader.varint(), data18);
  reader.end("the header");
  return header;
}

function fails(fault: DecodeError["fault"]): (error: unknown) => boolean {
  return (error) => error instanceof DecodeError && error.fault === fault;
}

const VECTORS: [string, string, Partial<SubgroupHeader>][] = [
  ["the guide's example", "700205", { firstObject: true }],
  ["the draft's first example, subgroup 0 implied", "10020000", { group: 0n, priority: 0 }],
  ["the draft's second example, subgroup 0 implied", "310200", { group: 0n, hasProperties: true }],
  ["the id of the first object", "320205", { subgroup: undefined }],
  ["a subgroup id", "34020507", { subgroup: 7n }],
  ["the end of the group", "380205", { endOfGroup: true }],
  ["everything", "5d020507ff", {
    subgroup: 7n,
    priority: 255,
    hasProperties: true,
    endOfGroup: true,
    firstObject: true,
  }],
  ["the largest ids", `34${"f".repeat(54)}`, { alias: MAX, group: MAX, subgroup: MAX }],
];

for (const [name, hex, fields] of VECTORS) {
  Deno.test(`A subgroup header with ${name} is the same both ways`, () => {
    const header = { ...HEADER, ...fields };
    assert.deepEqual(decode(hex), header);
    assert.equal(encodeSubgroupHeader(header, data18).toHex(), hex);
  });

  Deno.test(`decodeSubgroupHeader() finds every prefix of a header with ${name} short`, () => {
    for (let end = 2; end < hex.length; end += 2) {
      assert.throws(() => decode(hex.slice(0, end)), fails("short"));
    }
  });
}

Deno.test("decodeSubgroupHeader() reads the draft's examples as they are written", () => {
  const example = { ...HEADER, group: 0n };
  assert.deepEqual(decode("1402000000"), { ...example, priority: 0 });
  assert.deepEqual(decode("35020000"), { ...example, hasProperties: true });
});

Deno.test("decodeSubgroupHeader() reads integers that are longer than they need to be", () => {
  assert.deepEqual(decode("807480028005c00007"), { ...HEADER, subgroup: 7n, firstObject: true });
});

Deno.test("isSubgroupType() knows exactly the types of the draft", () => {
  const valid: number[] = [];
  for (const high of [0x10, 0x18, 0x30, 0x38, 0x50, 0x58, 0x70, 0x78]) {
    for (let low = 0; low <= 5; low++) valid.push(high + low);
  }
  for (let type = 0; type <= 0x1ff; type++) {
    assert.equal(
      isSubgroupType(BigInt(type), data18),
      valid.includes(type),
      `0x${type.toString(16)}`,
    );
  }
  assert.equal(isSubgroupType(2n ** 32n + 0x10n, data18), false);
  assert.equal(isSubgroupType(MAX, data18), false);
});

Deno.test("decodeSubgroupHeader() refuses a type that is none of a subgroup", () => {
  const reader = new ByteReader(Uint8Array.fromHex("0205"), vi64);
  assert.throws(() => decodeSubgroupHeader(reader, 0x36n, data18), fails("malformed"));
});

Deno.test("A dialect without bits refuses them, and leaves the promise of the first object out", () => {
  const data14: DataDialect = { ...data18, subgroupBits: 0x1f };
  assert.equal(isSubgroupType(0x1dn, data14), true);
  assert.equal(isSubgroupType(0x30n, data14), false);
  assert.equal(isSubgroupType(0x50n, data14), false);
  const header = { ...HEADER, priority: 1, firstObject: true };
  assert.equal(encodeSubgroupHeader(header, data14).toHex(), "10020501");
  assert.throws(() => encodeSubgroupHeader(HEADER, data14), EncodeError);
});

Deno.test("encodeSubgroupHeader() refuses what the integers cannot carry", () => {
  assert.throws(() => encodeSubgroupHeader({ ...HEADER, group: MAX + 1n }, data18), EncodeError);
  assert.throws(() => encodeSubgroupHeader({ ...HEADER, alias: -1n }, data18), EncodeError);
  assert.throws(() => encodeSubgroupHeader({ ...HEADER, priority: 256 }, data18), EncodeError);
});
