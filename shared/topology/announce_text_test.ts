import assert from "node:assert/strict";
import { announcesCovering, coversTrack, formatAnnounce, parseAnnounce } from "./announce_text.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const announce = (scope: string, namespace: string[], name?: string) => ({
  scope,
  namespace: namespace.map(bytes),
  ...(name !== undefined && { name: bytes(name) }),
});

Deno.test("formatAnnounce() and parseAnnounce() agree on every vector", () => {
  for (
    const [given, text] of [
      [announce("", ["live", "concert"]), "live/concert"],
      [announce("", ["live", "concert"], "video"), "live/concert/~/video"],
      [announce("", ["live"], ""), "live/~/~"],
      [announce("", [], "x"), "~/x"],
      [announce("", [], ""), "~/~"],
      [announce("", ["~"], "~"), "%7E/~/%7E"],
      [announce("/room", ["live"]), "~/%2Froom/live"],
      [announce("/room", ["live"], "video"), "~/%2Froom/live/~/video"],
      [announce("/room", [], "x"), "~/%2Froom/~/x"],
      [announce("~", ["a"], "b"), "~/%7E/a/~/b"],
      [announce("", []), "~"],
      [announce("/room", []), "~/%2Froom/~"],
    ] as const
  ) {
    assert.equal(formatAnnounce(given), text);
    assert.deepEqual(parseAnnounce(text), { ok: true, value: given });
  }
});

Deno.test("parseAnnounce() refuses what announces nothing", () => {
  for (const text of ["", "/", "a/~", "a/~/b/c", "~/~/a", "a/~/~/b", "~/%FF/a"]) {
    assert.equal(parseAnnounce(text).ok, false, text);
  }
});

Deno.test("formatAnnounce() refuses a name that no text could give back", () => {
  for (const one of [announce("", ["a", ""]), announce("/room", [""])]) {
    assert.throws(() => formatAnnounce(one), RangeError);
  }
});

Deno.test("coversTrack() takes a track by its own announce and by each namespace above it", () => {
  for (
    const covering of ["live/concert", "live/concert/~/video", "live", "live/concert/video", "~"]
  ) {
    assert.equal(coversTrack(covering, "live/concert/video"), true, covering);
  }
  for (const other of ["live/con", "live/~/concert", "live/concert/~/audio", "~/live/concert"]) {
    assert.equal(coversTrack(other, "live/concert/video"), false, other);
  }
});

Deno.test("a track that is written as one is not its own namespace", () => {
  assert.deepEqual(announcesCovering("live/concert/~/video"), [
    "live/concert/~/video",
    "live/concert",
    "live",
    "~",
  ]);
  assert.deepEqual(announcesCovering("~/x"), ["~/x", "~"]);
});

Deno.test("announces of one scope cover nothing in another", () => {
  assert.deepEqual(announcesCovering("~/%2Froom/live/video"), [
    "~/%2Froom/live/~/video",
    "~/%2Froom/live/video",
    "~/%2Froom/live",
    "~/%2Froom/~",
  ]);
  assert.equal(coversTrack("live", "~/%2Froom/live/video"), false);
  assert.equal(coversTrack("~/%2Froom/live", "live/video"), false);
  // The track %2Froom of the empty namespace begins like a scope, and is none.
  assert.equal(coversTrack("~/%2Froom", "~/%2Froom/live"), false);
});

Deno.test("a text that announces nothing covers itself alone", () => {
  assert.deepEqual(announcesCovering("a/~/b/c"), ["a/~/b/c"]);
});
