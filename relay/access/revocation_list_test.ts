import type { Revocation } from "@qumo/shared/topology/access_schemas";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkProperty } from "../../tests/support/properties.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { fieldsOf } from "./paths.ts";
import { RevocationList, targetsOf } from "./revocation_list.ts";

const word = fc.constantFrom("a", "b", "ab");
const holder = fc.record({
  tokenId: fc.option(word, { nil: undefined }),
  subject: fc.option(word, { nil: undefined }),
  tenant: fc.option(word, { nil: undefined }),
  keyId: fc.option(word, { nil: undefined }),
});
const path = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const revocation = fc.record({
  id: fc.constantFrom("1", "2", "3", "4", "5"),
  kind: fc.constantFrom("token", "subject", "tenant", "key", "namespace", "session"),
  lasts: fc.integer({ min: -1, max: 3 }),
}).chain(({ id, kind, lasts }) =>
  (kind === "namespace" ? path : word).map((value): Revocation => ({
    id,
    kind: kind as Revocation["kind"],
    value,
    created_at: new Date(0).toISOString(),
    expires_at: new Date(lasts * 1_000).toISOString(),
  }))
);

Deno.test("no token and no name is revoked otherwise than a look at each revocation says", () => {
  checkProperty(fc.property(
    fc.array(fc.oneof(revocation, fc.constantFrom("1", "2", "3")), { maxLength: 12 }),
    holder,
    path,
    fc.nat(3),
    (steps, asked, name, seconds) => {
      const clock = new ManualClock();
      const start = clock.wall();
      const at = (text: string) => new Date(start + Date.parse(text)).toISOString();
      const list = new RevocationList(clock);
      const all = new Map<string, Revocation>();
      for (const step of steps) {
        if (typeof step === "string") {
          list.delete(step);
          all.delete(step);
          continue;
        }
        const one = { ...step, expires_at: at(step.expires_at) };
        // One that is over changes nothing.
        if (list.add(one) === "added") all.set(one.id, one);
      }
      clock.advance(seconds * 1_000);
      const inForce = [...all.values()].filter((one) => Date.parse(one.expires_at) > clock.wall());
      const targets = targetsOf(asked);
      const byHolder = inForce.some((one) =>
        targets.some(([kind, value]) => one.kind === kind && one.value === value)
      );
      assert.equal(list.ofHolder(asked) !== undefined, byHolder);
      const byName = inForce.some(({ kind, value }) =>
        kind === "namespace" && `${name}/`.startsWith(`${value}/`)
      );
      assert.equal(list.ofName(fieldsOf(name)) !== undefined, byName);
    },
  ));
});
