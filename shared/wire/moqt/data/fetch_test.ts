import { data18 } from "../drafts/draft18_data.ts";
import assert from "node:assert/strict";
import { ByteReader } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { MAX_OBJECT_ID } from "../../limits.ts";
import { decodeFetchHeader, encodeFetchHeader } from "./fetch.ts";
import type { FetchDecoder, FetchObject } from "./fetch_layout.ts";
import { SHORT } from "../../varint_end.ts";
import { vi64 } from "../../varint.ts";

type Order = "ascending" | "descending";

const MAX = 2n ** 64n - 1n;
const MAX_HEX = "ff".repeat(9);

/** All items of a stream, each in a line; "short" when the last is not whole. */
function items(hex: string, order: Order = "ascending"): string[] {
  const bytes = Uint8Array.fromHex(hex);
  const decoder = data18.fetch.decoder(order, data18);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = decoder.decode(bytes, at, bytes.length);
    if (next === SHORT) return [...lines, "short"];
    at = next + decoder.payloadLength;
    lines.push(describe(decoder, bytes, next));
  }
  return lines;
}

function describe(item: FetchDecoder, bytes: Uint8Array, payloadAt: number): string {
  const location = `${item.group}.${item.object}`;
  if (item.kind !== "object") return `${item.kind} to ${location}`;
  const properties = bytes.subarray(item.propertiesStart, item.propertiesEnd).toHex();
  const payload = bytes.subarray(payloadAt, payloadAt + item.payloadLength).toHex();
  const subgroup = item.subgroup ?? "datagram";
  return `${location} in ${subgroup}, priority ${item.priority}, [${properties}] ${payload}`;
}

function fails(fault: DecodeError["fault"]): (error: unknown) => boolean {
  return (error) => error instanceof DecodeError && error.fault === fault;
}

function object(group: bigint, id: number, fields: Partial<FetchObject> = {}): FetchObject {
  return {
    group,
    subgroup: 0n,
    object: id,
    priority: 128,
    properties: undefined,
    payloadLength: 0,
    ...fields,
  };
}

Deno.test("A fetch header is the same both ways", () => {
  assert.equal(encodeFetchHeader(4n, data18).toHex(), "0504");
  assert.equal(encodeFetchHeader(MAX, data18).toHex(), `05${MAX_HEX}`);
  const reader = new ByteReader(Uint8Array.fromHex(MAX_HEX), vi64);
  assert.equal(decodeFetchHeader(reader), MAX);
  assert.throws(() => decodeFetchHeader(new ByteReader(Uint8Array.of(0x80), vi64)), fails("short"));
});

Deno.test("FetchDecoder reads the guide's example", () => {
  assert.deepEqual(items("1c0703800161" + "000162" + "0c00000163" + "810c0905"), [
    "7.3 in 0, priority 128, [] 61",
    "7.4 in 0, priority 128, [] 62",
    "8.0 in 0, priority 128, [] 63",
    "unknown to 9.5",
  ]);
});

Deno.test("FetchWriter writes the guide's example", () => {
  const writer = data18.fetch.writer("ascending", data18);
  const hex = [
    writer.object(object(7n, 3, { payloadLength: 1 })),
    writer.object(object(7n, 4, { payloadLength: 1 })),
    writer.object(object(8n, 0, { payloadLength: 1 })),
    writer.unknownUpTo(9n, 5),
  ].map((bytes) => bytes.toHex());
  assert.deepEqual(hex, ["1c07038001", "0001", "0c000001", "810c0905"]);
});

const VECTORS: [string, Order, string, string[]][] = [
  ["subgroups", "ascending", "1f0009008000" + "0100" + "0200" + "0000" + "030500", [
    "0.0 in 9, priority 128, [] ",
    "0.1 in 9, priority 128, [] ",
    "0.2 in 10, priority 128, [] ",
    "0.3 in 0, priority 128, [] ",
    "0.4 in 5, priority 128, [] ",
  ]],
  ["datagrams, whatever their subgroup bits", "ascending", "5f00008000" + "4100" + "430161", [
    "0.0 in datagram, priority 128, [] ",
    "0.1 in datagram, priority 128, [] ",
    "0.2 in datagram, priority 128, [] 61",
  ]],
  ["gaps of objects", "ascending", "1c0702800161" + "04050162" + "04000163" + "0c03020164", [
    "7.2 in 0, priority 128, [] 61",
    "7.7 in 0, priority 128, [] 62",
    "7.7 in 0, priority 128, [] 63",
    "11.2 in 0, priority 128, [] 64",
  ]],
  ["a group without its object", "ascending", "1c07028000" + "080000" + "0801027a7a", [
    "7.2 in 0, priority 128, [] ",
    "8.3 in 0, priority 128, [] ",
    "10.4 in 0, priority 128, [] 7a7a",
  ]],
  ["descending groups", "descending", "1c07028000" + "0c000000" + "0c050000", [
    "7.2 in 0, priority 128, [] ",
    "6.0 in 0, priority 128, [] ",
    "0.0 in 0, priority 128, [] ",
  ]],
  ["priorities and properties", "ascending", "3c0000ff023c010161" + "100100" + "200000", [
    "0.0 in 0, priority 255, [3c01] 61",
    "0.1 in 0, priority 1, [] ",
    "0.2 in 0, priority 1, [] ",
  ]],
  ["ends of ranges", "ascending", "808c0204" + "14008000" + "810c0903" + "0000", [
    "non_existent to 2.4",
    "2.4 in 0, priority 128, [] ",
    "unknown to 9.3",
    "9.4 in 0, priority 128, [] ",
  ]],
  ["what a range leaves as it was", "ascending", "1f0007000a00" + "808c0101" + "090000", [
    "0.0 in 7, priority 10, [] ",
    "non_existent to 1.1",
    "2.2 in 7, priority 10, [] ",
  ]],
];

for (const [name, order, hex, lines] of VECTORS) {
  Deno.test(`FetchDecoder reads ${name}`, () => assert.deepEqual(items(hex, order), lines));
}

Deno.test("FetchDecoder waits for all of each item", () => {
  const item = "3f" + "8007" + "c00005" + "8003" + "80" + "023c01" + "8002";
  for (const [hex, order] of [[item, "ascending"], ["810c8009ff0000000000000005", "descending"]]) {
    const bytes = Uint8Array.fromHex(`ffff${hex}`);
    const decoder = data18.fetch.decoder(order as Order, data18);
    const before = { ...decoder };
    for (let end = 2; end < bytes.length; end++) {
      assert.equal(decoder.decode(bytes, 2, end), SHORT);
      assert.deepEqual({ ...decoder }, before);
    }
    assert.equal(decoder.decode(bytes, 2, bytes.length), bytes.length);
    const fresh = data18.fetch.decoder(order as Order, data18);
    assert.equal(fresh.decode(bytes, 2, bytes.length), bytes.length);
    assert.deepEqual({ ...decoder }, { ...fresh });
  }
});

Deno.test("FetchDecoder keeps what came before while an item is not whole", () => {
  assert.deepEqual(items("1f0709038000" + "02"), ["7.3 in 9, priority 128, [] ", "short"]);
  const bytes = Uint8Array.fromHex("1f0709038000" + "1a00" + "0100");
  const decoder = data18.fetch.decoder("ascending", data18);
  assert.equal(decoder.decode(bytes, 0, 6), 6);
  assert.equal(decoder.decode(bytes, 6, 9), SHORT);
  assert.equal(decoder.decode(bytes, 6, 10), 10);
  assert.equal(describe(decoder, bytes, 10), "8.4 in 10, priority 1, [] ");
});

Deno.test("FetchDecoder refuses an object that refers to none before it", () => {
  const cases: [string, string][] = [
    ["a first object without its group", "1403800161"],
    ["a first object without its object id", "1807800161"],
    ["a first object without its priority", "0c07030161"],
    ["a first object with nothing", "0000"],
    ["a first object in the prior subgroup", "1d0703800161"],
    ["a first object in the next subgroup", "1e0703800161"],
    ["a subgroup behind a datagram", "5c07038000" + "0100"],
    ["the next subgroup behind a datagram", "5c07038000" + "0200"],
    ["a priority behind a range alone", "808c0703" + "0000"],
    ["a subgroup behind a range alone", "808c0703" + "118000"],
    ["the next subgroup behind a range alone", "808c0703" + "128000"],
  ];
  for (const [name, hex] of cases) assert.throws(() => items(hex), fails("malformed"), name);
});

Deno.test("FetchDecoder knows the flags below 128 and two values above", () => {
  for (let flags = 0; flags <= 0x3fff; flags++) {
    const bytes = new Uint8Array(40);
    bytes[0] = 0x80 | flags >> 8;
    bytes[1] = flags;
    const decoder = data18.fetch.decoder("ascending", data18);
    decoder.decode(Uint8Array.fromHex("1f0000008000"), 0, 6);
    if (flags < 128 || flags === 0x8c || flags === 0x10c) {
      assert.ok(decoder.decode(bytes, 0, 40) > 2);
    } else {
      assert.throws(() => decoder.decode(bytes, 0, 40), fails("malformed"));
    }
  }
  assert.throws(() => items(MAX_HEX), fails("malformed"));
});

Deno.test("FetchDecoder refuses groups that do not exist", () => {
  assert.deepEqual(items(`1c${MAX_HEX}008000`), [`${MAX}.0 in 0, priority 128, [] `]);
  assert.deepEqual(items(`1c00008000` + `0cfffffffffffffffffe0000`)[1]?.split(".")[0], `${MAX}`);
  assert.throws(() => items(`1c00008000` + `0c${MAX_HEX}0000`), fails("malformed"));
  assert.throws(() => items(`1c${MAX_HEX}008000` + "0c000000"), fails("malformed"));
  assert.throws(() => items("1c00008000" + "0c000000", "descending"), fails("malformed"));
  assert.throws(() => items("1c07008000" + "0c070000", "descending"), fails("malformed"));
  assert.equal(items("1c07008000" + "0c060000", "descending")[1]?.split(".")[0], "0");
});

Deno.test("FetchDecoder refuses subgroups that do not exist", () => {
  assert.throws(() => items(`1f00${MAX_HEX}008000` + "0200"), fails("malformed"));
  assert.ok(items(`1f00${MAX_HEX}008000` + "0100")[1]?.startsWith(`0.1 in ${MAX},`));
});

Deno.test("FetchDecoder counts up to the largest object id and no further", () => {
  const largest = "fe1fffffffffffff";
  const first = `1c00${largest}8000`;
  assert.equal(items(first)[0], `0.${MAX_OBJECT_ID} in 0, priority 128, [] `);
  assert.throws(() => items(`${first}0000`), fails("object_id"));
  assert.throws(() => items(`${first}040100`), fails("object_id"));
  assert.throws(() => items(`${first}04${largest}00`), fails("object_id"));
  assert.throws(() => items("1c00fe200000000000008000"), fails("object_id"));
  assert.throws(() => items(`1c00${MAX_HEX}8000`), fails("object_id"));
  assert.throws(() => items("1c00018000" + `04${MAX_HEX}00`), fails("malformed"));
});

Deno.test("FetchDecoder takes ranges to the end of all object ids", () => {
  assert.deepEqual(items(`810c07${MAX_HEX}` + "1c00008000"), [
    `unknown to 7.${MAX_OBJECT_ID}`,
    "8.0 in 0, priority 128, [] ",
  ]);
  assert.throws(() => items(`810c07${MAX_HEX}` + "1400" + "8000"), fails("object_id"));
  assert.throws(() => items(`810c07${MAX_HEX}` + "108000"), fails("object_id"));
});

Deno.test("FetchDecoder refuses lengths above their limits as soon as they are there", () => {
  assert.throws(() => items("3c000080c10001"), fails("malformed"));
  assert.deepEqual(items("3c000080c10000"), ["short"]);
  assert.throws(() => items(`1c000080${MAX_HEX}`), fails("malformed"));
});

Deno.test("FetchWriter says as little as all receivers understand", () => {
  const writer = data18.fetch.writer("descending", data18);
  const properties = Uint8Array.of(0x3c, 1);
  const written: [Uint8Array, string][] = [
    [writer.object(object(9n, 0, { subgroup: 6n })), "1f0906008000"],
    [writer.object(object(9n, 1, { subgroup: 6n })), "0100"],
    [writer.object(object(9n, 4, { subgroup: 7n })), "060300"],
    [writer.object(object(9n, 5, { subgroup: undefined, properties })), "60023c0100"],
    [writer.object(object(9n, 6, { subgroup: 7n })), "030700"],
    [writer.nonExistentUpTo(9n, 9), "808c0909"],
    [writer.object(object(6n, 10, { subgroup: 7n, priority: 1 })), "1d020a0100"],
    [writer.unknownUpTo(5n, MAX_OBJECT_ID), "810c05fe1fffffffffffff"],
    [writer.object(object(0n, 0, { priority: 1, properties: new Uint8Array(0) })), "0c040000"],
  ];
  for (const [bytes, hex] of written) assert.equal(bytes.toHex(), hex);
});

Deno.test("FetchWriter writes an object behind a range that comes first", () => {
  const writer = data18.fetch.writer("ascending", data18);
  const hex = writer.unknownUpTo(2n, 4).toHex() + writer.object(object(2n, 7)).toHex();
  assert.equal(hex, "810c0204" + "14038000");
  assert.deepEqual(items(hex), ["unknown to 2.4", "2.7 in 0, priority 128, [] "]);
});

Deno.test("FetchWriter refuses what is out of order", () => {
  for (const order of ["ascending", "descending"] as const) {
    const writer = data18.fetch.writer(order, data18);
    writer.object(object(7n, 3));
    assert.throws(() => writer.object(object(7n, 3)), EncodeError);
    assert.throws(() => writer.object(object(7n, 2)), EncodeError);
    assert.throws(() => writer.unknownUpTo(7n, 3), EncodeError);
    const wrong = order === "ascending" ? 6n : 8n;
    assert.throws(() => writer.object(object(wrong, 9)), EncodeError);
    assert.throws(() => writer.nonExistentUpTo(wrong, 9), EncodeError);
    assert.equal(writer.object(object(7n, 4)).toHex(), "0000", "a refusal changes nothing");
  }
  assert.throws(
    () => data18.fetch.writer("ascending", data18).object(object(0n, 2 ** 53)),
    EncodeError,
  );
});

Deno.test("FetchWriter changes nothing when it cannot encode a group", () => {
  const writer = data18.fetch.writer("ascending", data18);
  writer.object(object(7n, 3));
  assert.throws(() => writer.object(object(MAX * 4n, 0)), EncodeError);
  assert.equal(writer.object(object(7n, 4)).toHex(), "0000");
});
