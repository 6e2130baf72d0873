import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { DeadlineHeap } from "../../sdn/registry/deadline_heap.ts";
import { SortedStrings } from "../../sdn/registry/sorted_strings.ts";
import { type Batch, type Command, Registry } from "../../sdn/registry/mod.ts";

const LEASE = 100;
const check = <T>(property: fc.IProperty<T>) => checkProperty(property, { numRuns: 300 });

const name = fc.constantFrom("a", "b", "c", "d");
const track = fc.constantFrom("x", "x/y", "z");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const body = fc.record({
  region: maybe(fc.constantFrom("", "eu", "us")),
  epoch: maybe(fc.nat(3)),
  seq: maybe(fc.nat(6)),
  links: maybe(fc.dictionary(name, fc.record({ cost: fc.nat(2) }))),
  announces: maybe(fc.uniqueArray(track)),
  draining: maybe(fc.boolean()),
}).map((fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("register" as const), name, body }) },
  fc.record({ kind: fc.constant("deregister" as const), name }),
  fc.record({ kind: fc.constant("drain" as const), name, on: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("announce" as const), relay: name, track }),
  },
  fc.record({ kind: fc.constant("withdraw" as const), relay: name, track }),
);
const steps = fc.array(fc.record({ wait: fc.nat(60), command }), { maxLength: 40 });

/** What somebody who only sees the changes knows. */
class Follower {
  readonly relays = new Map<string, unknown>();
  readonly drains = new Map<string, boolean>();
  readonly announces = new Set<string>();
  revision = 0;

  follow(batch: Batch | undefined): void {
    if (batch === undefined) return;
    assert.equal(batch.revision, ++this.revision);
    for (const change of batch.changes) this.#take(change);
  }

  #take(change: Batch["changes"][number]): void {
    switch (change.kind) {
      case "relay": {
        const before = this.relays.get(change.record.name) as typeof change.record | undefined;
        const { epoch, number } = change.record.version;
        if (before?.version.epoch !== epoch || before.version.number !== number) {
          this.drains.delete(change.record.name);
        }
        return void this.relays.set(change.record.name, change.record);
      }
      case "gone":
        this.relays.delete(change.tombstone.name);
        this.drains.delete(change.tombstone.name);
        for (const key of this.announces) {
          if (key.startsWith(`${change.tombstone.name} `)) this.announces.delete(key);
        }
        return;
      case "drain":
        return void this.drains.set(change.relay, change.order.on);
      case "announce":
        return void this.announces.add(`${change.announce.relay} ${change.announce.track}`);
      case "withdraw":
        return void this.announces.delete(`${change.relay} ${change.track}`);
    }
  }
}

Deno.test("whoever follows the changes knows what the registry knows", () => {
  check(fc.property(steps, (script) => {
    const registry = new Registry({
      controller: "c",
      leaseMs: LEASE,
      tombstoneMs: 1000,
      smoothing: 1,
      revision: 0,
    });
    const follower = new Follower();
    let now = 0;
    for (const { wait, command } of script) {
      now += wait;
      follower.follow(registry.expire(now));
      const outcome = registry.apply(command, now);
      if (outcome.ok) follower.follow(outcome.value.step);
      const entries = [...registry.relays.values()];
      assert.deepEqual(new Map(entries.map((e) => [e.record.name, e.record])), follower.relays);
      for (const entry of entries) {
        const order = follower.drains.get(entry.record.name) ?? false;
        assert.equal(entry.draining, entry.record.draining || order);
        const end = registry.leaseEnd(entry.record.name);
        assert.ok(end !== undefined && end > now && end <= now + LEASE);
        assert.equal(registry.tombstones.has(entry.record.name), false);
      }
      const listed = registry.directory.page("", 100).map((one) => `${one.relay} ${one.track}`);
      assert.deepEqual(new Set(listed), follower.announces);
      assert.equal(registry.directory.size, follower.announces.size);
    }
    assert.equal(registry.revision, follower.revision);
  }));
});

Deno.test("no relay outlives its lease, and each is gone at its deadline", () => {
  check(fc.property(steps, (script) => {
    const registry = new Registry({
      controller: "c",
      leaseMs: LEASE,
      tombstoneMs: 50,
      smoothing: 1,
      revision: 0,
    });
    let now = 0;
    for (const { wait, command } of script) {
      now += wait;
      registry.expire(now);
      registry.apply(command, now);
    }
    while (registry.nextDeadline !== undefined) {
      const deadline = registry.nextDeadline;
      const before = registry.relays.size + registry.tombstones.size;
      registry.expire(deadline - 0.5);
      assert.equal(registry.relays.size + registry.tombstones.size, before);
      registry.expire(deadline);
      assert.ok(registry.nextDeadline === undefined || registry.nextDeadline > deadline);
    }
    assert.equal(registry.relays.size, 0);
  }));
});

Deno.test("the heap gives keys back in the order of their deadlines", () => {
  const entry = fc.tuple(fc.constantFrom(..."abcdefghij"), fc.option(fc.nat(50), { nil: null }));
  check(fc.property(fc.array(entry, { maxLength: 60 }), (script) => {
    const heap = new DeadlineHeap();
    const expected = new Map<string, number>();
    for (const [key, at] of script) {
      if (at === null) heap.delete(key), expected.delete(key);
      else heap.set(key, at), expected.set(key, at);
      assert.equal(heap.next, expected.size === 0 ? undefined : Math.min(...expected.values()));
      assert.equal(heap.at(key), expected.get(key));
    }
    const taken: number[] = [];
    for (let key = heap.take(99); key !== undefined; key = heap.take(99)) {
      taken.push(expected.get(key) as number);
    }
    assert.deepEqual(taken, [...expected.values()].sort((a, b) => a - b));
  }));
});

Deno.test("the sorted set agrees with a set that is sorted each time", () => {
  const key = fc.nat(5000).map((n) => `k${n}`);
  const script = fc.array(fc.tuple(key, fc.boolean()), { minLength: 2500, maxLength: 4000 });
  checkProperty(
    fc.property(script, key, (operations, start) => {
      const sorted = new SortedStrings();
      const expected = new Set<string>();
      for (const [text, isAdd] of [...operations, ...operations.map(([t]) => [t, true] as const)]) {
        if (isAdd) sorted.add(text), expected.add(text);
        else sorted.delete(text), expected.delete(text);
      }
      assert.equal(sorted.size, expected.size);
      assert.deepEqual([...sorted.from("")], [...expected].sort());
      assert.deepEqual([...sorted.from(start)], [...expected].filter((t) => t >= start).sort());
      for (const text of expected) sorted.delete(text);
      assert.deepEqual([...sorted.from("")], []);
    }),
    { numRuns: 5 },
  );
});
