import assert from "node:assert/strict";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { MAX_OPENING, MAX_PENDING_ACCESS, SNAPSHOT_PAGE } from "./limits.ts";
import type { WatchEvent, WatchScope } from "./use_cases.ts";

const SCOPE = { graph: true, announces: true, flows: false, access: true, routes: ["r"] };

type Subject = Awaited<ReturnType<typeof testController>>;

/** A watcher that reads when it is told to. */
function watcher({ controller }: Subject, given: { since?: number; scope?: WatchScope } = {}) {
  let woken = 0;
  const query = { scope: SCOPE, ...given, client: "test", onNews: () => void woken++ };
  const feed = controller.watching.watch(query);
  assert.ok(feed.ok);
  const take = () => feed.value.take();
  return {
    take,
    /** Everything that there is, list after list. */
    all(): WatchEvent[] {
      const events: WatchEvent[] = [];
      for (let next = take(); next.length > 0; next = take()) events.push(...next);
      return events;
    },
    get woken() {
      return woken;
    },
    leave: () => feed.value.close(),
  };
}

const names = (events: readonly WatchEvent[]) => events.map(({ event }) => event);
const said = (event: WatchEvent | undefined) => JSON.parse(event?.data ?? "null");
const revoke = ({ ask }: Subject, value: string) =>
  ask("POST", "/revoke", { kind: "token", value });
const settle = async ({ clock }: Subject) => await clock.advance(0);

Deno.test("a watcher of access has the whole list before anything else", async () => {
  const subject = await testController();
  for (let at = 0; at <= SNAPSHOT_PAGE; at++) await revoke(subject, `t${at}`);
  await subject.ask("PUT", "/policy/acme", { sessions: 1 });
  const one = watcher(subject);
  const first = one.all();
  assert.deepEqual(names(first), [
    "access_begin",
    "access",
    "access",
    "access",
    "access_ready",
  ]);
  assert.equal(said(first[1]).revocations.length, SNAPSHOT_PAGE);
  assert.deepEqual(said(first[3]), { policies: [{ tenant: "acme", sessions: 1 }] });
  assert.ok(first.every(({ id }) => id === undefined), "none says how far the rest was told");
  await settle(subject);
  assert.deepEqual(names(one.all()), ["graph", "ready"]);
});

Deno.test("a revocation is told before all announces that wait to be read", async () => {
  const subject = await testController();
  const one = watcher(subject);
  await settle(subject);
  one.all();
  for (let at = 0; at < 100; at++) {
    await subject.ask("PUT", "/relay/r", { announces: [`live/${at}`] });
  }
  await revoke(subject, "x");
  const [event] = one.take();
  assert.equal(event?.event, "access");
  assert.equal(said(event).revocations[0].value, "x");
  const rest = one.all();
  assert.ok(rest.length > 100);
  assert.ok(!names(rest).includes("access"), "it is told once");
});

Deno.test("a thousand watchers are told at once, in the same list, and so are those who have yet to begin", async () => {
  const subject = await testController();
  const many = Array.from({ length: 1000 }, () => watcher(subject));
  const begun = many.slice(0, MAX_OPENING);
  for (const one of many) assert.equal(names(one.all()).at(-1), "access_ready");
  const before = many.map(({ woken }) => woken);
  await revoke(subject, "x");
  assert.ok(many.every(({ woken }, at) => woken > before[at]!), "nobody waits for a round");
  const lists = new Set(many.map((one) => one.take()));
  assert.equal(lists.size, 1);
  assert.deepEqual(names([...lists][0]!), ["access"]);
  for (const one of [...begun, ...many]) one.leave();
  await settle(subject);
});

Deno.test("who resumes is told what changed about access since, before the rest", async () => {
  const subject = await testController();
  const { body: { id } } = await revoke(subject, "x");
  const since = subject.controller.revision();
  await subject.ask("PUT", "/relay/r", { announces: ["live/1"] });
  await revoke(subject, "y");
  await subject.ask("DELETE", `/revoke/${id}`);
  const one = watcher(subject, { since });
  const first = one.all();
  assert.deepEqual(names(first), ["access", "access", "access_ready"]);
  assert.equal(said(first[0]).revocations[0].value, "y");
  assert.deepEqual(said(first[1]), { revision: since + 3, unrevoked: [id] });
  await settle(subject);
  const rest = names(one.all());
  assert.ok(!rest.includes("access") && rest.includes("announce"));
});

Deno.test("who does not follow access is told nothing of it", async () => {
  const subject = await testController();
  const one = watcher(subject, { scope: { ...SCOPE, access: false } });
  await settle(subject);
  one.all();
  await revoke(subject, "x");
  await subject.ask("POST", "/kick", { kind: "tenant", value: "acme" });
  await settle(subject);
  assert.deepEqual(one.all(), []);
});

Deno.test("a kick goes to the relays that are connected, or to the one that is named", async () => {
  const subject = await testController();
  const follow = (...routes: string[]) => watcher(subject, { scope: { ...SCOPE, routes } });
  const [a, b, person] = [follow("a"), follow("b"), follow()];
  for (const one of [a, b, person]) one.all();
  await settle(subject);
  for (const one of [a, b, person]) one.all();
  const kick = async (body: object) => (await subject.ask("POST", "/kick", body)).body;
  const { id, relays, controllers } = await kick({ kind: "tenant", value: "acme", reason: "late" });
  assert.deepEqual([relays, controllers], [2, 0]);
  const [event] = a.take();
  assert.deepEqual(said(event), { id, kind: "tenant", value: "acme", reason: "late" });
  assert.deepEqual(names(b.take()), ["kick"]);
  assert.deepEqual(person.take(), []);
  assert.equal((await kick({ kind: "tenant", value: "acme", relay: "b" })).relays, 1);
  assert.deepEqual([names(a.take()), names(b.take())], [[], ["kick"]]);
  assert.equal((await kick({ kind: "session", value: "a/7" })).relays, 1);
  assert.deepEqual([names(a.take()), names(b.take())], [["kick"], []]);
  assert.equal((await kick({ kind: "session", value: "gone/7" })).relays, 0);
  assert.equal((await kick({ kind: "session", value: "a/7", relay: "b" })).relays, 0);
  assert.equal((await subject.ask("GET", "/revoke")).body.count, 0, "it forbids nothing");
});

Deno.test("who does not read for long is told the whole list anew", async () => {
  const subject = await testController();
  const one = watcher(subject);
  await settle(subject);
  one.all();
  for (let at = 0; at <= MAX_PENDING_ACCESS; at++) await revoke(subject, `t${at}`);
  const events = one.all().filter(({ event }) => event.startsWith("access"));
  assert.deepEqual([events[0]?.event, events.at(-1)?.event], ["access_begin", "access_ready"]);
  const count = events.reduce((sum, event) => sum + (said(event).revocations?.length ?? 0), 0);
  assert.equal(count, MAX_PENDING_ACCESS + 1);
  assert.match(await subject.controller.metrics(), /qumo_sdn_watchers_behind_total 1\n/);
});
