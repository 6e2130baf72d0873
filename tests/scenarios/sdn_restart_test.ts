import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { WatchEvent } from "../../sdn/control/use_cases.ts";
import { timelineOf } from "../../sdn/store/mod.ts";
import { SqliteStore } from "../../sdn/store/sqlite.ts";
import { copyDataDir } from "../../sdn/store/sqlite_copy.ts";
import { ManualClock } from "../support/worlds/manual_clock.ts";
import { START, testController } from "../support/worlds/sdn_controller.ts";
import { eventsOf } from "../support/worlds/watch_events.ts";

const SCOPE = { graph: true, announces: true, flows: false, access: false, routes: ["a"] };

/** A file of state with controllers that use it, one after the other. */
async function restarting() {
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock(START);
  const stores: SqliteStore[] = [];
  return {
    folder,
    /** Starts a controller; the one before it is not asked, as when it was killed. */
    async start(file = "state.sqlite") {
      const store = new SqliteStore(`${folder}/${file}`, {
        clock,
        timeline: timelineOf(clock),
        tombstoneMs: 3_600_000,
      });
      stores.push(store);
      const { controller, ask: asked } = await testController({ store, clock });
      const ask = async (...request: Parameters<typeof asked>) => {
        const answer = asked(...request);
        await clock.advance(1);
        return await answer;
      };
      return { controller, ask, clock };
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

type Started = Awaited<ReturnType<Awaited<ReturnType<typeof restarting>>["start"]>>;

/** What a watcher is sent that has all up to a revision, until it has what is newest. */
async function missed({ controller, clock }: Started, since: number): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  const newest = controller.revision();
  // Those who begin have their turn one after the other.
  await clock.advance(1);
  for await (const event of eventsOf(controller.watching, { since, scope: SCOPE })) {
    events.push(event);
    const isReady = events.some((one) => one.event === "ready");
    if (isReady && (since === newest || event.id === newest)) break;
  }
  return events;
}

async function fill({ ask, controller }: Started): Promise<number> {
  const body = { region: "eu", neighbors: { b: 3 }, epoch: 1 };
  await ask("PUT", "/relay/a", { ...body, announces: ["live/one", "live/two"] });
  await ask("PUT", "/relay/b", { neighbors: { a: 3 } });
  await ask("PUT", "/relay/c", { neighbors: { a: 3 } });
  return controller.revision();
}

Deno.test("a relay that comes back to a controller that was killed is sent what it missed, and no snapshot", async () => {
  await using world = await restarting();
  const before = await world.start();
  const first = before.controller.revision();
  const seen = await fill(before);
  await before.ask("PUT", "/announce/live/three", { relay: "b" });
  await before.ask("DELETE", "/announce/live/one?relay=a");
  await before.ask("DELETE", "/relay/c");
  await before.ask("POST", "/relay/b/drain");
  const told = await missed(before, seen);
  assert.deepEqual(told.map(({ event }) => event), [
    "routes",
    "ready",
    "announce",
    "withdraw",
    "gone",
    "relay",
  ]);
  const after = await world.start();
  assert.equal(after.controller.revision(), before.controller.revision());
  for (let since = first; since <= before.controller.revision(); since++) {
    assert.deepEqual(await missed(after, since), await missed(before, since));
  }
});

Deno.test("nobody resumes at a controller that was restored, whatever has changed there since", async () => {
  await using world = await restarting();
  const before = await world.start();
  await fill(before);
  await copyDataDir(world.folder, `${world.folder}/copy`);
  await before.ask("PUT", "/relay/late", {});
  const seen = before.controller.revision();
  await before.clock.advance(1000);
  const restored = await world.start("copy/state.sqlite");
  for (const name of ["x", "y", "z"]) await restored.ask("PUT", `/relay/${name}`, {});
  const query = { since: seen, scope: SCOPE, client: "me", onNews: () => {} };
  const feed = restored.controller.watching.watch(query);
  assert.equal(!feed.ok && feed.refusal.code, "history_gone");
});

Deno.test("a controller starts with changes that it cannot read, and goes on after them", async () => {
  await using world = await restarting();
  const before = await world.start();
  const seen = await fill(before);
  const database = new DatabaseSync(`${world.folder}/state.sqlite`);
  const write = database.prepare("UPDATE told SET events = ? WHERE revision = ?");
  write.run('announce {"track', seen - 2);
  write.run("to_come {}", seen - 1);
  database.close();
  const after = await world.start();
  assert.deepEqual(await missed(after, seen - 1), await missed(before, seen - 1));
  const query = { since: seen - 2, scope: SCOPE, client: "me", onNews: () => {} };
  const feed = after.controller.watching.watch(query);
  assert.equal(!feed.ok && feed.refusal.code, "history_gone");
});

Deno.test("what is revoked and limited is so after a restart, and who resumes is told what changed", async () => {
  await using world = await restarting();
  const first = await world.start();
  const { body: { id } } = await first.ask("POST", "/revoke", { kind: "token", value: "x" });
  await first.ask("PUT", "/policy/acme", { sessions: 2 });
  const since = first.controller.revision();
  await first.ask("POST", "/revoke", { kind: "key", value: "y" });
  await first.ask("DELETE", `/revoke/${id}`);
  const second = await world.start();
  const { body } = await second.ask("GET", "/revoke");
  assert.deepEqual(body.revocations.map(({ value }: { value: string }) => value), ["y"]);
  assert.equal((await second.ask("GET", "/policy/acme")).body.sessions, 2);
  const events: string[] = [];
  const scope = { ...SCOPE, access: true };
  for await (const { event, data } of eventsOf(second.controller.watching, { since, scope })) {
    events.push(
      `${event} ${JSON.parse(data).unrevoked ?? JSON.parse(data).revocations?.[0].value}`,
    );
    if (event === "access_ready") break;
  }
  assert.deepEqual(events, ["access y", `access ${id}`, "access_ready undefined"]);
});
