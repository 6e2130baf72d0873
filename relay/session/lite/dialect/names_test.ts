import assert from "node:assert/strict";
import { joinPath, namespaceOf, pathOf, trackNameOf, trackTextOf } from "./names.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const namespace = (...fields: string[]) => fields.map(utf8);

const paths: readonly (readonly [string, readonly string[], string])[] = [
  ["demo/room", ["demo", "room"], "demo/room"],
  ["room", ["room"], "room"],
  ["", [], ""],
  ["/demo//room/", ["demo", "room"], "demo/room"],
  ["tv/ä.hang", ["tv", "ä.hang"], "tv/ä.hang"],
  [joinPath("", "room"), ["room"], "room"],
  [joinPath("demo", ""), ["demo"], "demo"],
  [joinPath("demo/", "room/1"), ["demo", "room", "1"], "demo/room/1"],
];

for (const [path, fields, back] of paths) {
  Deno.test(`the path "${path}" is a namespace of its parts, and comes back as "${back}"`, () => {
    assert.deepEqual(namespaceOf(path), namespace(...fields));
    assert.equal(pathOf(namespace(...fields)), back);
  });
}

Deno.test("a path above the limits of a namespace is none", () => {
  assert.equal(namespaceOf("a/".repeat(33)), undefined);
  assert.equal(namespaceOf("a/".repeat(32))?.length, 32);
  assert.equal(namespaceOf("a".repeat(4_097)), undefined);
});

Deno.test("a namespace that no path names has none", () => {
  assert.equal(pathOf(namespace("a/b")), undefined);
  assert.equal(pathOf([Uint8Array.of(0xff)]), undefined);
  assert.equal(pathOf([new Uint8Array()]), undefined);
});

Deno.test("a hang catalog's track is named as in MoQT", () => {
  const name = trackNameOf("demo/room.hang", "catalog.json")!;
  assert.deepEqual(name, {
    namespace: namespace("demo", "room.hang"),
    name: utf8("catalog.json"),
  });
  assert.deepEqual(trackTextOf(name), { broadcast: "demo/room.hang", track: "catalog.json" });
});

Deno.test("a track's name may be empty, have slashes, and be too long with its namespace", () => {
  assert.deepEqual(trackNameOf("a", "")?.name, utf8(""));
  assert.deepEqual(trackTextOf(trackNameOf("a", "b/c")!)?.track, "b/c");
  assert.equal(trackNameOf("a", "b".repeat(4_096)), undefined);
  assert.equal(trackNameOf("a/".repeat(33), "b"), undefined);
  assert.equal(trackTextOf({ namespace: namespace("a"), name: Uint8Array.of(0xff) }), undefined);
  assert.equal(trackTextOf({ namespace: namespace("a/b"), name: utf8("c") }), undefined);
});
