import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../../tests/support/properties.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Codec } from "./codec.ts";
import { EncodeError } from "./errors.ts";
import {
  formatNamespace,
  formatTrackName,
  type FullTrackName,
  fullTrackName,
  hasPrefix,
  type Namespace,
  namespace,
  namespaceKey,
  trackKey,
} from "./names.ts";
import { vi64 } from "./varint.ts";

function encode<T>(codec: Codec<T>, value: T): string {
  const writer = new ByteWriter(vi64);
  codec.encode(writer, value);
  return writer.finish().toHex();
}

function decode<T>(codec: Codec<T>, hex: string): T {
  return codec.decode(new ByteReader(Uint8Array.fromHex(hex), vi64));
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fields(...texts: string[]): Namespace {
  return texts.map(bytes);
}

function track(name: string, ...texts: string[]): FullTrackName {
  return { namespace: fields(...texts), name: bytes(name) };
}

Deno.test("A namespace is the same both ways", () => {
  assert.equal(encode(namespace, fields()), "00");
  assert.deepEqual(decode(namespace, "00"), []);
  assert.equal(encode(namespace, fields("a", "bc")), "020161026263");
  assert.deepEqual(decode(namespace, "020161026263"), fields("a", "bc"));
  assert.deepEqual(decode(namespace, "8002c000016180026263"), fields("a", "bc"));
});

Deno.test("A full track name is the same both ways, with and without a name", () => {
  assert.equal(encode(fullTrackName, track("v", "a")), "0101610176");
  assert.deepEqual(decode(fullTrackName, "0101610176"), track("v", "a"));
  assert.deepEqual(decode(fullTrackName, "0000"), track(""));
});

Deno.test("Every prefix of a full track name is short", () => {
  const hex = encode(fullTrackName, track("video", "example", "room"));
  for (let end = 0; end < hex.length; end += 2) {
    assert.throws(() => decode(fullTrackName, hex.slice(0, end)), { fault: "short" });
  }
});

Deno.test("A namespace has at most 32 fields, none of them empty", () => {
  const most = Array<string>(32).fill("a");
  assert.deepEqual(decode(namespace, encode(namespace, fields(...most))), fields(...most));
  assert.throws(() => decode(namespace, `21${"0161".repeat(33)}`), { fault: "malformed" });
  assert.throws(() => decode(namespace, "21"), { fault: "malformed" }, "before it looks for them");
  assert.throws(() => decode(namespace, "ff".repeat(9)), { fault: "malformed" });
  assert.throws(() => decode(namespace, "02016100"), { fault: "malformed" });
  assert.throws(() => encode(namespace, fields(...most, "a")), EncodeError);
  assert.throws(() => encode(namespace, fields("a", "")), EncodeError);
});

Deno.test("A full track name has at most 4096 bytes in all", () => {
  const most: FullTrackName = { namespace: [new Uint8Array(4_000)], name: new Uint8Array(96) };
  const hex = encode(fullTrackName, most);
  assert.deepEqual(decode(fullTrackName, hex), most);
  const more = hex.replace(/60(00){96}$/, `61${"00".repeat(97)}`);
  assert.throws(() => decode(fullTrackName, more), { fault: "malformed" });
  assert.throws(
    () => encode(fullTrackName, { ...most, name: new Uint8Array(97) }),
    EncodeError,
  );
});

Deno.test("A namespace has at most 4096 bytes in all", () => {
  const most = [new Uint8Array(4_095), new Uint8Array(1)];
  assert.deepEqual(decode(namespace, encode(namespace, most)), most);
  assert.throws(() => decode(namespace, "01" + "9001"), { fault: "malformed" });
  assert.throws(() => decode(namespace, `02${"8fff" + "00".repeat(4_095)}02`), {
    fault: "malformed",
  });
  assert.throws(() => encode(namespace, [new Uint8Array(4_097)]), EncodeError);
});

Deno.test("hasPrefix() compares whole fields", () => {
  assert.ok(hasPrefix(fields("a", "b"), fields()));
  assert.ok(hasPrefix(fields("a", "b"), fields("a")));
  assert.ok(hasPrefix(fields("a", "b"), fields("a", "b")));
  assert.ok(!hasPrefix(fields("a", "b"), fields("a", "b", "c")));
  assert.ok(!hasPrefix(fields("ab"), fields("a")));
  assert.ok(!hasPrefix(fields("a", "b"), fields("b")));
});

Deno.test("Names are formatted as the draft shows them", () => {
  assert.equal(
    formatTrackName(track("report", "example.net", "team2", "project_x")),
    "example.2enet-team2-project_x--report",
  );
  assert.equal(formatTrackName(track("")), "--");
  assert.equal(formatNamespace(fields("a-b", "Z/9")), "a.2db-Z.2f9");
  assert.equal(formatNamespace([Uint8Array.of(0, 10, 255)]), ".00.0a.ff");
});

Deno.test("Keys are the same exactly when the names are", () => {
  const field = fc.uint8Array({ minLength: 1, maxLength: 3, max: 4 })
    .map((array) => array.map((value) => value < 3 ? 0x2f + value : 0x39 + value));
  const name = fc.record({
    namespace: fc.array(field, { maxLength: 3 }),
    name: fc.oneof(field, fc.constant(new Uint8Array(0))),
  });
  checkProperty(
    fc.property(name, name, (a, b) => {
      const sameNamespace = encode(namespace, a.namespace) === encode(namespace, b.namespace);
      const same = encode(fullTrackName, a) === encode(fullTrackName, b);
      assert.equal(namespaceKey(a.namespace) === namespaceKey(b.namespace), sameNamespace);
      assert.equal(trackKey(a) === trackKey(b), same);
    }),
    { numRuns: 500 },
  );
});

Deno.test("Keys of names that look alike differ", () => {
  const alike = [
    track("", "1:a"),
    track("a", "1"),
    track("", "a", "b"),
    track("b", "a"),
    track("", "ab"),
    track("ab"),
    track("/0:", "a"),
    track("", "a", "/0:"),
  ];
  assert.equal(new Set(alike.map(trackKey)).size, alike.length);
});
