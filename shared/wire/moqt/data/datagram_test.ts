import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../../errors.ts";
import { rfc9000 } from "../../varint.ts";
import { decodeDatagram, encodeDatagram, type ObjectDatagram } from "./datagram.ts";
import { data18 } from "../drafts/draft18_data.ts";
import type { DataDialect } from "./dialect.ts";

const MAX = 2n ** 64n - 1n;

const DATAGRAM: ObjectDatagram = {
  alias: 2n,
  group: 5n,
  object: 0,
  priority: undefined,
  properties: new Uint8Array(0),
  status: 0,
  endOfGroup: false,
  payload: Uint8Array.fromHex("6869"),
};

function decode(hex: string, dialect: DataDialect = data18): ObjectDatagram | undefined {
  return decodeDatagram(Uint8Array.fromHex(hex), dialect);
}

function fails(fault: DecodeError["fault"]): (error: unknown) => boolean {
  return (error) => error instanceof DecodeError && error.fault === fault;
}

const properties = Uint8Array.fromHex("3c01");
const payload = new Uint8Array(0);

/** Name, header, payload, fields. */
const VECTORS: [string, string, string, Partial<ObjectDatagram>][] = [
  ["nothing but a payload", "0c0205", "6869", {}],
  ["an object id", "080205c05001", "6869", { object: 0x5001 }],
  ["a priority", "0402058a", "6869", { priority: 138 }],
  ["properties", "0d0205023c01", "6869", { properties }],
  ["the end of the group", "0e0205", "6869", { endOfGroup: true }],
  ["an empty object that ends its group", "0e0205", "", { endOfGroup: true, payload }],
  ["everything", "03020507ff023c01", "6869", {
    object: 7,
    priority: 255,
    properties,
    endOfGroup: true,
  }],
  ["an empty object", "2c020500", "", { payload }],
  ["an empty object with properties", "2d0205023c0100", "", { payload, properties }],
  ["the end of a group", "2802050903", "", { payload, object: 9, status: 3 }],
  ["the end of a track", "20020509ff04", "", { payload, object: 9, status: 4, priority: 255 }],
  ["the largest ids", `08${"ff".repeat(18)}fe1fffffffffffff`, "6869", {
    alias: MAX,
    group: MAX,
    object: Number.MAX_SAFE_INTEGER,
  }],
];

for (const [name, header, rest, fields] of VECTORS) {
  Deno.test(`A datagram with ${name} is the same both ways`, () => {
    const datagram = { ...DATAGRAM, ...fields };
    assert.deepEqual(decode(header + rest), datagram);
    assert.equal(encodeDatagram(datagram, data18).toHex(), header + rest);
  });

  Deno.test(`decodeDatagram() refuses every part of the header with ${name}`, () => {
    for (let end = 0; end < header.length; end += 2) {
      assert.throws(() => decode(header.slice(0, end)), fails("short"));
    }
  });
}

Deno.test("decodeDatagram() finds the fields that each type announces, and refuses the other types", () => {
  for (let type = 0; type <= 0xff; type++) {
    let hex = type < 0x80 ? "" : "80";
    hex += type.toString(16).padStart(2, "0") + "0205";
    if ((type & 0x04) === 0) hex += "07";
    if ((type & 0x08) === 0) hex += "0a";
    if ((type & 0x01) !== 0) hex += "023c01";
    hex += (type & 0x20) !== 0 ? "00" : "6869";
    if ((type & 0xd0) !== 0 || (type & 0x22) === 0x22) {
      assert.throws(() => decode(hex), fails("malformed"), `0x${type.toString(16)}`);
      continue;
    }
    assert.deepEqual(decode(hex), {
      alias: 2n,
      group: 5n,
      object: (type & 0x04) === 0 ? 7 : 0,
      priority: (type & 0x08) === 0 ? 10 : undefined,
      properties: (type & 0x01) !== 0 ? properties : payload,
      status: 0,
      endOfGroup: (type & 0x02) !== 0,
      payload: (type & 0x20) !== 0 ? payload : DATAGRAM.payload,
    });
  }
});

Deno.test("decodeDatagram() finds padding, and nothing in it", () => {
  assert.equal(decode("f0132b3e29"), undefined);
  assert.equal(decode("f0132b3e290000"), undefined);
  assert.equal(decode("ff00000000132b3e29"), undefined);
  assert.throws(() => decode("f0132b3e28"), fails("malformed"));
});

Deno.test("decodeDatagram() reads integers that are longer than they need to be", () => {
  assert.deepEqual(decode("800880028005c000006869"), DATAGRAM);
  assert.equal(decode("2c02058004")?.status, 4);
});

Deno.test("decodeDatagram() refuses what no datagram says", () => {
  assert.throws(() => decode("0d0205006869"), fails("malformed"), "empty properties");
  assert.throws(() => decode("0d0205033c01"), fails("short"), "properties that are not there");
  assert.throws(() => decode("2c020501"), fails("malformed"), "status 1");
  assert.throws(() => decode("2c02057f"), fails("malformed"), "status 127");
  assert.throws(() => decode(`2c0205${"ff".repeat(9)}`), fails("malformed"), "status 2^64-1");
  assert.throws(() => decode("2d0205023c0103"), fails("malformed"), "properties of a status");
  assert.throws(() => decode("2c02050300"), fails("malformed"), "a payload of a status");
  assert.throws(() => decode("2c02050000"), fails("malformed"), "a status and a payload");
});

Deno.test("decodeDatagram() refuses object ids above the limit", () => {
  assert.throws(() => decode("080205fe20000000000000"), fails("object_id"));
  assert.throws(() => decode(`080205${"ff".repeat(9)}`), fails("object_id"));
});

Deno.test("decodeDatagram() refuses properties that no datagram holds before it looks for them", () => {
  assert.throws(() => decode(`0d0205${"ff".repeat(9)}`), fails("malformed"));
});

Deno.test("encodeDatagram() refuses what no datagram says", () => {
  const status = { ...DATAGRAM, status: 3, payload };
  for (const fields of [{ payload: DATAGRAM.payload }, { properties }, { endOfGroup: true }]) {
    assert.throws(() => encodeDatagram({ ...status, ...fields }, data18), EncodeError);
  }
  assert.throws(() => encodeDatagram({ ...DATAGRAM, group: MAX + 1n }, data18), EncodeError);
  assert.throws(() => encodeDatagram({ ...DATAGRAM, priority: 256 }, data18), EncodeError);
  assert.throws(() => encodeDatagram({ ...DATAGRAM, object: -1 }, data18), EncodeError);
  assert.throws(() => encodeDatagram({ ...DATAGRAM, object: 2 ** 53 }, data18), EncodeError);
});

Deno.test("A dialect brings its own integers and types", () => {
  const data14: DataDialect = { ...data18, varint: rfc9000, datagramBits: 0x27 };
  const datagram = { ...DATAGRAM, group: 100n, priority: 1 };
  assert.equal(encodeDatagram(datagram, data14).toHex(), "0402406401" + "6869");
  assert.deepEqual(decode("0402406401" + "6869", data14), datagram);
  assert.throws(() => decode("0c02056869", data14), fails("malformed"));
  assert.throws(() => encodeDatagram(DATAGRAM, data14), EncodeError);
});
