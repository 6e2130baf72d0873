import assert from "node:assert/strict";
import { fieldText, namespaceText, trackText } from "./name_text.ts";

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
