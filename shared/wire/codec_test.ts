import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type Codec, prefixed, rest, struct, text, u8, varint } from "./codec.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { vi64 } from "./varint.ts";

function encode<T>(codec: Codec<T>, value: T): string {
  const writer = new ByteWriter(vi64);
  codec.encode(writer, value);
  return writer.finish().toHex();
}

function decode<T>(codec: Codec<T>, hex: string): T {
  return codec.decode(new ByteReader(Uint8Array.fromHex(hex), vi64));
}

const point = struct({ x: varint, size: u8, name: prefixed(3, "a name"), rest });

Deno.test("struct() is its fields in the order of the declaration, both ways", () => {
  const value = {
    x: 2n ** 64n - 1n,
    size: 255,
    name: Uint8Array.of(1, 2, 3),
    rest: Uint8Array.of(9),
  };
  assert.equal(encode(point, value), "ff".repeat(9) + "ff" + "03010203" + "09");
  assert.deepEqual(decode(point, "ff".repeat(9) + "ff" + "03010203" + "09"), value);
});

Deno.test("struct() finds every prefix short", () => {
  const hex = "bbbd" + "ff" + "03010203";
  for (let end = 0; end < hex.length; end += 2) {
    assert.throws(() => decode(point, hex.slice(0, end)), { name: "DecodeError", fault: "short" });
  }
  assert.equal(decode(point, hex).rest.length, 0);
});

Deno.test("prefixed() holds both sides to its limit", () => {
  const name = prefixed(3, "a name");
  assert.throws(() => decode(name, "0401020304"), { fault: "malformed" });
  assert.throws(() => decode(name, "04"), { fault: "malformed" }, "before it looks for the bytes");
  assert.throws(() => encode(name, new Uint8Array(4)), EncodeError);
  assert.equal(encode(name, new Uint8Array(0)), "00");
});

Deno.test("text() carries UTF-8, limited in bytes", () => {
  const reason = text(4, "a reason");
  assert.equal(encode(reason, "ö"), "02c3b6");
  assert.equal(decode(reason, "02c3b6"), "ö");
  assert.throws(() => encode(reason, "ööö"), EncodeError);
  assert.throws(() => decode(reason, "05" + "61".repeat(5)), DecodeError);
});

Deno.test("text() replaces what is not UTF-8", () => {
  assert.equal(decode(text(4, "a reason"), "0361ff62"), "a\ufffdb");
});
