import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError, type DecodeFault } from "../../errors.ts";
import { MAX_PAIR_VALUE_BYTES, MAX_PAIRS } from "../../limits.ts";
import type { SetupOptions } from "../model/setup_options.ts";
import { setupOptions } from "./setup_options.ts";
import { vi64 } from "../../varint.ts";

function decode(hex: string): SetupOptions {
  return setupOptions.decode(new ByteReader(bytesOf(hex), vi64));
}

function encode(options: SetupOptions): Uint8Array {
  const writer = new ByteWriter(vi64);
  setupOptions.encode(writer, options);
  return writer.finish();
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

function refuses(hex: string, fault: DecodeFault = "malformed"): void {
  assert.throws(
    () => decode(hex),
    (error) => error instanceof DecodeError && error.fault === fault,
    hex,
  );
}

const none: SetupOptions = { authorizationTokens: [] };

const vectors: readonly (readonly [string, string, SetupOptions])[] = [
  ["nothing", "", none],
  ["an implementation", "07 01 78", { ...none, implementation: "x" }],
  [
    "everything",
    "01 05 2f613f623d 02 03 030061 00 04 01070062 01 9000 01 03 683a31 02 01 78" +
    "c40b4d 8080 01 02 8080 05 01",
    {
      path: "/a?b=",
      authorizationTokens: [
        { alias: "none", type: 0n, value: Uint8Array.of(0x61) },
        { alias: "register", id: 7n, type: 0n, value: Uint8Array.of(0x62) },
      ],
      maxAuthTokenCacheSize: 4096n,
      authority: "h:1",
      implementation: "x",
      relayHops: 0x80n,
      solicit: true,
    },
  ],
];

// Ours alone: the relay's name stands behind every option of others.
const relay: SetupOptions = { ...none, relayName: "tokyo" };

Deno.test("setup options: whether cut streams are understood, both ways", () => {
  const option = { ...relay, takesCuts: true };
  assert.deepEqual(decode("f071756d01 05 746f6b796f 05 01"), option);
  assert.deepEqual(
    encode({ relayName: "tokyo", takesCuts: true }),
    bytesOf("f071756d01 05 746f6b796f 05 01"),
  );
});

Deno.test("setup options: a relay's name both ways, and none that is too long", () => {
  assert.deepEqual(decode("f071756d01 05 746f6b796f"), relay);
  assert.deepEqual(encode({ relayName: "tokyo" }), bytesOf("f071756d01 05 746f6b796f"));
  refuses(`f071756d01 8100 ${"61".repeat(256)}`, "key_value");
});

for (const [name, hex, options] of vectors) {
  Deno.test(`setup options: ${name} both ways`, () => {
    assert.deepEqual(decode(hex), options);
    assert.deepEqual(
      encode(name === "everything" ? options : withoutDefaults(options)),
      bytesOf(hex),
    );
  });
}

function withoutDefaults(options: SetupOptions): SetupOptions {
  const { maxAuthTokenCacheSize: _, ...rest } = options;
  return rest;
}

Deno.test("setup options: empty texts are there, not absent", () => {
  assert.deepEqual(decode("01 00 04 00 02 00"), {
    ...none,
    path: "",
    authority: "",
    implementation: "",
  });
});

Deno.test("R-008: unknown options are ignored, and may come again and again", () => {
  // Even 0x02 and odd 0x09, twice each, around a known one; then 0x9d, which is there for greasing.
  assert.deepEqual(decode("02 00 00 07 05 01 78 02 00 00 01 ff 8094 00"), {
    ...none,
    implementation: "x",
  });
});

Deno.test("R-008: a known option that may come once is refused when it comes twice", () => {
  for (
    const hex of [
      "01 01 2f 00 01 2f",
      "04 00 00 00",
      "05 01 68 00 01 68",
      "07 01 78 00 01 78",
      "c40b54 01 00 01",
      "c40b55 01 01 00 01 01",
      "c40b5a 01 00 01",
    ]
  ) refuses(hex);
});

Deno.test("R-029: an option's type above 64 bits is refused", () => {
  refuses("02 00 ff ffffffffffffffff 00");
});

Deno.test("R-029: an odd option above 65535 bytes is refused, before its bytes are there", () => {
  const longest = "00".repeat(MAX_PAIR_VALUE_BYTES);
  assert.doesNotThrow(() => decode(`09 c0ffff ${longest}`));
  refuses("09 c10000");
  refuses("09 ff ffffffffffffffff");
});

Deno.test("an option that is cut off is refused", () => {
  for (const hex of ["01", "01 02 2f", "04", "04 80", "03 03 0300"]) refuses(hex, "short");
});

Deno.test("R-029: RELAY_HOPS must hold one integer and nothing else", () => {
  for (const hex of ["c40b55 00", "c40b55 01 80", "c40b55 02 01 01"]) refuses(hex, "key_value");
  assert.equal(decode("c40b55 09 ff ffffffffffffffff").relayHops, 2n ** 64n - 1n);
});

Deno.test("a hop id is read as both versions of its draft write it", () => {
  assert.equal(decode("c40b54 2a").relayHops, 42n);
  assert.equal(decode("c40b55 01 2a").relayHops, 42n);
  assert.equal(decode("c40b54 2a 01 01 2b").relayHops, 42n);
});

Deno.test("SOLICIT is true for whatever is not 0", () => {
  assert.equal(decode("c40b5a 00").solicit, false);
  assert.equal(decode("c40b5a 01").solicit, true);
  assert.equal(decode("c40b5a ff ffffffffffffffff").solicit, true);
  assert.equal(decode("").solicit, undefined);
});

Deno.test("a token that is none is a fault of the token", () => {
  for (const token of ["00", "01 04", "02 00 80", "03 00 07 00", "03 02 07 00"]) {
    refuses(`03 ${token}`, "token");
  }
});

Deno.test("a path keeps what text decoders like to drop", () => {
  assert.equal(decode("01 04 efbbbf2f").path, "\ufeff/");
});

Deno.test("more options than the limit are refused", () => {
  const greased = (count: number) => `809d 00 ${"00 00".repeat(count - 1)}`;
  assert.deepEqual(decode(greased(MAX_PAIRS)), none);
  refuses(greased(MAX_PAIRS + 1));
});
