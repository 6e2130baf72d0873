import assert from "node:assert/strict";
import { type Batch, Registry, type StoredRelay } from "../registry/mod.ts";
import type { Store } from "../store/mod.ts";
import { Journal } from "./journal.ts";
import { BUSY_MS } from "./limits.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

/** A store that keeps a batch when it is told to. */
class SlowStore implements Store {
  readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  readonly healthy = true;
  reconcile: (given: StoredRelay) => void = () => {};

  load() {
    return Promise.resolve({ revision: 0, relays: [], tombstones: [] });
  }

  append(_batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  followAccess(): void {}

  follow(reconcile: (given: StoredRelay) => void): void {
    this.reconcile = reconcile;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function journal() {
  const clock = new ManualClock();
  const store = new SlowStore();
  const registry = new Registry({
    controller: "c",
    leaseMs: 1000,
    tombstoneMs: 5000,
    smoothing: 1,
    revision: 0,
  });
  const published: number[] = [];
  const passed: number[] = [];
  const applied: number[] = [];
  const stored: number[] = [];
  const failures: unknown[] = [];
  /** Revisions of which telling fails. */
  const faults = new Set<number>();
  const made = new Journal({
    registry,
    store,
    clock,
    graphs: { take: ({ revision }) => void applied.push(revision) },
    publisher: {
      publish({ revision }) {
        if (faults.has(revision)) throw new Error(`fault at ${revision}`);
        published.push(revision);
      },
      pass: ({ revision }) => void passed.push(revision),
      text: () => "",
    },
    storeHealth: {
      stored: (milliseconds) => void stored.push(milliseconds),
      failed: (error) => void failures.push(error),
    },
  });
  const register = (name: string) => made.submit({ kind: "register", name, body: {} });
  return {
    clock,
    store,
    registry,
    made,
    register,
    published,
    passed,
    applied,
    stored,
    failures,
    faults,
  };
}

Deno.test("a change is answered and published once it is kept, in the order of the revisions", async () => {
  const { clock, store, register, published, applied } = journal();
  const answered: string[] = [];
  for (const name of ["a", "b"]) void register(name).then(() => answered.push(name));
  await clock.advance(0);
  assert.deepEqual([applied, published, answered], [[1, 2], [], []]);
  store.waiting[1]?.resolve();
  await clock.advance(0);
  assert.deepEqual([published, answered], [[], []]);
  store.waiting[0]?.resolve();
  await clock.advance(0);
  assert.deepEqual([published, answered], [[1, 2], ["a", "b"]]);
});

Deno.test("a change that could not be kept is refused, undone, and told to nobody", async () => {
  const { clock, store, registry, register, published, passed, stored, failures } = journal();
  const answer = register("a");
  store.reconcile({ name: "a", isUndone: true });
  store.waiting[0]?.reject(new Error("disk full"));
  const outcome = await answer;
  assert.equal(!outcome.ok && outcome.refusal.code, "unavailable");
  await clock.advance(0);
  assert.deepEqual([published, passed, registry.relays.size], [[], [1, 2], 0]);
  assert.equal(failures.length, 1);
  assert.deepEqual(stored, []);
});

Deno.test("how long the store takes is measured from the call until it has kept the batch", async () => {
  const { clock, store, register, stored } = journal();
  const answers = [register("a"), register("b")];
  await clock.advance(20);
  store.waiting[0]?.resolve();
  await clock.advance(5);
  store.waiting[1]?.resolve();
  await Promise.all(answers);
  assert.deepEqual(stored, [20, 25]);
});

Deno.test("a heartbeat that changes nothing does not wait for the store", async () => {
  const { store, register } = journal();
  const first = register("a");
  const second = await register("a");
  assert.ok(second.ok && !second.value.hasChanged);
  store.waiting[0]?.resolve();
  await first;
});

Deno.test("a lease ends when it is over, although nobody looks", async () => {
  const { clock, store, registry, made, register, published } = journal();
  void register("a");
  await clock.advance(600);
  void register("a");
  await clock.advance(999);
  assert.equal(registry.relays.size, 1);
  await clock.advance(1);
  assert.equal(registry.relays.size, 0);
  for (const { resolve } of store.waiting) resolve();
  await clock.advance(0);
  assert.deepEqual(published, [1, 2]);
  await clock.advance(5000);
  assert.equal(registry.tombstones.size, 0);
  await made.close();
  assert.equal(clock.pending, 0);
});

Deno.test("a fault while one change is told is its own caller's, and those behind it are told", async () => {
  const { store, register, published, faults } = journal();
  faults.add(1);
  const answers = [register("a"), register("b")];
  for (const { resolve } of store.waiting) resolve();
  const [first, second] = await Promise.allSettled(answers);
  assert.deepEqual([first?.status, second?.status, published], ["rejected", "fulfilled", [2]]);
});

Deno.test("a controller that was stopped for longer than a lease ends no relay that it could not hear", async () => {
  const { clock, store, registry, register, published } = journal();
  void register("a");
  store.waiting[0]?.resolve();
  await clock.advance(500);
  clock.stop(6000);
  // The heartbeat was in its socket all the while, and is read after the timers.
  await clock.advance(0);
  assert.equal(registry.relays.size, 1);
  assert.equal(registry.prolonged, 1);
  void register("a");
  await clock.advance(999);
  assert.deepEqual([registry.relays.size, published], [1, [1]]);
});

Deno.test("a controller that was late a moment ago reads what came meanwhile before it ends anybody", async () => {
  const { clock, store, registry, register } = journal();
  void register("a");
  await clock.advance(600);
  void register("b");
  for (const { resolve } of store.waiting) resolve();
  clock.stop(700);
  await clock.advance(0);
  assert.equal(registry.prolonged, 1, "one was over");
  await clock.advance(400);
  assert.deepEqual([registry.relays.size, registry.prolonged], [2, 3]);
  await clock.advance(BUSY_MS);
  assert.equal(registry.relays.size, 0, "nobody was heard");
});

Deno.test("a relay that is not heard ends at last, however often the controller is late", async () => {
  const { clock, store, registry, register } = journal();
  void register("a");
  store.waiting[0]?.resolve();
  let stops = 0;
  for (; registry.relays.size > 0 && stops < 100; stops++) {
    clock.stop(1500);
    await clock.advance(0);
  }
  assert.equal(stops, 15);
  await clock.advance(5000);
  assert.equal(registry.tombstones.size, 0);
});

Deno.test("a lease lasts longer by all that a controller was busy for, a little at a time", async () => {
  const { clock, store, registry, register } = journal();
  void register("a");
  store.waiting[0]?.resolve();
  // Its thread is free for a fifth of the time, and never busy for long: heartbeats wait all the same.
  for (let turn = 0; turn < 9; turn++) {
    await clock.advance(50);
    clock.stop(200);
    await clock.advance(0);
  }
  assert.equal(registry.relays.size, 1, "it was not heard for a lease of the controller's time");
  await clock.advance(1000);
  assert.equal(registry.relays.size, 0, "it was not heard");
});

Deno.test("a timer that is a little late prolongs no lease", async () => {
  const { clock, store, registry, register } = journal();
  void register("a");
  store.waiting[0]?.resolve();
  for (let turn = 0; turn < 10; turn++) {
    await clock.advance(95);
    clock.stop(9);
    await clock.advance(0);
  }
  assert.deepEqual([registry.relays.size, registry.prolonged], [0, 0]);
});
