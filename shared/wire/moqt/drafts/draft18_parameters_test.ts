import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError, type DecodeFault } from "../../errors.ts";
import { MAX_PARAMETERS } from "../../limits.ts";
import { parameters, parameterTable } from "./draft18_parameters.ts";
import { vi64 } from "../../varint.ts";

const names = Object.keys(parameterTable) as (keyof typeof parameterTable)[];
const all = parameters(...names);

function decode(hex: string, codec = all): unknown {
  const reader = new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")), vi64);
  const value = codec.decode(reader);
  reader.end("the parameters");
  return value;
}

function refuses(hex: string, fault: DecodeFault = "malformed", codec = all): void {
  assert.throws(
    () => decode(hex, codec),
    (error) => error instanceof DecodeError && error.fault === fault,
    hex,
  );
}

Deno.test("the types of the parameters are those of the draft and ours, in ascending order", () => {
  assert.deepEqual(names.map((name) => [name, Number(parameterTable[name].type)]), [
    ["objectDeliveryTimeout", 0x02],
    ["authorizationTokens", 0x03],
    ["rendezvousTimeout", 0x04],
    ["subgroupDeliveryTimeout", 0x06],
    ["expires", 0x08],
    ["largestObject", 0x09],
    ["fillTimeout", 0x0a],
    ["forward", 0x10],
    ["subscriberPriority", 0x20],
    ["filter", 0x21],
    ["groupOrder", 0x22],
    ["newGroupRequest", 0x32],
    ["namespacePrefix", 0x34],
    ["hopPath", 0x40b57],
    ["routeCost", 0x40b58],
    ["meshScope", 0x71756d02],
    ["meshHops", 0x71756d03],
    ["meshTrace", 0x71756d04],
    ["meshSource", 0x71756d07],
  ]);
});

Deno.test("R-024: parameters are sent in ascending order, whatever the order of the value", () => {
  const writer = new ByteWriter(vi64);
  all.encode(writer, { newGroupRequest: 1n, forward: true, objectDeliveryTimeout: 5n });
  assert.deepEqual(writer.finish(), Uint8Array.of(3, 0x02, 5, 0x0e, 1, 0x22, 1));
});

Deno.test("R-024: a type above 64 bits is refused", () => {
  refuses("02 10 01 ff fffffffffffffff0 00");
  refuses("02 10 01 ff ffffffffffffffff 00");
});

Deno.test("R-025: an unknown parameter is refused", () => {
  for (const type of ["00", "01", "05", "0b", "11", "23", "35", "809d", "c40b5c"]) {
    refuses(`01 ${type} 00`);
  }
});

for (const name of names) {
  Deno.test(`R-026: ${name} is refused where it is not allowed`, () => {
    const others = parameters(...names.filter((other) => other !== name));
    const writer = new ByteWriter(vi64);
    writer.varint(parameterTable[name].type);
    refuses(
      `01 ${writer.finish().toHex()} 00 00`,
      "malformed",
      others,
    );
  });
}

Deno.test("R-026: a parameter that is not allowed is never sent", () => {
  const writer = new ByteWriter(vi64);
  const value = { expires: 1n, forward: true };
  parameters("expires").encode(writer, value);
  assert.deepEqual(writer.finish(), Uint8Array.of(1, 8, 1));
});

Deno.test("R-027: a parameter that comes twice is refused", () => {
  const once: Readonly<Record<string, string>> = {
    objectDeliveryTimeout: "02 00",
    rendezvousTimeout: "04 00",
    subgroupDeliveryTimeout: "06 00",
    expires: "08 00",
    largestObject: "09 00 00",
    fillTimeout: "0a 00",
    forward: "10 01",
    subscriberPriority: "20 00",
    filter: "21 01 01",
    groupOrder: "22 01",
    newGroupRequest: "32 00",
    namespacePrefix: "34 00",
    hopPath: "c40b57 01 05",
    routeCost: "c40b58 00",
    meshScope: "f071756d02 00",
    meshHops: "f071756d03 00",
    meshTrace: "f071756d04 00",
    meshSource: "f071756d07 00",
  };
  assert.deepEqual(Object.keys(once), names.filter((name) => name !== "authorizationTokens"));
  for (const hex of Object.values(once)) {
    assert.doesNotThrow(() => decode(`01 ${hex}`));
    const [, value = ""] = /^\S+ (.*)$/.exec(hex) ?? [];
    refuses(`02 ${hex} 00 ${value}`);
  }
});

Deno.test("R-027: tokens may come more than once and keep their order", () => {
  assert.deepEqual(decode("03 03 02 0207 00 02 0205 00 03 030061"), {
    authorizationTokens: [
      { alias: "use", id: 7n },
      { alias: "use", id: 5n },
      { alias: "none", type: 0n, value: Uint8Array.of(0x61) },
    ],
  });
});

Deno.test("R-032: FORWARD is 0 or 1, GROUP_ORDER 1 or 2", () => {
  for (const hex of ["01 10 02", "01 10 ff", "01 22 00", "01 22 03", "01 22 ff"]) refuses(hex);
});

Deno.test("R-032: the filter must exist and fill its field", () => {
  refuses("01 21 01 00");
  refuses("01 21 01 05");
  refuses("01 21 02 01 00");
  refuses("01 21 00", "short");
  refuses("01 21 02 03 05 03", "short");
});

Deno.test("a token that is none is a fault of the token, one that overruns the message is not", () => {
  refuses("01 03 00", "token");
  refuses("01 03 01 04", "token");
  refuses("01 03 03 00 07 00", "token");
  refuses("01 03 04 03 00 61", "short");
});

Deno.test("FORWARD, SUBSCRIBER_PRIORITY and GROUP_ORDER are bytes, not integers", () => {
  assert.deepEqual(decode("02 20 80 02 02"), { subscriberPriority: 128, groupOrder: "descending" });
  refuses("01 10 80 01");
});

Deno.test("non-minimal integers are accepted in counts, deltas, lengths and values", () => {
  assert.deepEqual(decode("8002 c00008 f0000003e8 8019 8002 8002"), {
    expires: 1000n,
    filter: { type: "largest_object" },
  });
});

Deno.test("more parameters than the limit are refused before they are read", () => {
  const tokens = (count: number) =>
    `${count.toString(16)} 03 02 0207 ${"00 02 0207".repeat(count - 1)}`;
  assert.doesNotThrow(() => decode(tokens(MAX_PARAMETERS)));
  refuses(tokens(MAX_PARAMETERS + 1));
  refuses("ff ffffffffffffffff");
});
