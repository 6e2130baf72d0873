import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import type { Codec } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { reason, uri } from "./phrases.ts";
import { vi64 } from "../../varint.ts";

function decode(codec: Codec<string>, hex: string): string {
  return codec.decode(new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")), vi64));
}

/** The length that stands before the text, and the bytes of the text. */
function encode(codec: Codec<string>, value: string): { length: number; bytes: Uint8Array } {
  const writer = new ByteWriter(vi64);
  codec.encode(writer, value);
  const reader = new ByteReader(writer.finish(), vi64);
  return { length: reader.count(10_000, "The length"), bytes: reader.rest() };
}

Deno.test("R-030: a reason above 1024 bytes is refused", () => {
  assert.equal(decode(reason, `8400 ${"61".repeat(1024)}`), "a".repeat(1024));
  assert.throws(() => decode(reason, `8401 ${"61".repeat(1025)}`), DecodeError);
  assert.throws(() => decode(reason, "ff ffffffffffffffff"), DecodeError);
});

Deno.test("a reason that is not UTF-8 can be read, and sent on", () => {
  assert.equal(decode(reason, "03 61ff62"), "a\ufffdb");
  const grown = decode(reason, `8400 ${"ff".repeat(1024)}`);
  const { length, bytes } = encode(reason, grown);
  assert.deepEqual([length, bytes.length], [1023, 1023]);
});

Deno.test("a reason that is too long to send is cut between characters", () => {
  const { bytes } = encode(reason, `a${"é".repeat(600)}`);
  assert.equal(new TextDecoder("utf-8", { fatal: true }).decode(bytes), `a${"é".repeat(511)}`);
});

Deno.test("a reason keeps a byte order mark", () => {
  assert.equal(decode(reason, "04 efbbbf61"), "\ufeffa");
});

Deno.test("a URI above 8192 bytes is refused, and never sent", () => {
  assert.equal(decode(uri, `a000 ${"61".repeat(8192)}`), "a".repeat(8192));
  assert.throws(() => decode(uri, `a001 ${"61".repeat(8193)}`), DecodeError);
  assert.throws(() => encode(uri, "a".repeat(8193)), EncodeError);
});

Deno.test("a URI that is not UTF-8 is refused", () => {
  assert.throws(() => decode(uri, "02 61ff"), DecodeError);
  assert.throws(() => decode(uri, "02 61c3"), DecodeError);
  assert.equal(decode(uri, "00"), "");
});
