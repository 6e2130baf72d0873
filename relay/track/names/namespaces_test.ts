import assert from "node:assert/strict";
import { namespaceOf } from "../../../tests/support/worlds/track_model.ts";
import { NamespaceTree } from "./namespaces.ts";

function treeOf(...namespaces: string[][]): NamespaceTree<string> {
  const tree = new NamespaceTree<string>();
  for (const fields of namespaces) tree.add(namespaceOf(...fields), fields.join("/"));
  return tree;
}

Deno.test("R-053 NamespaceTree matches by whole fields: foo is no prefix of foobar", () => {
  const tree = treeOf([], ["foo"], ["foobar"], ["foo", "bar"], ["foo", "bar", "baz"]);
  assert.deepEqual([...tree.prefixesOf(namespaceOf("foo", "bar"))], ["", "foo", "foo/bar"]);
  assert.deepEqual([...tree.prefixesOf(namespaceOf("foobar"))], ["", "foobar"]);
  assert.deepEqual([...tree.prefixesOf(namespaceOf("fo"))], [""]);
  assert.deepEqual([...tree.under(namespaceOf("foo"))], ["foo", "foo/bar", "foo/bar/baz"]);
  assert.deepEqual([...tree.under(namespaceOf("fo"))], []);
  assert.equal([...tree.under([])].length, 5);
});

Deno.test("R-053 NamespaceTree compares bytes, also where fields look alike when joined", () => {
  const tree = new NamespaceTree<string>();
  tree.add([Uint8Array.of(0xff)], "ff");
  tree.add([Uint8Array.of(0xc3, 0xbf)], "utf-8 of ff");
  tree.add(namespaceOf("a", "b"), "a b");
  tree.add(namespaceOf("a/b"), "a/b");
  tree.add(namespaceOf("1:a"), "1:a");
  assert.deepEqual([...tree.at([Uint8Array.of(0xff)])], ["ff"]);
  assert.deepEqual([...tree.at(namespaceOf("a/b"))], ["a/b"]);
  assert.deepEqual([...tree.under(namespaceOf("a"))], ["a b"]);
});

Deno.test("NamespaceTree counts values, not calls, and forgets empty branches", () => {
  const tree = new NamespaceTree<string>();
  const deep = namespaceOf(...Array.from({ length: 32 }, (_, at) => `${at}`));
  tree.add(deep, "x");
  tree.add(deep, "x");
  tree.add(deep, "y");
  assert.equal(tree.size, 2);
  tree.delete(deep, "z");
  tree.delete(namespaceOf("0", "other"), "x");
  tree.delete(deep, "x");
  tree.delete(deep, "x");
  assert.equal(tree.size, 1);
  tree.delete(deep, "y");
  assert.equal(tree.size, 0);
  assert.deepEqual([...tree.under([])], []);
  assert.equal(tree.at(deep).size, 0);
});

Deno.test("NamespaceTree keeps what is above and below a value that goes", () => {
  const tree = treeOf(["a"], ["a", "b"], ["a", "b", "c"]);
  tree.delete(namespaceOf("a", "b"), "a/b");
  assert.deepEqual([...tree.under(namespaceOf("a"))], ["a", "a/b/c"]);
  tree.delete(namespaceOf("a", "b", "c"), "a/b/c");
  assert.deepEqual([...tree.prefixesOf(namespaceOf("a", "b", "c"))], ["a"]);
});
