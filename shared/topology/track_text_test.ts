import assert from "node:assert/strict";
import {
  canonicalTrackText,
  formatTrackName,
  formatTrackText,
  parseTrackName,
  parseTrackText,
} from "./track_text.ts";
import { MAX_TRACK_BYTES, MAX_TRACK_PARTS } from "./limits.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

const vectors: [Uint8Array[], string][] = [
  [[], ""],
  [[bytes("live"), bytes("a")], "live/a"],
  [[bytes("")], "~"],
  [[bytes("~")], "%7E"],
  [[bytes("~~")], "~~"],
  [[bytes(""), bytes(""), bytes("x")], "~/~/x"],
  [[bytes("a/b"), bytes("100%")], "a%2Fb/100%25"],
  [[bytes("caf\u00e9 \u{1f600}")], "caf\u00e9 \u{1f600}"],
  [[hex("ff00")], "%FF%00"],
  [[hex("61c3")], "a%C3"],
  [[hex("efbbbf61")], "\ufeffa"],
  [[bytes("a\nb\u007f")], "a%0Ab%7F"],
  [[bytes("caf\u00e9\n\u{1f600}%")], "caf\u00e9%0A\u{1f600}%25"],
];

Deno.test("formatTrackText() and parseTrackText() agree on every vector", () => {
  for (const [parts, text] of vectors) {
    assert.equal(formatTrackText(parts), text);
    assert.deepEqual(parseTrackText(text), { ok: true, value: parts });
  }
});

Deno.test("canonicalTrackText() gives all spellings of a name one text", () => {
  for (
    const [given, canonical] of [
      ["/live/a", "live/a"],
      ["/", ""],
      ["%6cive/%61", "live/a"],
      ["a%2fb", "a%2Fb"],
      ["caf%C3%A9", "caf\u00e9"],
      ["a\tb", "a%09b"],
    ] as const
  ) {
    assert.deepEqual(canonicalTrackText(given), { ok: true, value: canonical });
  }
});

Deno.test("parseTrackText() refuses what has no single meaning", () => {
  for (
    const text of ["a//b", "//", "a/", "//a", "100%", "%", "%4", "%zz", "a%", "\ud800", "%%41"]
  ) {
    assert.equal(parseTrackText(text).ok, false, JSON.stringify(text));
  }
});

Deno.test("parseTrackText() refuses more parts and more bytes than a MoQT name has", () => {
  assert.equal(parseTrackText(Array(MAX_TRACK_PARTS).fill("a").join("/")).ok, true);
  assert.equal(parseTrackText(Array(MAX_TRACK_PARTS + 1).fill("a").join("/")).ok, false);
  assert.equal(parseTrackText("a".repeat(MAX_TRACK_BYTES)).ok, true);
  assert.equal(parseTrackText("a".repeat(MAX_TRACK_BYTES + 1)).ok, false);
  assert.equal(parseTrackText("%00".repeat(MAX_TRACK_BYTES)).ok, true);
  const empty = "~/".repeat(MAX_TRACK_PARTS - 1);
  assert.equal(parseTrackText(`/${empty}${"%00".repeat(MAX_TRACK_BYTES)}`).ok, true);
  assert.equal(parseTrackText(`/${empty}${"%00".repeat(MAX_TRACK_BYTES + 1)}`).ok, false);
});

Deno.test("parseTrackName() takes the last part for the track, the others for the namespace", () => {
  const track = { namespace: [bytes("live"), bytes("")], name: bytes("video/1") };
  assert.equal(formatTrackName(track), "live/~/video%2F1");
  assert.deepEqual(parseTrackName("live/~/video%2F1"), { ok: true, value: track });
  assert.equal(parseTrackName("").ok, false);
});
