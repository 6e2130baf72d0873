import assert from "node:assert/strict";
import { unreachable } from "./unreachable.ts";

/** What each relay says of its links: `a: { b: false }` is that a does not reach b. */
function lost(words: Record<string, Record<string, boolean>>): string[] {
  const relays = new Map(
    Object.entries(words).map(([name, links]) => {
      const own = Object.entries(links).map(([to, up]) => [to, { cost: 1, up }] as const);
      return [name, { name, links: new Map(own) }];
    }),
  );
  return [...unreachable(relays)].sort();
}

const cases: { what: string; words: Record<string, Record<string, boolean>>; lost: string[] }[] = [
  {
    what: "a relay that was killed, whose last word was that all is well",
    words: {
      dead: { a: true, b: true },
      a: { dead: false, b: true },
      b: { dead: false, a: true },
    },
    lost: ["dead"],
  },
  {
    what: "two that were killed at once, each vouching for the other",
    words: {
      dead: { a: true, gone: true },
      gone: { a: true, dead: true },
      a: { dead: false, gone: false },
    },
    lost: ["dead", "gone"],
  },
  {
    what: "a link that was cut: both ends are there to say so",
    words: { a: { b: false }, b: { a: false } },
    lost: [],
  },
  {
    what: "a ring cut in two places",
    words: {
      a: { b: false, d: true },
      b: { a: false, c: true },
      c: { b: true, d: false },
      d: { a: true, c: false },
    },
    lost: [],
  },
  {
    what: "a relay that one neighbor does not reach and another one does",
    words: { a: { b: true, c: true }, b: { a: false, c: true }, c: { a: true, b: true } },
    lost: [],
  },
  {
    what: "a relay that a stranger slanders",
    words: { a: {}, stranger: { a: false } },
    lost: [],
  },
  { what: "a relay without neighbors", words: { a: {} }, lost: [] },
];

for (const { what, words, lost: expected } of cases) {
  Deno.test(`unreachable() of ${what}: ${expected.join(" and ") || "nobody"}`, () => {
    assert.deepEqual(lost(words), expected);
  });
}
