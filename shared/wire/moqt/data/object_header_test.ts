import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import { rfc9000 } from "../../varint.ts";
import { data18 } from "../drafts/draft18_data.ts";
import type { DataDialect } from "./dialect.ts";
import {
  MAX_OBJECT_HEADER_BYTES,
  ObjectHeaderDecoder,
  objectHeaderSize,
  writeObjectHeader,
} from "./object_header.ts";
import { SHORT } from "../../varint_end.ts";

interface Seen {
  id: number;
  properties: string;
  payload: string;
  status: number;
}

/** All objects of a stream whose bytes are all there. */
function objects(hex: string, hasProperties: boolean, dialect: DataDialect = data18): Seen[] {
  const bytes = Uint8Array.fromHex(hex);
  const decoder = new ObjectHeaderDecoder(hasProperties, dialect);
  const seen: Seen[] = [];
  for (let at = 0; at < bytes.length;) {
    const payload = decoder.decode(bytes, at, bytes.length);
    if (payload === SHORT) throw new Error("short");
    at = payload + decoder.payloadLength;
    seen.push({
      id: decoder.id,
      properties: bytes.subarray(decoder.propertiesStart, decoder.propertiesEnd).toHex(),
      payload: bytes.subarray(payload, at).toHex(),
      status: decoder.status,
    });
  }
  return seen;
}

/** What {@linkcode objects} would read. */
function written(list: Seen[], hasProperties: boolean, dialect: DataDialect = data18): string {
  let hex = "";
  let previous = -1;
  for (const { id, properties, payload, status } of list) {
    const block = Uint8Array.fromHex(properties);
    const length = payload.length / 2;
    const delta = id - previous - 1;
    previous = id;
    const given = hasProperties ? block : undefined;
    const size = objectHeaderSize(delta, hasProperties, given, length, status, dialect.varint);
    const into = new Uint8Array(size + 3);
    const end = writeObjectHeader(
      into,
      3,
      delta,
      hasProperties,
      given,
      length,
      status,
      dialect.varint,
    );
    assert.equal(end, into.length);
    hex += into.subarray(3).toHex() + payload;
  }
  return hex;
}

function malformed(error: unknown): boolean {
  return error instanceof DecodeError && error.fault === "malformed";
}

const NORMAL = { properties: "", status: 0 };

const VECTORS: [string, string, boolean, Seen[]][] = [
  ["the guide's example", "00026869" + "000121", false, [
    { ...NORMAL, id: 0, payload: "6869" },
    { ...NORMAL, id: 1, payload: "21" },
  ]],
  ["the draft's first example", "000461626364" + "000465666768", false, [
    { ...NORMAL, id: 0, payload: "61626364" },
    { ...NORMAL, id: 1, payload: "65666768" },
  ]],
  ["skipped ids", "0501aa" + "0201bb" + "80800100", false, [
    { ...NORMAL, id: 5, payload: "aa" },
    { ...NORMAL, id: 8, payload: "bb" },
    { ...NORMAL, id: 137, payload: "00" },
  ]],
  ["an empty object and the ends", "000000" + "000003" + "000004", false, [
    { ...NORMAL, id: 0, payload: "" },
    { ...NORMAL, id: 1, payload: "", status: 3 },
    { ...NORMAL, id: 2, payload: "", status: 4 },
  ]],
  ["properties", "00023c010162" + "00000000" + "00000004", true, [
    { ...NORMAL, id: 0, properties: "3c01", payload: "62" },
    { ...NORMAL, id: 1, payload: "" },
    { ...NORMAL, id: 2, payload: "", status: 4 },
  ]],
];

for (const [name, hex, hasProperties, list] of VECTORS) {
  Deno.test(`Objects with ${name} are the same both ways`, () => {
    assert.deepEqual(objects(hex, hasProperties), list);
    assert.equal(written(list, hasProperties), hex);
  });
}

Deno.test("ObjectHeaderDecoder.decode() reads the draft's block of two properties", () => {
  const block = "04f0825817d3" + "4915" + "74726163654944".padEnd(42, "0");
  const hex = `00${(block.length / 2).toString(16)}${block}0461626364`;
  assert.deepEqual(objects(hex, true), [
    { id: 0, properties: block, payload: "61626364", status: 0 },
  ]);
});

for (
  const [name, hex, hasProperties] of [
    ["one-byte fields", "00023c0102", true],
    ["long fields", "80000002" + "3c01" + "c0400201", true],
    ["a status", "0100008003", true],
    ["no properties", "bfffff0000000000000005", false],
  ] as const
) {
  Deno.test(`ObjectHeaderDecoder.decode() waits for all of a header with ${name}`, () => {
    const bytes = Uint8Array.fromHex(`ffff${hex}`);
    const decoder = new ObjectHeaderDecoder(hasProperties, data18);
    const before = { ...decoder };
    const whole = new ObjectHeaderDecoder(hasProperties, data18);
    const payload = whole.decode(bytes, 2, bytes.length);
    assert.ok(payload > 2);
    for (let end = 2; end < payload; end++) {
      assert.equal(decoder.decode(bytes, 2, end), SHORT);
      assert.deepEqual({ ...decoder }, before);
    }
    assert.equal(decoder.decode(bytes, 2, payload), payload);
    assert.deepEqual({ ...decoder }, { ...whole });
  });
}

Deno.test("ObjectHeaderDecoder.decode() reads integers that are longer than they need to be", () => {
  const hex = "8001" + "c00002" + "3c01" + "e0000001" + "aa" + "8000" + "8000" + "8000" + "8003";
  assert.deepEqual(objects(hex, true), [
    { id: 1, properties: "3c01", payload: "aa", status: 0 },
    { id: 2, properties: "", payload: "", status: 3 },
  ]);
});

Deno.test("ObjectHeaderDecoder.decode() counts up to the largest object id and no further", () => {
  const largest = "fe1fffffffffffff";
  const [object] = objects(`${largest}0100`, false);
  assert.equal(object?.id, MAX_OBJECT_ID);
  assert.throws(() => objects(`${largest}0100` + "000100", false), { fault: "object_id" });
  assert.throws(() => objects("fe200000000000000100", false), { fault: "object_id" });
  assert.throws(() => objects("000100" + `${largest}0100`, false), { fault: "object_id" });
});

Deno.test("ObjectHeaderDecoder.decode() refuses an id of more than 64 bits as malformed", () => {
  const max = "ff".repeat(9);
  assert.throws(() => objects(`${max}0100`, false), { fault: "object_id" });
  assert.throws(() => objects("000100" + `${max}0100`, false), malformed);
});

Deno.test("ObjectHeaderDecoder.decode() refuses an id as soon as it is there", () => {
  const bytes = new Uint8Array(9).fill(0xff);
  const decoder = new ObjectHeaderDecoder(true, data18);
  assert.equal(decoder.decode(bytes, 0, 8), SHORT);
  assert.throws(() => decoder.decode(bytes, 0, 9), { fault: "object_id" });
});

Deno.test("ObjectHeaderDecoder.decode() takes properties up to their limit and no longer", () => {
  const most = Uint8Array.fromHex("00c10000");
  assert.equal(new ObjectHeaderDecoder(true, data18).decode(most, 0, 4), SHORT);
  const more = Uint8Array.fromHex("00c10001");
  assert.throws(() => new ObjectHeaderDecoder(true, data18).decode(more, 0, 4), malformed);
  const most64 = Uint8Array.fromHex(`00${"ff".repeat(9)}`);
  assert.throws(() => new ObjectHeaderDecoder(true, data18).decode(most64, 0, 10), malformed);
});

Deno.test("ObjectHeaderDecoder.decode() knows payloads of up to 2^53-1 bytes", () => {
  const decoder = new ObjectHeaderDecoder(false, data18);
  const bytes = Uint8Array.fromHex("00fe1fffffffffffff");
  assert.equal(decoder.decode(bytes, 0, bytes.length), bytes.length);
  assert.equal(decoder.payloadLength, Number.MAX_SAFE_INTEGER);
  const more = Uint8Array.fromHex("00fe20000000000000");
  assert.throws(() => decoder.decode(more, 0, more.length), malformed);
});

Deno.test("ObjectHeaderDecoder.decode() knows three statuses", () => {
  for (let status = 0; status < 0x80; status++) {
    const decoder = new ObjectHeaderDecoder(false, data18);
    const bytes = Uint8Array.of(0, 0, status);
    if (status === 0 || status === 3 || status === 4) {
      assert.equal(decoder.decode(bytes, 0, 3), 3);
      assert.equal(decoder.status, status);
    } else {
      assert.throws(() => decoder.decode(bytes, 0, 3), malformed);
    }
  }
  assert.throws(() => objects(`0000${"ff".repeat(9)}`, false), malformed);
});

Deno.test("ObjectHeaderDecoder.decode() refuses properties on an object that is not normal", () => {
  assert.throws(() => objects("00023c010003", true), malformed);
  assert.throws(() => objects("00023c010004", true), malformed);
  assert.equal(objects("00023c010000", true).length, 1);
});

Deno.test("A dialect brings its own integers and statuses", () => {
  const data14: DataDialect = { ...data18, varint: rfc9000, statuses: new Set([0, 1, 3, 4]) };
  const list = [
    { id: 100, properties: "3c01", payload: "aa", status: 0 },
    { id: 101, properties: "", payload: "", status: 1 },
  ];
  assert.equal(written(list, true, data14), "4064023c0101aa" + "00000001");
  assert.deepEqual(objects("4064023c0101aa00000001", true, data14), list);
  const overflow = "000100" + `${"ff".repeat(8)}0100`;
  assert.throws(() => objects(overflow, false, data14), malformed);
});

Deno.test("writeObjectHeader() needs no more than the limit says", () => {
  const properties = new Uint8Array(65_536);
  const size = objectHeaderSize(MAX_OBJECT_ID, true, properties, MAX_OBJECT_ID, 0, data18.varint);
  assert.ok(size <= MAX_OBJECT_HEADER_BYTES);
});

Deno.test("writeObjectHeader() refuses what no object is", () => {
  const into = new Uint8Array(32);
  const block = Uint8Array.of(0x3c, 1);
  assert.throws(
    () => writeObjectHeader(into, 0, 0, false, block, 1, 0, data18.varint),
    EncodeError,
  );
  assert.throws(() => writeObjectHeader(into, 0, 0, true, block, 0, 3, data18.varint), EncodeError);
  assert.throws(
    () => writeObjectHeader(into, 0, 0, true, undefined, 1, 3, data18.varint),
    EncodeError,
  );
  assert.throws(() => objectHeaderSize(0, false, block, 1, 0, data18.varint), EncodeError);
  for (const wrong of [-1, 0.5, 2 ** 53]) {
    assert.throws(
      () => writeObjectHeader(into, 0, wrong, true, block, 1, 0, data18.varint),
      EncodeError,
    );
    assert.throws(
      () => writeObjectHeader(into, 0, 0, true, block, wrong, 0, data18.varint),
      EncodeError,
    );
  }
});
