import assert from "node:assert/strict";
import { LiveLines } from "./live_lines.ts";

function written(isTerminal: boolean, act: (lines: LiveLines) => void): string {
  let text = "";
  const writeSync = (bytes: Uint8Array) => {
    text += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  act(new LiveLines({ isTerminal: () => isTerminal, writeSync }, () => 5));
  return text;
}

Deno.test("lines are written over on a terminal, no longer than it is wide", () => {
  const text = written(true, (lines) => {
    lines.show(["one", "two hundred"]);
    lines.show(["three", "four"]);
  });
  assert.equal(text, "one\ntwo h\n\x1b[2A\x1b[Jthree\nfour\n");
});

Deno.test("what is said between lines stays", () => {
  const text = written(true, (lines) => {
    lines.show(["one"]);
    lines.say("something happened");
    lines.show(["two"]);
  });
  assert.equal(text, "one\n\x1b[1A\x1b[Jsomething happened\ntwo\n");
});

Deno.test("nothing is taken back where there is no terminal", () => {
  const text = written(false, (lines) => {
    lines.show(["one", "two hundred"]);
    lines.say("something happened");
    lines.show(["three"]);
  });
  assert.equal(text, "one\ntwo hundred\nsomething happened\nthree\n");
});
