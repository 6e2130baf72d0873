import { deltaPairs } from "./property_form.ts";
import assert from "node:assert/strict";
import { DecodeError } from "../../errors.ts";
import { rfc9000 } from "../../varint.ts";
import { data18 } from "../drafts/draft18_data.ts";
import type { TrackProperties } from "../../properties.ts";
import { decodeTrackProperties } from "./track_properties.ts";

const DEFAULTS: TrackProperties = {
  objectDeliveryTimeout: undefined,
  subgroupDeliveryTimeout: undefined,
  maxCacheDuration: undefined,
  defaultPriority: 128,
  groupOrder: "ascending",
  timescale: undefined,
  dynamicGroups: false,
  unknownMandatory: [],
};

function decode(hex: string): TrackProperties {
  return decodeTrackProperties(Uint8Array.fromHex(hex), data18);
}

function fails(fault: DecodeError["fault"]): (error: unknown) => boolean {
  return (error) => error instanceof DecodeError && error.fault === fault;
}

const ALL = "0201" + "0202" + "0203" + "0205" + "0604" + "1402" + "0e01";
const ALL_VALUES: TrackProperties = {
  objectDeliveryTimeout: 1,
  maxCacheDuration: 2,
  subgroupDeliveryTimeout: 3,
  defaultPriority: 4,
  groupOrder: "descending",
  timescale: 5n,
  dynamicGroups: true,
  unknownMandatory: [],
};

Deno.test("decodeTrackProperties() knows the defaults", () => {
  assert.deepEqual(decode(""), DEFAULTS);
  assert.deepEqual(decode("0b00"), DEFAULTS);
  assert.deepEqual(decode("3c050205"), DEFAULTS, "properties of objects");
});

Deno.test("decodeTrackProperties() reads every property, mutable or not", () => {
  assert.deepEqual(decode(ALL), ALL_VALUES);
  assert.deepEqual(decode(`0b${(ALL.length / 2).toString(16).padStart(2, "0")}${ALL}`), ALL_VALUES);
  assert.equal(decode("0b03" + "0e80ff" + "2501").groupOrder, "ascending");
  assert.equal(decode("0b03" + "0e80ff").defaultPriority, 255);
});

Deno.test("decodeTrackProperties() believes the mutable list before the immutable one", () => {
  assert.equal(decode("0b020e07" + "0309").defaultPriority, 9);
  assert.equal(decode("0e09" + "0007").defaultPriority, 9, "and the first before the second");
});

Deno.test("decodeTrackProperties() takes a timeout of 0 for none, but not a duration", () => {
  assert.deepEqual(decode("0200" + "0200" + "0200"), { ...DEFAULTS, maxCacheDuration: 0 });
});

Deno.test("decodeTrackProperties() takes a timescale of 0 for none", () => {
  assert.deepEqual(decode("0800"), DEFAULTS);
});

Deno.test("decodeTrackProperties() brings times down to what a number holds", () => {
  const most = "fe1fffffffffffff";
  const more = "ff".repeat(9);
  for (const value of [most, more]) {
    const read = decode(`02${value}02${value}02${value}`);
    assert.equal(read.objectDeliveryTimeout, Number.MAX_SAFE_INTEGER);
    assert.equal(read.subgroupDeliveryTimeout, Number.MAX_SAFE_INTEGER);
    assert.equal(read.maxCacheDuration, Number.MAX_SAFE_INTEGER);
  }
});

Deno.test("decodeTrackProperties() refuses values that the draft forbids", () => {
  assert.throws(() => decode("0e8100"), fails("malformed"), "priority 256");
  assert.throws(() => decode("2200"), fails("malformed"), "group order 0");
  assert.throws(() => decode("2203"), fails("malformed"), "group order 3");
  assert.throws(() => decode("3002"), fails("malformed"), "dynamic groups 2");
  assert.throws(() => decode("0b022203"), fails("malformed"), "group order 3, immutable");
  for (const hex of ["0e8100", "2200", "3002"]) {
    assert.throws(() => decode(hex.replace(/..$/, "ff".repeat(9))), DecodeError);
  }
});

Deno.test("decodeTrackProperties() lists what it does not know and must", () => {
  assert.deepEqual(decode("c0400000" + "00" + "00").unknownMandatory, [0x4000n]);
  assert.deepEqual(decode("0b05c040010161" + "c07ff400").unknownMandatory, [0x7fffn, 0x4001n]);
  assert.deepEqual(decode("bfff00" + "c0400100").unknownMandatory, []);
});

Deno.test("decodeTrackProperties() refuses what cannot be parsed", () => {
  assert.throws(() => decode("02"), fails("short"));
  assert.throws(() => decode("0102ff"), fails("short"));
  assert.throws(() => decode("01c10000"), fails("malformed"));
  assert.throws(() => decode("0b0102"), fails("key_value"));
  assert.throws(() => decode("0b0401c10000"), fails("key_value"));
});

Deno.test("decodeTrackProperties() does not look inside immutable properties that are inside", () => {
  assert.deepEqual(decode("0b040b020e07"), DEFAULTS);
});

Deno.test("decodeTrackProperties() reads the integers of the dialect", () => {
  const bytes = Uint8Array.fromHex("0b030e4009");
  const data16 = { ...data18, varint: rfc9000, properties: deltaPairs(rfc9000) };
  assert.equal(decodeTrackProperties(bytes, data16).defaultPriority, 9);
});
