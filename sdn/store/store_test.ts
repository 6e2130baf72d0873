import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Command, RelayState } from "../registry/mod.ts";
import { storeContract, testRegistry } from "../../tests/contracts/sdn_store.ts";
import { MemoryStore } from "./memory.ts";
import { SqliteStore } from "./sqlite.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

const timeline = { toWall: (time: number) => time + 5000, fromWall: (wall: number) => wall - 5000 };

function temporary() {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/state.sqlite`;
  const clock = new ManualClock();
  return {
    path,
    clock,
    open: () => new SqliteStore(path, { clock, timeline, tombstoneMs: 3_600_000 }),
    clear: () => Deno.removeSync(folder, { recursive: true }),
  };
}

storeContract("memory", () => ({
  open: () => new MemoryStore(7),
  clear: () => {},
  isDurable: false,
}));

storeContract("sqlite", () => {
  let made: ReturnType<typeof temporary> | undefined;
  return {
    open: () => (made ??= temporary()).open(),
    clear: () => made?.clear(),
    isDurable: true,
  };
});

Deno.test("memory: a revision begins where it is told to", async () => {
  assert.equal((await new MemoryStore(7).load()).revision, 7);
});

Deno.test("sqlite: what arrives in one turn is kept together, and answered once it is on the disk", async () => {
  const { clock, open, clear } = temporary();
  const store = open();
  const registry = testRegistry(0);
  const order: string[] = [];
  for (const name of ["a", "b"]) {
    const outcome = registry.apply({ kind: "register", name, body: {} }, 0);
    const batch = outcome.ok ? outcome.value.step : undefined;
    assert.ok(batch);
    void store.append(batch).then(() => order.push(name));
  }
  assert.equal(clock.pending, 1);
  assert.equal((await store.load()).relays.length, 0);
  await clock.advance(0);
  assert.deepEqual(order, ["a", "b"]);
  assert.equal((await store.load()).relays.length, 2);
  await store.close();
  clear();
});

/** A registry on a store that can be told to take nothing, as on a full disk. */
function onFullDisk() {
  const { path, clock, open, clear } = temporary();
  const store = open();
  const registry = testRegistry(0);
  store.follow((given) => void registry.reconcile(given, clock.now()));
  const blocker = new DatabaseSync(path);
  return {
    clock,
    store,
    registry,
    fill: () => blocker.exec("BEGIN EXCLUSIVE"),
    free: () => blocker.exec("COMMIT"),
    /** Applies a command and lets it be stored; tells whether it was kept. */
    async submit(command: Command): Promise<boolean> {
      const outcome = registry.apply(command, clock.now());
      const batch = outcome.ok ? outcome.value.step : undefined;
      assert.ok(batch);
      const kept = store.append(batch).then(() => true, () => false);
      await clock.advance(0);
      return await kept;
    },
    async close() {
      blocker.close();
      await store.close();
      clear();
    },
  };
}

Deno.test("sqlite: what a full disk does not keep is not in force, now or later", async () => {
  const { store, registry, fill, free, submit, clock, close } = onFullDisk();
  const body = { region: "eu", neighbors: { b: 3 }, announces: ["x", "y"] };
  assert.ok(await submit({ kind: "register", name: "a", body }));
  assert.ok(await submit({ kind: "register", name: "ended", body: {} }));
  assert.ok(await submit({ kind: "deregister", name: "ended" }));
  // Without what is remembered of tracks that are not there.
  const inForce = ({ name, life, alive }: RelayState) => {
    const tracks = [...alive?.tracks ?? []].filter(([, { present }]) => present).sort();
    return { name, life, ...alive, tracks };
  };
  const state = () => [
    [...registry.relays.values()].map(({ state }) => inForce(state)),
    [...registry.tombstones.keys()],
  ];
  const before = state();
  fill();
  const refused: Command[] = [
    { kind: "register", name: "new", body: {} },
    { kind: "register", name: "a", body: { region: "us" } },
    { kind: "register", name: "a", body: { epoch: 5, announces: ["z"] } },
    { kind: "register", name: "ended", body: {} },
    { kind: "announce", relay: "a", track: "z" },
    { kind: "withdraw", relay: "a", track: "x" },
    { kind: "drain", name: "a", on: true },
    { kind: "deregister", name: "a" },
  ];
  for (const command of refused) {
    assert.equal(await submit(command), false);
    assert.deepEqual(state(), before, JSON.stringify(command));
  }
  assert.equal(store.healthy, false);
  free();
  await clock.advance(1000);
  assert.equal(store.healthy, true);
  const { relays } = await store.load();
  assert.deepEqual([relays.map(inForce)], before.slice(0, 1));
  assert.ok(await submit({ kind: "announce", relay: "a", track: "z" }));
  await close();
});

Deno.test("sqlite: a full disk is asked again once a second, whoever writes meanwhile", async () => {
  const { store, fill, free, submit, clock, close } = onFullDisk();
  fill();
  assert.equal(await submit({ kind: "register", name: "a", body: {} }), false);
  free();
  for (let at = 0; at < 9; at++) {
    assert.equal(await submit({ kind: "register", name: `r${at}`, body: {} }), false);
    await clock.advance(100);
  }
  assert.equal(store.healthy, false);
  await clock.advance(100);
  assert.ok(await submit({ kind: "register", name: "a", body: {} }));
  assert.deepEqual((await store.load()).relays.map(({ name }) => name), ["a"]);
  await close();
});

Deno.test("sqlite: leases end on a full disk as well, and are kept as ended later", async () => {
  const { store, registry, fill, free, submit, clock, close } = onFullDisk();
  assert.ok(await submit({ kind: "register", name: "a", body: {} }));
  fill();
  await clock.advance(90_000);
  const batch = registry.expire(clock.now());
  assert.ok(batch);
  const kept = assert.rejects(store.append(batch));
  await clock.advance(0);
  await kept;
  assert.equal(registry.relays.size, 0);
  assert.equal(await submit({ kind: "register", name: "a", body: {} }), false);
  assert.deepEqual([registry.relays.size, registry.tombstones.has("a")], [0, true]);
  free();
  await clock.advance(1000);
  const { relays, tombstones } = await store.load();
  assert.deepEqual([relays, tombstones.map(({ name }) => name)], [[], ["a"]]);
  await close();
});

Deno.test("sqlite: a store of a newer program is refused and left as it is", () => {
  const { path, open, clear } = temporary();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  assert.throws(
    open,
    /newer version of the controller wrote it: its schema is version 99, this program knows 4/,
  );
  assert.throws(open, /schema is version 99/);
  clear();
});

Deno.test("sqlite: a file that is no database is refused", () => {
  const { path, open, clear } = temporary();
  Deno.writeTextFileSync(path, "not a database, but long enough to be looked at ".repeat(100));
  assert.throws(open, /not a database/);
  clear();
});

Deno.test("sqlite: old ends and old withdrawals are forgotten", async () => {
  const { path, clock, open, clear } = temporary();
  let store = open();
  const version = { epoch: 0, number: 1, seq: 1, by: "c" };
  const life = { epoch: 0, number: 1 };
  const appended = Array.from({ length: 1100 }, (_, i) =>
    store.append({
      revision: i + 1,
      changes: [
        { kind: "withdraw", relay: "a", track: `t${i}`, version },
        {
          kind: "gone",
          tombstone: { name: `r${i}`, life, beat: 0, reason: "expired", endedAt: i },
        },
      ],
    }));
  await clock.advance(0);
  await Promise.all(appended);
  await clock.advance(3_600_000 + 499);
  await store.close();
  store = open();
  const { tombstones } = await store.load();
  assert.equal(tombstones.length, 600);
  assert.equal(tombstones[0]?.endedAt, 500);
  await store.close();
  const database = new DatabaseSync(path);
  const row = database.prepare("SELECT count(*) AS count, min(track) AS first FROM tracks").get();
  assert.deepEqual({ ...row }, { count: 1000, first: "t100" });
  database.close();
  clear();
});

Deno.test("sqlite: a drain order ends with the life that it was given in", async () => {
  const { open, clear } = temporary();
  const store = open();
  const registry = testRegistry(0);
  const kept = ([1, 2] as const).flatMap((epoch) => [
    registry.apply({ kind: "register", name: "a", body: { epoch } }, 0),
    ...(epoch === 1 ? [registry.apply({ kind: "drain", name: "a", on: true }, 0)] : []),
  ]).map((outcome) => outcome.ok && outcome.value.step ? store.append(outcome.value.step) : null);
  await store.close();
  await Promise.all(kept);
  const again = open();
  assert.equal((await again.load()).relays[0]?.alive?.drain, undefined);
  await again.close();
  clear();
});

Deno.test("sqlite: a copy of the one file is whole when nothing was written for a second", async () => {
  const { path, clock, open, clear } = temporary();
  const store = open();
  const outcome = testRegistry(0).apply({ kind: "register", name: "a", body: {} }, 0);
  assert.ok(outcome.ok && outcome.value.step);
  const kept = store.append(outcome.value.step);
  await clock.advance(0);
  await kept;
  const relays = () => {
    Deno.copyFileSync(path, `${path}.copy`);
    const copy = new DatabaseSync(`${path}.copy`);
    const tables = Number(copy.prepare("SELECT count(*) AS n FROM sqlite_master").get()?.n);
    const count = tables && Number(copy.prepare("SELECT count(*) AS n FROM relays").get()?.n);
    copy.close();
    return count;
  };
  assert.equal(relays(), 0);
  await clock.advance(1000);
  assert.equal(relays(), 1);
  await store.close();
  clear();
});

/** Appends batches that tell watchers of a relay, under these revisions. */
async function tell(
  { store, clock }: { store: SqliteStore; clock: ManualClock },
  told: readonly (readonly [revision: number, events?: string])[],
) {
  const kept = told.map(([revision, events]) => store.append({ revision, changes: [] }, events));
  await clock.advance(0);
  await Promise.all(kept);
}

Deno.test("sqlite: what watchers were told is there for those who come back, as far as it has no gap", async () => {
  const { clock, open, clear } = temporary();
  const store = open();
  await tell({ store, clock }, [[1, "one"], [2, "two"], [3], [4, "four"], [5, ""]]);
  await store.close();
  const opened = open();
  const { told, revision } = await opened.load();
  assert.deepEqual(told, [{ revision: 4, events: "four" }, { revision: 5, events: "" }]);
  assert.equal(revision, 5);
  await tell({ store: opened, clock }, [[6]]);
  assert.deepEqual((await opened.load()).told, []);
  await opened.close();
  clear();
});

Deno.test("sqlite: what watchers were told is bounded in number and in length, also after a restart", async () => {
  const { clock, open, clear, path } = temporary();
  let store = open();
  const small = Array.from({ length: 5000 }, (_, at) => [at + 1, "x"] as const);
  await tell({ store, clock }, small);
  await tell({ store, clock }, [[5001, "x"]]);
  assert.equal((await store.load()).told?.length, 4097);
  const megabyte = "x".repeat(1 << 20);
  for (let revision = 5002; revision < 5010; revision++) {
    await tell({ store, clock }, [[revision, megabyte]]);
  }
  await store.close();
  store = open();
  await tell({ store, clock }, [[5010, "x"]]);
  const { told } = await store.load();
  assert.deepEqual(told?.map(({ revision }) => revision), [5006, 5007, 5008, 5009, 5010]);
  await store.close();
  const database = new DatabaseSync(path);
  assert.equal(database.prepare("SELECT count(*) AS n FROM told").get()?.n, 5);
  database.close();
  clear();
});
