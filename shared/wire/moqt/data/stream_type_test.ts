import assert from "node:assert/strict";
import { DecodeError } from "../../errors.ts";
import { data18 } from "../drafts/draft18_data.ts";
import { classifyDatagram, classifyUniStream } from "./stream_type.ts";

function kindOf(classify: (type: bigint) => string, type: bigint): string {
  try {
    return classify(type);
  } catch (error) {
    assert.ok(error instanceof DecodeError);
    assert.equal(error.fault, "malformed");
    return "unknown";
  }
}

/** Types of the draft, and what may be mistaken for them. */
function types(): bigint[] {
  const list = [0x2eff, 0x2f00, 0x2f01, 0x132b3e27, 0x132b3e28, 0x132b3e29, 0x132b3e2a].map(BigInt);
  for (let type = 0n; type <= 0x1ffn; type++) list.push(type);
  for (const high of [2n ** 32n, 2n ** 53n, 2n ** 63n]) list.push(high, high + 5n, high + 0x10n);
  return [...list, 2n ** 64n - 1n];
}

/** From each of the first numbers to its second. */
function within(ranges: readonly (readonly [number, number])[], type: bigint): boolean {
  return ranges.some(([from, to]) => type >= from && type <= to);
}

Deno.test("classifyUniStream() knows the types of the draft and no others", () => {
  const subgroups = [
    [0x10, 0x15],
    [0x18, 0x1d],
    [0x30, 0x35],
    [0x38, 0x3d],
    [0x50, 0x55],
    [0x58, 0x5d],
    [0x70, 0x75],
    [0x78, 0x7d],
  ] as const;
  const others: Record<string, string> = { 5: "fetch", 12032: "setup", 321601064: "padding" };
  for (const type of types()) {
    const expected = within(subgroups, type) ? "subgroup" : others[`${type}`] ?? "unknown";
    assert.equal(
      kindOf((type) => classifyUniStream(type, data18), type),
      expected,
      `0x${type.toString(16)}`,
    );
  }
});

Deno.test("classifyDatagram() knows the types of the draft and no others", () => {
  const objects = [
    [0x00, 0x0f],
    [0x20, 0x21],
    [0x24, 0x25],
    [0x28, 0x29],
    [0x2c, 0x2d],
  ] as const;
  for (const type of types()) {
    let expected = within(objects, type) ? "object" : "unknown";
    if (type === 0x132b3e29n) expected = "padding";
    assert.equal(
      kindOf((type) => classifyDatagram(type, data18), type),
      expected,
      `0x${type.toString(16)}`,
    );
  }
});

Deno.test("classifyDatagram() leaves out what a dialect does not have", () => {
  const data14 = { ...data18, datagramBits: 0x27 };
  assert.equal(kindOf((type) => classifyDatagram(type, data14), 0x21n), "object");
  assert.equal(kindOf((type) => classifyDatagram(type, data14), 0x08n), "unknown");
});
