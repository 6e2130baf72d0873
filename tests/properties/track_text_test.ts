import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalTrackText, formatTrackText, parseTrackText } from "@qumo/shared/topology";
import { checkProperty } from "../support/properties.ts";

const part = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => new TextEncoder().encode(text)),
);
const parts = fc.array(part, { maxLength: 8 });
const check = <T>(property: fc.IProperty<T>) => checkProperty(property, { numRuns: 500 });

Deno.test("every list of parts comes back from its text", () => {
  check(fc.property(parts, (given) => {
    const back = parseTrackText(formatTrackText(given));
    assert.deepEqual(back.ok && back.value.map((one) => [...one]), given.map((one) => [...one]));
  }));
});

Deno.test("two lists of parts share a text only when they are the same list", () => {
  check(fc.property(parts, parts, (one, other) => {
    const same =
      JSON.stringify(one.map((p) => [...p])) === JSON.stringify(other.map((p) => [...p]));
    assert.equal(formatTrackText(one) === formatTrackText(other), same);
  }));
});

Deno.test("any text is refused or has one canonical spelling that stays as it is", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.string({ unit: fc.constantFrom("/", "%", "~", "a", "4", "1", "F", "\n"), maxLength: 12 }),
  );
  check(fc.property(text, (given) => {
    const once = canonicalTrackText(given);
    if (once.ok) assert.deepEqual(canonicalTrackText(once.value), once);
  }));
});
