import assert from "node:assert/strict";
import { printable } from "./printable.ts";

Deno.test("printable() leaves ordinary text of any script alone", () => {
  assert.equal(printable("live/東京 é 🎥", 100), "live/東京 é 🎥");
});

Deno.test("printable() shows control characters instead of sending them", () => {
  assert.equal(printable("\u001b[2Ja\nb\u0000\u009b", 100), "\\u001b[2Ja\\u000ab\\u0000\\u009b");
});

Deno.test("printable() shows what would turn the direction of text around", () => {
  assert.equal(printable("a\u202eb\u2066", 100), "a\\u202eb\\u2066");
});

Deno.test("printable() cuts long text and says so", () => {
  assert.equal(printable("abcdef", 3), "abc…");
  assert.equal(printable("abc", 3), "abc");
});

Deno.test("printable() makes half a surrogate pair writable", () => {
  assert.equal(printable("\ud83d", 10), "\ufffd");
});
