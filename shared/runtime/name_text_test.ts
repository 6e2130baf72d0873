import assert from "node:assert/strict";
import { fieldText, namespaceText, trackText, wholeNamespaceText } from "./name_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a track is shown as its namespace's fields and its name", () => {
  const track = { namespace: [bytes("room"), bytes("alice.hang")], name: bytes("video") };
  assert.equal(trackText(track), "room/alice.hang · video");
  assert.equal(namespaceText(track.namespace), "room/alice.hang");
});

Deno.test("a field cannot pass for two, nor bytes for text", () => {
  assert.equal(fieldText(bytes("a/b")), "a%2Fb");
  assert.equal(fieldText(bytes("100%")), "100%25");
  assert.equal(fieldText(bytes("naïve")), "naïve");
  assert.equal(fieldText(bytes("line\nbreak")), "line%0Abreak");
  assert.equal(fieldText(Uint8Array.of(0x61, 0xff, 0x2f)), "a%FF%2F");
});

Deno.test("each of the 256 bytes is written in one way, whatever stands beside it", () => {
  const escaped = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const isPlain = (byte: number) =>
    byte > 0x1f && byte < 0x7f && byte !== "%".charCodeAt(0) && byte !== "/".charCodeAt(0);
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const texts = Array.from(
    all,
    (byte) => isPlain(byte) ? String.fromCharCode(byte) : escaped(byte),
  );
  assert.equal(fieldText(all), texts.join(""));
  for (const byte of all) assert.equal(fieldText(Uint8Array.of(byte)), texts[byte]);
  assert.equal(fieldText(bytes("\u{1f600}/\ufeff")), "\u{1f600}%2F\ufeff");
});

Deno.test("a name of thousands of bytes takes 256 characters of a log line", () => {
  const long = new Uint8Array(4000);
  const shown = `${"%00".repeat(86).slice(0, 256)}…`;
  assert.equal(namespaceText([long]), shown);
  assert.equal(trackText({ namespace: [long], name: long }), `${shown} · ${shown}`);
  assert.equal(wholeNamespaceText([long]), "%00".repeat(4000));
  const half = namespaceText([bytes(`${"a".repeat(255)}\u{1f600}`)]);
  assert.ok(half.isWellFormed() && half.startsWith("aaa"));
});
