import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError } from "../../errors.ts";
import type { Token } from "../model/token.ts";
import { token } from "./token.ts";
import { vi64 } from "../../varint.ts";

const MAX = 2n ** 64n - 1n;

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

const vectors: readonly (readonly [string, string, Token])[] = [
  ["DELETE", "00 07", { alias: "delete", id: 7n }],
  ["REGISTER", "01 07 02 6162", {
    alias: "register",
    id: 7n,
    type: 2n,
    value: Uint8Array.of(0x61, 0x62),
  }],
  ["REGISTER of an empty value", "01 ff ffffffffffffffff 00", {
    alias: "register",
    id: MAX,
    type: 0n,
    value: new Uint8Array(0),
  }],
  ["USE_ALIAS", "02 8080", { alias: "use", id: 0x80n }],
  ["USE_VALUE", "03 00 61", { alias: "none", type: 0n, value: Uint8Array.of(0x61) }],
  ["USE_VALUE of a greasing type", "03 809d", {
    alias: "none",
    type: 0x9dn,
    value: new Uint8Array(0),
  }],
];

for (const [name, hex, value] of vectors) {
  Deno.test(`token: ${name} both ways`, () => {
    const writer = new ByteWriter(vi64);
    token.encode(writer, value);
    assert.deepEqual(token.decode(new ByteReader(bytesOf(hex), vi64)), value);
    assert.deepEqual(writer.finish(), bytesOf(hex));
  });
}

const broken: readonly (readonly [string, string])[] = [
  ["nothing at all", ""],
  ["an unknown alias type", "04 07"],
  ["the highest alias type", "ff ffffffffffffffff"],
  ["DELETE without an alias", "00"],
  ["DELETE with bytes behind it", "00 07 00"],
  ["USE_ALIAS with half an alias", "02 80"],
  ["USE_ALIAS with bytes behind it", "02 07 00"],
  ["REGISTER without a type", "01 07"],
  ["USE_VALUE without a type", "03"],
];

for (const [name, hex] of broken) {
  Deno.test(`token: ${name} is a fault of the token`, () => {
    assert.throws(
      () => token.decode(new ByteReader(bytesOf(hex), vi64)),
      (error) => error instanceof DecodeError && error.fault === "token",
    );
  });
}
