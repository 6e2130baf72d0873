import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import {
  accessText,
  type Batch,
  type Command,
  Registry,
  revocationId,
} from "../../sdn/registry/mod.ts";
import type { Store } from "../../sdn/store/mod.ts";

/** A store to hold against the contract. */
export interface StoreSubject {
  /** Opens it; the second time with what the first left behind. */
  open(): Store;
  /** Removes what it left behind. */
  clear(): void;
  /** Whether its state outlives the process. */
  readonly isDurable: boolean;
  /** Why it cannot be tried here. */
  readonly missing?: string | undefined;
}

const name = fc.constantFrom("a", "b/ü", "zero\u0000x");
const track = fc.constantFrom("x", "x/y", "caf%C3");
const body = fc.record({
  region: fc.constantFrom("", "eu"),
  epoch: fc.nat(2),
  links: fc.dictionary(name, fc.record({ cost: fc.nat(2), rtt_ms: fc.nat(50) })),
  load: fc.constantFrom(undefined, { cpu: 0.5 }),
  announces: fc.option(fc.uniqueArray(track), { nil: undefined }),
  draining: fc.boolean(),
  flows: fc.array(fc.record({ track, next_hop: name, source: name }), { maxLength: 2 }),
}, { requiredKeys: ["links"] }).map((given) => JSON.parse(JSON.stringify(given)));
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant("register" as const), name, body }),
  fc.record({ kind: fc.constant("deregister" as const), name }),
  fc.record({ kind: fc.constant("drain" as const), name, on: fc.boolean() }),
  fc.record({ kind: fc.constant("announce" as const), relay: name, track }),
  fc.record({ kind: fc.constant("withdraw" as const), relay: name, track }),
);
// After the time of every clock here, so that nothing is forgotten meanwhile.
const LATE = 4e12;
const target = fc.record({
  kind: fc.constantFrom("token" as const, "namespace" as const),
  value: fc.constantFrom("x", "zero\u0000x"),
});
const access: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant("revoke" as const),
    target,
    expiresAt: fc.constantFrom(LATE + 1000, LATE + 2000),
    wall: fc.constant(LATE),
  }),
  target.map((one) => ({ kind: "unrevoke" as const, id: revocationId(one), wall: LATE })),
  fc.record({
    kind: fc.constant("policy" as const),
    tenant: name,
    terms: fc.record({ sessions: fc.nat(2), regions: fc.constant<string[]>(["eu"]) }),
    wall: fc.constant(LATE),
  }),
  fc.record({ kind: fc.constant("policy" as const), tenant: name, wall: fc.constant(LATE) }),
);
const scripts = fc.array(fc.array(fc.oneof(command, access), { maxLength: 15 }), {
  minLength: 1,
  maxLength: 3,
});

/** A registry as the contract's tests use it. */
export function testRegistry(revision: number): Registry {
  return new Registry({
    controller: "c",
    leaseMs: 90_000,
    tombstoneMs: 3_600_000,
    smoothing: 1,
    revision,
  });
}

/** What must hold of every store. Registers tests whose names begin with `name`. */
export function storeContract(label: string, make: () => StoreSubject): void {
  const { isDurable, missing } = make();
  const test = (rule: string, act: () => Promise<void>, ignore = false) => {
    const name = `${label}: ${rule}`;
    const isMissing = missing !== undefined;
    Deno.test(
      isMissing ? `${name} (skipped: ${missing})` : name,
      { ignore: ignore || isMissing },
      act,
    );
  };

  test("a new store is empty", async () => {
    const subject = make();
    const store = subject.open();
    const { relays, tombstones, access = [] } = await store.load();
    assert.deepEqual([relays, tombstones, access], [[], [], []]);
    assert.equal(store.healthy, true);
    await store.close();
    subject.clear();
  });

  test("nothing is taken after closing", async () => {
    const subject = make();
    const store = subject.open();
    await store.close();
    await assert.rejects(store.append({ revision: 1, changes: [] }));
    assert.equal(store.healthy, false);
    await store.close();
    subject.clear();
  });

  test("what was appended before closing is kept, in every order of changes", async () => {
    await checkProperty(
      fc.asyncProperty(scripts, async (lives) => {
        const subject = make();
        try {
          let before = testRegistry(0);
          for (const script of lives) before = await live(subject, before, script);
        } finally {
          subject.clear();
        }
      }),
      { numRuns: 60 },
    );
  }, !isDurable);
}

/** One run of a controller: it begins with what the one before left, and is compared with that. */
async function live(subject: StoreSubject, before: Registry, script: Command[]) {
  const store = subject.open();
  const { revision, relays, tombstones, access = [] } = await store.load();
  const registry = testRegistry(revision);
  registry.restore(relays, tombstones, 0);
  for (const entry of access) registry.access.set(entry);
  assert.deepEqual(everything(registry), everything(before));
  const appended: Promise<void>[] = [];
  const keep = (batch: Batch | undefined) => {
    if (batch !== undefined) appended.push(store.append(batch));
  };
  for (const command of script) {
    const outcome = registry.apply(command, 0);
    if (outcome.ok) keep(outcome.value.step);
  }
  await store.close();
  await Promise.all(appended);
  return registry;
}

function everything(registry: Registry): unknown {
  const relays = [...registry.relays.values()].map(({ state }) => ({
    ...state,
    // Heartbeats that change nothing are not kept, so the newest number may be lost.
    beat: undefined,
    alive: { ...state.alive, tracks: new Map([...state.alive?.tracks ?? []].sort()) },
  }));
  const ends = [...registry.tombstones.values()].map((end) => ({ ...end, beat: undefined }));
  return {
    relays: relays.sort((a, b) => a.name < b.name ? -1 : 1),
    ends: ends.sort((a, b) => a.name < b.name ? -1 : 1),
    listed: registry.directory.page("", 100),
    access: [...registry.access.entries.values()].map(accessText).sort(),
  };
}
