import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty, seeds } from "../support/properties.ts";
import {
  type AccessEntry,
  accessText,
  mergeAccess,
  type PolicyEntry,
  Registry,
  type RevocationEntry,
  revocationId,
} from "../../sdn/registry/mod.ts";
import { accessMessageSchema } from "../../sdn/sync/mod.ts";
import { Random } from "../support/random.ts";

const check = <T>(property: fc.IProperty<T>) => checkProperty(property, { numRuns: 1000 });

const statement = { id: fc.constant("i"), seq: fc.nat(2), by: fc.constantFrom("c1", "c2") };
const revocation: fc.Arbitrary<RevocationEntry> = fc.record({
  about: fc.constant("revocation" as const),
  ...statement,
  rule: fc.record({
    target: fc.constant({ kind: "token" as const, value: "x" }),
    reason: fc.constantFrom("late", "stolen"),
    createdAt: fc.nat(1),
    expiresAt: fc.nat(3),
  }),
  until: fc.nat(4),
}, { requiredKeys: ["about", "id", "seq", "by", "until"] });
const policy: fc.Arbitrary<PolicyEntry> = fc.record({
  about: fc.constant("policy" as const),
  ...statement,
  terms: fc.option(fc.record({ sessions: fc.nat(1), tracks: fc.nat(1) }), { nil: undefined }),
  until: fc.nat(3),
}).map(({ terms, until, ...rest }) =>
  terms === undefined ? { ...rest, until } : { ...rest, rule: terms }
);
const pairs = fc.oneof(fc.array(revocation, { minLength: 3 }), fc.array(policy, { minLength: 3 }));

Deno.test("merging what is known about access is commutative, associative and idempotent", () => {
  check(fc.property(pairs, (given) => {
    const [a, b, c] = given as [AccessEntry, AccessEntry, AccessEntry];
    assert.equal(accessText(mergeAccess(a, b)), accessText(mergeAccess(b, a)));
    const [first, last] = [mergeAccess(mergeAccess(a, b), c), mergeAccess(a, mergeAccess(b, c))];
    assert.equal(accessText(first), accessText(last));
    assert.equal(accessText(mergeAccess(a, a)), accessText(a));
    const merged = mergeAccess(a, b);
    assert.equal(accessText(mergeAccess(merged, a)), accessText(merged));
    // Of two that did not know each other, one that forbids wins.
    if (a.seq === b.seq && (a.rule ?? b.rule) !== undefined) assert.ok(merged.rule !== undefined);
  }));
});

Deno.test("an entry about access survives the way to another controller", () => {
  check(fc.property(fc.oneof(revocation, policy), (entry) => {
    const sent = JSON.parse(JSON.stringify({ entries: [entry] }));
    const [back] = accessMessageSchema.parse(sent).entries;
    assert.equal(accessText(back!), accessText(entry));
  }));
});

const TARGETS = ["x", "y"].map((value) => ({ kind: "token" as const, value }));
const TENANTS = ["a", "b"];
const LIFE = 3000;

function controller(name: string): Registry {
  const options = { leaseMs: 1000, tombstoneMs: 1000, smoothing: 1, revision: 0 };
  return new Registry({ ...options, controller: name });
}

/**
 * Operators revoke, take back and set policies anywhere while messages are lost, late, repeated and
 * reordered, and controllers restart with nothing. In the end all must know the same; what was revoked
 * and not taken back must be revoked, and what was taken back by somebody who knew of it must not be.
 */
function simulate(seed: number): void {
  const generator = new Random(seed);
  const random = (below: number) => generator.below(below);
  const all = ["c0", "c1", "c2"].map(controller);
  const post: { at: number; to: number; entries: AccessEntry[] }[] = [];
  let wall = 0;
  let isApart = false;
  /** Until when each is revoked; undefined: it is not. */
  const truth = new Map<string, number | undefined>();
  const send = (from: number, to: number, at: number) =>
    post.push({ at, to, entries: [...all[from]!.access.entries.values()] });
  const exchange = () => {
    for (let round = 0; round < 2; round++) {
      for (const from of all) {
        const entries = [...from.access.entries.values()];
        for (const to of all) if (to !== from) to.adoptAccess(entries, wall);
      }
    }
  };
  const act = (at: Registry) => {
    const target = TARGETS[random(2)]!;
    const tenant = TENANTS[random(2)]!;
    switch (random(4)) {
      case 0:
      case 1: {
        const expiresAt = wall + 1 + random(LIFE);
        const outcome = at.apply({ kind: "revoke", target, expiresAt, wall }, 0);
        assert.ok(outcome.ok);
        truth.set(revocationId(target), expiresAt);
        break;
      }
      case 2: {
        const id = revocationId(target);
        const outcome = at.apply({ kind: "unrevoke", id, wall }, 0);
        if (outcome.ok) truth.set(id, undefined);
        break;
      }
      default: {
        const terms = random(2) === 0 ? {} : { terms: { sessions: random(9) } };
        at.apply({ kind: "policy", tenant, ...terms, wall }, 0);
      }
    }
  };
  for (let step = 0; step < 60; step++) {
    wall += random(100);
    for (const letter of post.filter((one) => one.at <= wall)) {
      post.splice(post.indexOf(letter), 1);
      all[letter.to]!.adoptAccess(letter.entries, wall);
    }
    if (random(10) === 0) isApart = !isApart;
    // Orders are given one after the other, each where the one before is known.
    if (!isApart) exchange();
    if (!isApart && random(2) === 0) act(all[random(3)]!);
    if (random(3) === 0) send(random(3), random(3), wall + random(2000));
    if (random(20) === 0) {
      const to = random(3);
      exchange();
      all[to] = controller(`c${to}`);
    }
  }
  for (const letter of post) all[letter.to]!.adoptAccess(letter.entries, wall);
  exchange();
  const known = all.map(({ access }) => {
    access.expire(wall);
    return [...access.entries.values()].map(accessText).sort();
  });
  assert.deepEqual(known[1], known[0]);
  assert.deepEqual(known[2], known[0]);
  for (const [id, expiresAt] of truth) {
    const rule = all[0]!.access.revocation(id)?.rule;
    const isRevoked = rule !== undefined && rule.expiresAt > wall;
    assert.equal(isRevoked, expiresAt !== undefined && expiresAt > wall, id);
    if (isRevoked) assert.equal(rule.expiresAt, expiresAt);
  }
}

Deno.test("controllers agree about access, and on what was ordered last, after the last fault", () => {
  for (const seed of seeds(500)) {
    try {
      simulate(seed);
    } catch (error) {
      throw new Error(`The simulation fails with seed ${seed}`, { cause: error });
    }
  }
});
