import assert from "node:assert/strict";
import fc from "fast-check";
import {
  announcesCovering,
  coversTrack,
  formatAnnounce,
  formatTrackText,
  parseAnnounce,
} from "@qumo/shared/topology";
import { checkProperty } from "../support/properties.ts";

const part = (minLength: number) =>
  fc.oneof(
    fc.constantFrom("a", "b", "~", "/x").map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ minLength, maxLength: 6 }),
  );
const scope = fc.oneof(
  fc.constantFrom("", "/room", "a", "~"),
  fc.string({ unit: "binary", maxLength: 5 }).map((text) => text.toWellFormed()),
);
const name = fc.oneof(fc.constant(new Uint8Array()), part(0));
const announce = fc.oneof(
  fc.record({ scope, namespace: fc.array(part(1), { minLength: 1, maxLength: 4 }) }),
  fc.record({ scope, namespace: fc.array(part(1), { maxLength: 4 }), name }),
);
type Announce = { scope: string; namespace: Uint8Array[]; name?: Uint8Array };
const plain = ({ scope, namespace, name }: Partial<Announce>) =>
  JSON.stringify([scope, namespace?.map((one) => [...one]), name && [...name]]);
const check = <T>(property: fc.IProperty<T>) => checkProperty(property, { numRuns: 1000 });

Deno.test("every announce comes back from its text", () => {
  check(fc.property(announce, (given) => {
    const back = parseAnnounce(formatAnnounce(given));
    assert.ok(back.ok);
    assert.equal(plain(back.value as Announce), plain(given));
  }));
});

Deno.test("two announces share a text only when they are the same", () => {
  check(fc.property(announce, announce, (one, other) => {
    assert.equal(formatAnnounce(one) === formatAnnounce(other), plain(one) === plain(other));
  }));
});

Deno.test("any text is refused, or is that of the announce that it is read as", () => {
  const text = fc.array(fc.constantFrom("a", "~", "%2Froom", "b", "%FF"), { maxLength: 6 })
    .map((parts) => parts.join("/"));
  check(fc.property(text, (given) => {
    const read = parseAnnounce(given);
    if (read.ok) assert.equal(formatAnnounce(read.value), given);
  }));
});

// The rule as a sentence: the scopes are one, and the announce is the track or a namespace above it.
function covers(announce: Announce, track: Announce & { name: Uint8Array }): boolean {
  if (announce.scope !== track.scope) return false;
  if (announce.name !== undefined) return plain(announce) === plain(track);
  return announce.namespace.every((part, i) => {
    const other = track.namespace[i];
    return other !== undefined && plain({ name: part }) === plain({ name: other });
  });
}

Deno.test("what covers a track follows from the names alone", () => {
  const track = fc.record({ scope, namespace: fc.array(part(1), { maxLength: 4 }), name });
  const pair = fc.oneof(
    fc.tuple(announce, track),
    // Half of them related, or few would cover anything.
    fc.tuple(track, fc.nat(4), fc.boolean()).map(([track, depth, isWhole]) => {
      const { scope, namespace } = track;
      const above = namespace.slice(0, Math.max(1, depth));
      return [isWhole || above.length === 0 ? track : { scope, namespace: above }, track] as const;
    }),
  );
  check(fc.property(pair, ([given, track]) => {
    const text = formatAnnounce(given);
    const wanted = covers(given, track);
    assert.equal(coversTrack(text, formatAnnounce(track)), wanted);
    assert.equal(announcesCovering(formatAnnounce(track)).includes(text), wanted);
    if (track.name.length === 0) return;
    // The same track with its name as one more part: a namespace of that name covers it as well.
    const { scope, namespace, name } = track;
    const parts = scope === "" ? [] : [new Uint8Array(), new TextEncoder().encode(scope)];
    const joined = formatTrackText([...parts, ...namespace, name]);
    const isItsNamespace = plain(given) === plain({ scope, namespace: [...namespace, name] });
    assert.equal(coversTrack(text, joined), wanted || isItsNamespace);
  }));
});
