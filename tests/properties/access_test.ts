import assert from "node:assert/strict";
import fc from "fast-check";
import {
  allows,
  allowsUnder,
  type AskedName,
  type FieldMatch,
  isWithin,
  type Policy,
  prefixRule,
  type Right,
  RIGHTS,
  type Rule,
} from "../../relay/access/policy.ts";
import { checkProperty } from "../support/properties.ts";

/** Few bytes and short fields, so that names and rules meet often; one has a slash in it. */
const field = fc.constantFrom("a", "b", "ab", "ba", "a/b", "aba").map((text) =>
  new TextEncoder().encode(text)
);
const fields = (maxLength: number) => fc.array(field, { maxLength });
const match: fc.Arbitrary<FieldMatch> = fc.record({
  kind: fc.constantFrom("exact", "exact", "prefix", "suffix"),
  value: field,
});
const rule: fc.Arbitrary<Rule> = fc.record({
  within: fc.constantFrom("path", "namespace"),
  fields: fc.array(match, { maxLength: 3 }),
  isOpen: fc.boolean(),
  track: match,
}, { requiredKeys: ["within", "fields", "isOpen"] });
const name: fc.Arbitrary<AskedName> = fc.record({
  path: fields(2),
  namespace: fields(3),
  track: field,
}, { requiredKeys: ["path", "namespace"] });

function policyOf(rules: readonly Rule[]): Policy {
  return {
    holder: { tokenId: "t", subject: undefined, tenant: undefined, keyId: undefined },
    rules: { publish: rules, announce: [], subscribe: [], fetch: [], status: [], see: [] },
    until: Infinity,
    limits: {},
    isRelay: false,
  };
}

/** A rule as a regular expression over hexadecimal fields, each behind a comma. */
function slowly({ within, fields, isOpen, track }: Rule, asked: AskedName): boolean {
  const source = ({ kind, value }: FieldMatch) =>
    (kind === "suffix" ? "(?:[0-9a-f]{2})*" : "") + value.toHex() +
    (kind === "prefix" ? "(?:[0-9a-f]{2})*" : "");
  const list = fields.map((one) => `,${source(one)}`).join("");
  const text = (all: readonly Uint8Array[]) => all.map((one) => `,${one.toHex()}`).join("");
  const names = within === "path" ? [...asked.path, ...asked.namespace] : asked.namespace;
  const isNamed = new RegExp(`^${list}${isOpen ? "(?:,.*)?" : ""}$`).test(text(names));
  const isTrack = track === undefined || asked.track === undefined ||
    new RegExp(`^${source(track)}$`).test(asked.track.toHex());
  return isNamed && isTrack;
}

Deno.test("no decision differs from that of an obvious slow oracle", () => {
  let allowed = 0;
  checkProperty(
    fc.property(fc.array(rule, { maxLength: 4 }), name, (rules, asked) => {
      const expected = rules.some((one) => slowly(one, asked));
      assert.equal(allows(policyOf(rules), "publish", asked), expected);
      assert.equal(allows(policyOf(rules), "subscribe", asked), false);
      if (expected) allowed++;
    }),
    { numRuns: 5_000 },
  );
  assert.ok(allowed > 500, `only ${allowed} names were allowed`);
});

const rules = fc.array(rule, { maxLength: 3 });
const byRight = fc.record({
  publish: rules,
  announce: rules,
  subscribe: rules,
  fetch: rules,
  status: rules,
  see: rules,
});

Deno.test("what one right allows no other one does, for each of them", () => {
  const allowed = new Map<Right, number>();
  checkProperty(
    fc.property(byRight, name, (rules, asked) => {
      const policy = { ...policyOf([]), rules };
      for (const right of RIGHTS) {
        const expected = rules[right].some((one) => slowly(one, asked));
        assert.equal(allows(policy, right, asked), expected, right);
        if (expected) allowed.set(right, (allowed.get(right) ?? 0) + 1);
      }
    }),
    { numRuns: 3_000 },
  );
  for (const right of RIGHTS) {
    assert.ok((allowed.get(right) ?? 0) > 200, `only ${allowed.get(right)} names for ${right}`);
  }
});

/** Every name over the alphabet of the rules, as long as any of these tests has one. */
const ALL_FIELDS = ["a", "b", "ab", "ba", "a/b", "aba", "aab", "bba"]
  .map((text) => new TextEncoder().encode(text));

function* under(names: readonly Uint8Array[], more: number): Iterable<readonly Uint8Array[]> {
  yield names;
  if (more > 0) { for (const next of ALL_FIELDS) yield* under([...names, next], more - 1); }
}

Deno.test("something under a prefix is allowed if and only if a name under it is", () => {
  checkProperty(
    fc.property(rule, fields(1), fields(2), (one, path, prefix) => {
      const policy = policyOf([one]);
      const found = [...under(prefix, 3)].some((namespace) => slowly(one, { path, namespace }));
      assert.equal(allowsUnder(policy, "publish", { path, namespace: prefix }), found);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a prefix is within another if and only if all of its names are", () => {
  checkProperty(
    fc.property(fields(3), fields(3), (inner, outer) => {
      const names = { path: [], namespace: inner };
      const isNamed = slowly(prefixRule(outer), names);
      assert.equal(isWithin(prefixRule(inner), prefixRule(outer)), isNamed);
    }),
    { numRuns: 1_000 },
  );
});
