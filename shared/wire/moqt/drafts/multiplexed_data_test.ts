/** Data streams and datagrams of drafts 14 to 16, by their bytes. */
import {
  ByteReader,
  classifyUniStream,
  type DataDialect,
  decodeDatagram,
  DecodeError,
  decodeSubgroupHeader,
  encodeDatagram,
  EncodeError,
  encodeSubgroupHeader,
  type FetchObject,
  isSubgroupType,
  MAX_OBJECT_ID,
  type ObjectDatagram,
  ObjectHeaderDecoder,
  rfc9000,
  SHORT,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytesOf } from "../../../../tests/support/message_vectors.ts";
import { classifyDatagram } from "../data/stream_type.ts";
import { data14 } from "./draft14_data.ts";
import { data15 } from "./draft15_data.ts";
import { data16 } from "./draft16_data.ts";
import { data17 } from "./draft17_data.ts";
import { data18 } from "./draft18_data.ts";

const NONE = new Uint8Array(0);
type Order = "ascending" | "descending";

/** Numbers from 0 to 0xff for which this holds. */
function typesOf(holds: (type: bigint) => boolean): number[] {
  return Array.from({ length: 0x100 }, (_, type) => type).filter((type) => holds(BigInt(type)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const LOW = [...range(0x10, 0x15), ...range(0x18, 0x1d)];
const WITH_DEFAULT = [...LOW, ...range(0x30, 0x35), ...range(0x38, 0x3d)];

for (
  const [dialect, types] of [[data14, LOW], [data15, WITH_DEFAULT], [data16, WITH_DEFAULT]] as const
) {
  Deno.test(`${dialect.name}: R-021: the types of subgroups are those of the draft, and beside them there are fetches`, () => {
    assert.deepEqual(typesOf((type) => isSubgroupType(type, dialect)), types);
    assert.equal(classifyUniStream(0x5n, dialect), "fetch");
    for (const type of [0x0n, 0x4n, 0x16n, 0x1fn, 0x50n, 0x2f00n, 0x132b3e28n]) {
      assert.throws(() => classifyUniStream(type, dialect), DecodeError);
    }
  });
}

const STATUS_15 = [0x20, 0x21, 0x24, 0x25, 0x28, 0x29, 0x2c, 0x2d];
const DATAGRAMS: readonly (readonly [DataDialect, readonly number[]])[] = [
  [data14, [...range(0, 7), 0x20, 0x21]],
  [data15, [...range(0, 0xf), ...STATUS_15]],
  [data16, [...range(0, 0xf), ...STATUS_15]],
];
for (const [dialect, types] of DATAGRAMS) {
  Deno.test(`${dialect.name}: R-021: the types of datagrams are those of the draft, and nothing is padded`, () => {
    const isKnown = (type: bigint) => {
      try {
        return classifyDatagram(type, dialect) === "object";
      } catch (error) {
        assert.ok(error instanceof DecodeError);
        return false;
      }
    };
    assert.deepEqual(typesOf(isKnown), types);
    assert.equal(isKnown(0x132b3e29n), false);
  });
}

const header = {
  alias: 2n,
  group: 5n,
  subgroup: 3n,
  priority: 7,
  hasProperties: true,
  endOfGroup: true,
  firstObject: undefined,
};

Deno.test("moqt-14 to 16: a subgroup's header by its bytes, and no word of its first object", () => {
  for (const dialect of [data14, data15, data16]) {
    const bytes = encodeSubgroupHeader({ ...header, firstObject: true }, dialect);
    assert.deepEqual(bytes, bytesOf("1d 02 05 03 07"));
    const reader = new ByteReader(bytes, rfc9000);
    assert.deepEqual(decodeSubgroupHeader(reader, reader.varint(), dialect), header);
  }
  const without = { ...header, priority: undefined };
  assert.deepEqual(encodeSubgroupHeader(without, data16), bytesOf("3d 02 05 03"));
  assert.throws(() => encodeSubgroupHeader(without, data14), EncodeError);
});

const datagram: ObjectDatagram = {
  alias: 2n,
  group: 5n,
  object: 0,
  priority: 7,
  properties: NONE,
  status: 0,
  endOfGroup: false,
  payload: bytesOf("6869"),
};

Deno.test("moqt-14 to 16: a datagram by its bytes", () => {
  for (const dialect of [data14, data15, data16]) {
    assert.deepEqual(encodeDatagram(datagram, dialect), bytesOf("04 02 05 07 6869"));
    assert.deepEqual(decodeDatagram(bytesOf("04 02 05 07 6869"), dialect), datagram);
  }
  const end = { ...datagram, status: 3, payload: NONE };
  assert.deepEqual(encodeDatagram(end, data16), bytesOf("24 02 05 07 03"));
  // With a status draft 14 says the id even where it is 0.
  assert.deepEqual(encodeDatagram(end, data14), bytesOf("20 02 05 00 07 03"));
  assert.deepEqual(decodeDatagram(bytesOf("20 02 05 00 07 03"), data14), end);
  assert.throws(() => encodeDatagram({ ...datagram, priority: undefined }, data14), EncodeError);
});

Deno.test("moqt-14 and 15: an object that does not exist is none, and in 16 there is no such status", () => {
  for (const dialect of [data14, data15]) {
    assert.equal(decodeDatagram(bytesOf("20 02 05 01 07 01"), dialect), undefined);
  }
  assert.throws(() => decodeDatagram(bytesOf("20 02 05 01 07 01"), data16), DecodeError);
});

/** What a decoder of headers finds: id, properties, payload's length and status. */
function objects(hex: string, dialect: DataDialect): string[] {
  const bytes = bytesOf(hex);
  const decoder = new ObjectHeaderDecoder(true, dialect);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = decoder.decode(bytes, at, bytes.length);
    if (next === SHORT) return [...lines, "short"];
    const properties = bytes.subarray(decoder.propertiesStart, decoder.propertiesEnd).toHex();
    lines.push(`${decoder.id} [${properties}] ${decoder.payloadLength} ${decoder.status}`);
    at = next + decoder.payloadLength;
  }
  return lines;
}

Deno.test("moqt-14 to 16: objects of a subgroup, with properties and statuses", () => {
  const stream = "00 02 3c01 02 6869 01 00 01 21 00 00 00 03";
  for (const dialect of [data14, data15, data16]) {
    assert.deepEqual(objects(stream, dialect), ["0 [3c01] 2 0", "2 [] 1 0", "3 [] 0 3"]);
  }
});

Deno.test("moqt-14: the properties of an end are dropped; in 15 and 16 they are refused", () => {
  assert.deepEqual(objects("00 02 3c01 00 03", data14), ["0 [] 0 3"]);
  for (const dialect of [data15, data16]) {
    assert.throws(() => objects("00 02 3c01 00 03", dialect), DecodeError);
  }
  // What does not exist has none in any draft.
  assert.throws(() => objects("00 02 3c01 00 01", data14), DecodeError);
  assert.deepEqual(objects("00 00 00 01", data14), ["0 [] 0 1"]);
  assert.throws(() => objects("00 00 00 01", data16), DecodeError);
});

/** All items of a fetch's stream, each in a line; "short" when the last is not whole. */
function items(hex: string, dialect: DataDialect, order: Order = "ascending"): string[] {
  const bytes = bytesOf(hex);
  const decoder = dialect.fetch.decoder(order, dialect);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = decoder.decode(bytes, at, bytes.length);
    if (next === SHORT) return [...lines, "short"];
    at = next + decoder.payloadLength;
    const { kind, group, object, subgroup = "datagram", priority } = decoder;
    const payload = bytes.subarray(next, at).toHex();
    const properties = bytes.subarray(decoder.propertiesStart, decoder.propertiesEnd).toHex();
    lines.push(
      kind === "object"
        ? `${group}.${object} in ${subgroup}, ${priority} [${properties}] ${payload}`
        : `${kind} to ${group}.${object}`,
    );
  }
  return lines;
}

function object(group: bigint, id: number, fields: Partial<FetchObject> = {}): FetchObject {
  const plain = { subgroup: 0n, priority: 128, properties: undefined, payloadLength: 0 };
  return { group, object: id, ...plain, ...fields };
}

/** The stream of these objects, each with its payload, and their lines. */
interface FetchVector {
  readonly dialect: DataDialect;
  readonly order?: Order;
  readonly objects: readonly (readonly [FetchObject, string])[];
  readonly stream: string;
  readonly lines: readonly string[];
}

const one = (group: bigint, id: number, fields: Partial<FetchObject> = {}) =>
  object(group, id, { payloadLength: 1, ...fields });

const fetches: readonly FetchVector[] = [
  {
    dialect: data16,
    objects: [[one(7n, 3), "61"], [one(7n, 4), "62"], [one(8n, 0), "63"], [object(8n, 9), ""]],
    stream: "1c 07 03 80 01 61  00 01 62  0c 08 00 01 63  04 09 00",
    lines: [
      "7.3 in 0, 128 [] 61",
      "7.4 in 0, 128 [] 62",
      "8.0 in 0, 128 [] 63",
      "8.9 in 0, 128 [] ",
    ],
  },
  {
    dialect: data16,
    order: "descending",
    objects: [
      [one(7n, 3, { subgroup: undefined, properties: bytesOf("3c01") }), "61"],
      [one(2n, 9, { subgroup: 5n, priority: 1 }), "62"],
    ],
    stream: "407c 07 03 80 02 3c01 01 61  1f 02 05 09 01 01 62",
    lines: ["7.3 in datagram, 128 [3c01] 61", "2.9 in 5, 1 [] 62"],
  },
  {
    dialect: data15,
    objects: [
      [one(7n, 3), "61"],
      [object(7n, 4, { subgroup: 2n }), ""],
      // The subgroup of a datagram is the object itself.
      [one(7n, 5, { subgroup: undefined, properties: bytesOf("3c01") }), "62"],
    ],
    stream: "1c 07 03 80 01 61  03 02 00 00  23 05 02 3c01 01 62",
    lines: ["7.3 in 0, 128 [] 61", "7.4 in 2, 128 [] ", "7.5 in 5, 128 [3c01] 62"],
  },
  {
    dialect: data14,
    objects: [
      [one(7n, 3), "61"],
      [object(7n, 4, { subgroup: 2n }), ""],
      [one(8n, 5, { subgroup: undefined, properties: bytesOf("3c01") }), "62"],
    ],
    stream: "07 00 03 80 00 01 61  07 02 04 80 00 00 00  08 05 05 80 02 3c01 01 62",
    lines: ["7.3 in 0, 128 [] 61", "7.4 in 2, 128 [] ", "8.5 in 5, 128 [3c01] 62"],
  },
];

for (const [index, { dialect, order = "ascending", objects, stream, lines }] of fetches.entries()) {
  const name = `${dialect.name}: fetch ${index}`;
  Deno.test(`${name}: bytes to objects, and every strict prefix is short of one`, () => {
    assert.deepEqual(items(stream, dialect, order), lines);
    const hex = bytesOf(stream).toHex();
    for (let length = 2; length < hex.length; length += 2) {
      const found = items(hex.slice(0, length), dialect, order);
      assert.ok(found.length <= lines.length);
      for (const [at, line] of found.slice(0, -1).entries()) assert.equal(line, lines[at]);
    }
  });

  Deno.test(`${name}: objects to bytes`, () => {
    const writer = dialect.fetch.writer(order, dialect);
    const hex = objects.map(([object, payload]) => writer.object(object).toHex() + payload);
    assert.equal(hex.join(""), bytesOf(stream).toHex());
  });
}

Deno.test("moqt-16: ends of ranges, after which ids go on", () => {
  const stream = "1c 07 03 80 01 61  410c 09 05  00 00  408c 0a 01";
  const lines = [
    "7.3 in 0, 128 [] 61",
    "unknown to 9.5",
    "9.6 in 0, 128 [] ",
    "non_existent to 10.1",
  ];
  assert.deepEqual(items(stream, data16), lines);
  const writer = data16.fetch.writer("ascending", data16);
  assert.deepEqual(writer.object(one(7n, 3)), bytesOf("1c 07 03 80 01"));
  assert.deepEqual(writer.unknownUpTo(9n, 5), bytesOf("410c 09 05"));
  assert.deepEqual(writer.nonExistentUpTo(10n, 1), bytesOf("408c 0a 01"));
});

Deno.test("moqt-14 and 15: what has a status is not there, and a range cannot be unknown", () => {
  assert.deepEqual(items("05 00 03 80 00 00 04", data14), ["non_existent to 5.3"]);
  assert.deepEqual(items("1c 05 03 80 00 03", data15), ["non_existent to 5.3"]);
  for (const dialect of [data14, data15]) {
    const writer = dialect.fetch.writer("ascending", dialect);
    assert.throws(() => writer.unknownUpTo(9n, 5), EncodeError);
    assert.throws(() => writer.nonExistentUpTo(9n, 5), EncodeError);
  }
});

const REFUSED: readonly (readonly [string, DataDialect, Order, string])[] = [
  ["flags that are none", data16, "ascending", "4080 07 03 80 00"],
  ["a range of a later draft", data16, "ascending", "420c 07 03"],
  ["a datagram's flag", data15, "ascending", "405c 07 03 80 01 61"],
  ["the end of a range", data15, "ascending", "410c 07 03"],
  ["a reference to nothing", data16, "ascending", "00 00"],
  ["a reference to nothing", data15, "ascending", "0c 07 03 01 61"],
  ["a group before the last one", data16, "ascending", "1c 07 03 80 00 0c 06 03 00"],
  ["a group behind the last one", data16, "descending", "1c 07 03 80 00 0c 08 03 00"],
  ["the same object again", data16, "ascending", "1c 07 03 80 00 04 03 00"],
  ["the same object again", data15, "ascending", "1c 07 03 80 00 00 04 03 00 00"],
  ["a group before the last one", data14, "ascending", "07 00 03 80 00 00 00 06 00 03 80 00 00 00"],
  ["the same object again", data14, "ascending", "07 00 03 80 00 00 00 07 00 03 80 00 00 00"],
  ["a status that is none", data14, "ascending", "05 00 03 80 00 00 02"],
  ["a status that is none", data15, "ascending", "1c 05 03 80 00 05"],
  ["an id above the limit", data14, "ascending", "05 00 e000000000000000 80 00 00 00"],
  ["properties above their limit", data14, "ascending", "05 00 03 80 80010001"],
];
for (const [what, dialect, order, stream] of REFUSED) {
  Deno.test(`${dialect.name}: in a fetch ${what} is refused: ${stream}`, () => {
    assert.throws(() => items(stream, dialect, order), DecodeError);
  });
}

Deno.test("moqt-14 to 16: objects of a fetch are written in its order alone", () => {
  for (const dialect of [data14, data15, data16]) {
    for (const next of [one(7n, 3), one(7n, 2), one(6n, 9), one(7n, MAX_OBJECT_ID + 2)]) {
      const writer = dialect.fetch.writer("ascending", dialect);
      writer.object(one(7n, 3));
      assert.throws(() => writer.object(next), EncodeError);
    }
  }
});

Deno.test("properties of drafts 14 and 15 count their types from 0, and come in any order", () => {
  const inner = { bytes: bytesOf("3e 01 02 05 0b 04 3e 02 04 01"), form: data14.properties };
  assert.deepEqual(data16.properties.of(inner), bytesOf("02 05 09 04 04 01 3a 02 33 01"));
  const back = { bytes: data16.properties.of(inner), form: data16.properties };
  assert.deepEqual(data15.properties.of(back), bytesOf("02 05 0b 04 04 01 3e 02 3e 01"));
  assert.equal(data15.properties.of(inner), inner.bytes);
});

Deno.test("gaps are found in properties of drafts 14 to 16, in whatever order they come", () => {
  const gaps = { priorGroupGap: 2n, priorObjectGap: 1n };
  assert.deepEqual(data14.properties.gapsOf(bytesOf("3e 01 3c 02")), gaps);
  assert.deepEqual(data16.properties.gapsOf(bytesOf("3c 02 02 01")), gaps);
  assert.ok("malformed" in data14.properties.gapsOf(bytesOf("3e 01 3e 02")));
});

Deno.test("up to draft 17 no property is mandatory, and what would be taken for it later is left out", () => {
  const block = { bytes: bytesOf("3c 02 7fc4 05"), form: data16.properties };
  assert.deepEqual(block.form.gapsOf(block.bytes), {
    priorGroupGap: 2n,
    priorObjectGap: undefined,
  });
  assert.deepEqual(data18.properties.of(block), bytesOf("3c 02"));
  const from17 = { bytes: bytesOf("3c 02 bfc4 05"), form: data17.properties };
  assert.equal("malformed" in from17.form.gapsOf(from17.bytes), false);
  assert.deepEqual(data17.properties.of(block), from17.bytes);
  assert.deepEqual(data18.properties.of(from17), bytesOf("3c 02"));
});
