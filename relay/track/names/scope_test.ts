import assert from "node:assert/strict";
import { refused } from "@qumo/shared/runtime";
import { formatNamespace, type Namespace } from "@qumo/shared/wire";
import { nameOf, namespaceOf, put, World } from "../../../tests/support/worlds/track_model.ts";
import {
  type ScriptedFeed,
  scriptedFeed,
  ScriptedPublisher,
} from "../../../tests/support/worlds/track_publishers.ts";
import type { Refusal } from "../errors.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import { REDUNDANT_SILENCE_MS } from "../limits.ts";
import { Registry } from "./registry.ts";
import { Scope } from "./scope.ts";
import type { OpenOptions } from "./scope_options.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

const LINGER = 100;
const NAME = nameOf("foo", "bar", "video");

function setUp(maxTracks = 100, policy: ReplacementPolicy = "newest") {
  const world = new World();
  const { clock, cache } = world;
  let trackNumber = 0n;
  const nextTrackNumber = () => ++trackNumber;
  const scope = new Scope({
    path: "/",
    clock,
    cache,
    linger: LINGER,
    maxTracks,
    nextTrackNumber,
    policyOf: () => policy,
    onReplaced: () => {},
  });
  const stop = new AbortController();
  const open = (options: Partial<OpenOptions> = {}, name = NAME) =>
    scope.open(name, { rendezvous: 0, forward: true, signal: stop.signal, ...options });
  /** Lets time pass, and then nothing may be left of the scope. */
  const assertIdle = async () => {
    await clock.advance(LINGER);
    assert.deepEqual([scope.isIdle, scope.trackCount, clock.pending], [true, 0, 0]);
  };
  return { world, clock, scope, stop, open, assertIdle };
}

/** Lets all promises settle. */
async function settle({ clock }: ReturnType<typeof setUp>): Promise<void> {
  await clock.advance(0);
}

function kindOf(outcome: Awaited<ReturnType<Scope["open"]>>): string {
  return outcome.ok ? "ok" : outcome.refusal.kind;
}

function offer(scope: Scope, name = NAME, publisher = new ScriptedPublisher()): ScriptedFeed {
  const entry = scope.entry(name)!;
  const feed = scriptedFeed(publisher, entry, { offered: true });
  feed.agree();
  scope.offer(entry, { publisher, feed });
  return feed;
}

Deno.test("Scope asks the first alone where a second publisher is refused, and others when it has not got the track", async () => {
  const { scope, open, stop } = setUp(100, "refuse");
  const wide = new ScriptedPublisher("agree");
  const first = new ScriptedPublisher("agree");
  const withdraw = scope.advertise(NAME.namespace, first);
  const opened = await open();
  scope.advertise([], wide);
  assert.deepEqual([opened.ok, first.feeds.length, wide.feeds.length], [true, 1, 0]);
  await open();
  assert.equal(wide.feeds.length, 0);
  withdraw();
  first.last.end();
  assert.equal(wide.feeds.length, 1);
  stop.abort();
});

Deno.test("Scope asks a second publisher for what the first has not got, whatever the policy", async () => {
  const { scope, open, clock } = setUp(100, "refuse");
  const [first, second] = [new ScriptedPublisher("does_not_exist"), new ScriptedPublisher("agree")];
  scope.advertise([], first);
  await clock.advance(1);
  scope.advertise(NAME.namespace, second);
  assert.equal((await open()).ok, true);
  assert.deepEqual([first.feeds.length, second.feeds.length], [1, 1]);
});

Deno.test("Scope asks for what there is of a track here first, and then elsewhere", async () => {
  const { scope, clock } = setUp();
  const asked: string[] = [];
  const publisher = (label: string, kind: "does_not_exist" | "invalid_range") =>
    Object.assign(new ScriptedPublisher(), {
      trackStatus: () => {
        asked.push(label);
        return Promise.resolve(refused<Refusal>({ kind, reason: label }));
      },
    });
  scope.advertise(namespaceOf("foo"), publisher("far away", "invalid_range"), { origin: "remote" });
  scope.advertise(namespaceOf(), publisher("a stranger", "does_not_exist"));
  scope.advertise(namespaceOf("foo", "bar"), publisher("the nearest", "does_not_exist"));
  await scope.sourceOf(NAME)!.trackStatus(NAME);
  assert.deepEqual(asked, ["the nearest", "a stranger", "far away"]);
  assert.equal(clock.pending, 0);
});

Deno.test("R-053 Scope asks publishers of a namespace and of its prefixes, and of none that only looks like one", async () => {
  const { scope, open, assertIdle } = setUp();
  const namespaces = [["foo"], ["foo", "bar"], [], ["foobar"], ["foo", "bar", "video"], ["fo"]];
  const publishers = namespaces.map(() => new ScriptedPublisher("agree"));
  const withdraw = namespaces.map((fields, index) =>
    scope.advertise(namespaceOf(...fields), publishers[index]!)
  );
  const opened = await open();
  assert.deepEqual(publishers.map(({ feeds }) => feeds.length), [1, 1, 1, 0, 0, 0]);
  for (const undo of withdraw) undo();
  if (opened.ok) opened.value.demand.release();
  await assertIdle();
});

Deno.test("R-071 Scope.open() refuses at once when nobody publishes and nobody waits", async () => {
  const { open, assertIdle } = setUp();
  assert.equal(kindOf(await open()), "does_not_exist");
  await assertIdle();
});

Deno.test("R-049 Scope.open() waits for the publisher's answer, and passes its refusal on", async () => {
  const test = setUp();
  const { scope, open, assertIdle } = test;
  const publisher = new ScriptedPublisher();
  const withdraw = scope.advertise(NAME.namespace, publisher);
  const pending = open();
  let isOpen = false;
  void pending.then(() => isOpen = true);
  await settle(test);
  assert.equal(isOpen, false);
  publisher.last.refuse("unauthorized");
  assert.equal(kindOf(await pending), "unauthorized");
  withdraw();
  await assertIdle();
});

Deno.test("R-050 Scope.open() is done at once for a track that flows, and holds it", async () => {
  const { scope, open, clock, assertIdle } = setUp();
  const publisher = new ScriptedPublisher("agree");
  const withdraw = scope.advertise(NAME.namespace, publisher);
  const [a, b] = [await open(), await open()];
  assert.ok(a.ok && b.ok);
  assert.equal(a.value.track, b.value.track);
  assert.equal(publisher.feeds.length, 1);
  a.value.demand.release();
  await clock.advance(10 * LINGER);
  assert.equal(publisher.last.isCancelled, false);
  b.value.demand.release();
  withdraw();
  await assertIdle();
  assert.equal(publisher.last.isCancelled, true);
});

Deno.test("R-072 Scope.open() waits for a publisher as long as it was told, then it is too late", async () => {
  const test = setUp();
  const pending = test.open({ rendezvous: 1_000 });
  await test.clock.advance(999);
  assert.equal(test.scope.isIdle, false);
  await test.clock.advance(1);
  assert.equal(kindOf(await pending), "timeout");
  await test.assertIdle();
});

Deno.test("R-072 Scope.open() goes on when a publisher comes, for all who wait, with one subscription", async () => {
  const test = setUp();
  const { scope, open, assertIdle } = test;
  const waiting = [open({ rendezvous: 1_000 }), open({ rendezvous: 2_000 })];
  await settle(test);
  const publisher = new ScriptedPublisher("agree");
  const withdraw = scope.advertise(namespaceOf("foo"), publisher);
  const opened = await Promise.all(waiting);
  assert.deepEqual(opened.map(kindOf), ["ok", "ok"]);
  assert.equal(publisher.feeds.length, 1);
  for (const one of opened) if (one.ok) one.value.demand.release();
  withdraw();
  await assertIdle();
});

Deno.test("R-072 Scope.open() waits on when the publisher that came does not have the track", async () => {
  const test = setUp();
  const { scope, open, assertIdle } = test;
  const pending = open({ rendezvous: 1_000 });
  await settle(test);
  const empty = new ScriptedPublisher("does_not_exist");
  const withdraw = scope.advertise(NAME.namespace, empty);
  await test.clock.advance(500);
  assert.ok(empty.feeds.length >= 1 && empty.feeds.length <= 2);
  await test.clock.advance(500);
  assert.equal(kindOf(await pending), "timeout");
  withdraw();
  await assertIdle();
});

Deno.test("Scope.open() stops waiting when a publisher refuses for good", async () => {
  const test = setUp();
  const pending = test.open({ rendezvous: 1_000 });
  await settle(test);
  const withdraw = test.scope.advertise(NAME.namespace, new ScriptedPublisher("unauthorized"));
  assert.equal(kindOf(await pending), "unauthorized");
  withdraw();
  await test.assertIdle();
});

Deno.test("Scope.open() misses no publisher that comes while another is asked", async () => {
  const test = setUp();
  const { scope, open, assertIdle } = test;
  for (const rendezvous of [0, 1_000]) {
    const slow = new ScriptedPublisher();
    const undo = [scope.advertise(NAME.namespace, slow)];
    const pending = open({ rendezvous });
    await settle(test);
    const second = new ScriptedPublisher("agree");
    undo.push(scope.advertise(NAME.namespace, second));
    slow.last.refuse();
    const opened = await pending;
    assert.equal(kindOf(opened), "ok");
    if (opened.ok) opened.value.demand.release();
    for (const withdraw of undo) withdraw();
    await assertIdle();
  }
});

Deno.test("Scope.open() ends at once when nobody is interested any more, waiting or asking", async () => {
  for (const publisher of [undefined, new ScriptedPublisher()]) {
    const test = setUp();
    const withdraw = publisher && test.scope.advertise(NAME.namespace, publisher);
    const pending = test.open({ rendezvous: 1_000 });
    await settle(test);
    test.stop.abort();
    assert.equal((await pending).ok, false);
    assert.equal(test.clock.now(), 0);
    withdraw?.();
    await test.assertIdle();
    if (publisher !== undefined) assert.equal(publisher.last.isCancelled, true);
    assert.equal((await test.open({ rendezvous: 1_000 })).ok, false);
    await test.assertIdle();
  }
});

Deno.test("Scope.open() of a track that an offer brings, and of no other of its namespace", async () => {
  const test = setUp();
  const { scope, open, assertIdle } = test;
  const empty = new ScriptedPublisher("does_not_exist");
  const withdraw = scope.advertise(NAME.namespace, empty);
  const video = open({ rendezvous: 1_000 });
  const audio = open({ rendezvous: 1_000 }, nameOf("foo", "bar", "audio"));
  await settle(test);
  assert.equal(empty.feeds.length, 2);
  const feed = offer(scope);
  const opened = await video;
  assert.equal(kindOf(opened), "ok");
  assert.deepEqual(feed.changes, [{ forward: true }]);
  await test.clock.advance(1_000);
  assert.equal(kindOf(await audio), "timeout");
  const names = empty.feeds.map(({ target }) => new TextDecoder().decode(target.track.name.name));
  assert.deepEqual(
    names.filter((name) => name === "audio"),
    ["audio"],
    "asked once, and left alone",
  );
  withdraw();
  if (opened.ok) opened.value.demand.release();
  feed.end();
  await assertIdle();
});

Deno.test("Scope.open() of a track that ends while it is opened", async () => {
  const test = setUp();
  const publisher = new ScriptedPublisher();
  const withdraw = test.scope.advertise(NAME.namespace, publisher);
  const pending = test.open();
  await settle(test);
  publisher.last.target.feeds.contradicted(publisher.last, "nonsense");
  assert.equal(kindOf(await pending), "malformed_track");
  const lost = test.open();
  publisher.last.end();
  assert.equal(kindOf(await lost), "does_not_exist");
  withdraw();
  await test.assertIdle();
});

Deno.test("R-056 Scope subscribes at a new publisher for the tracks that are followed", async () => {
  const { scope, open, assertIdle } = setUp();
  const [first, second, other] = [1, 2, 3].map(() => new ScriptedPublisher("agree"));
  const undo = [scope.advertise(NAME.namespace, first!)];
  const opened = await open();
  undo.push(scope.advertise(namespaceOf("foo"), second!));
  undo.push(scope.advertise(namespaceOf("foobar"), other!));
  undo.push(scope.advertise(NAME.namespace, second!));
  assert.deepEqual([second!.feeds.length, other!.feeds.length], [1, 0]);
  first!.last.end();
  assert.ok(opened.ok && opened.value.track.endReason === undefined);
  opened.value.demand.release();
  for (const withdraw of undo) withdraw();
  await assertIdle();
});

Deno.test("Scope asks nobody anew for a track that is offered and not wanted, until it is", async () => {
  const { scope, open, assertIdle } = setUp();
  const feed = offer(scope);
  const publisher = new ScriptedPublisher("agree");
  const withdraw = scope.advertise(NAME.namespace, publisher);
  assert.equal(publisher.feeds.length, 0);
  const opened = await open();
  assert.equal(publisher.feeds.length, 1);
  if (opened.ok) opened.value.demand.release();
  withdraw();
  feed.end();
  await assertIdle();
});

for (const policy of ["newest", "oldest"] as const) {
  for (const who of ["before", "behind"] as const) {
    Deno.test(`a publisher here that brings nothing hides none elsewhere for more than a second: it came ${who} that one, ${policy}`, async () => {
      const { scope, open, clock, assertIdle } = setUp(100, policy);
      const here = new ScriptedPublisher("agree");
      const elsewhere = new ScriptedPublisher("agree", ["tokyo"]);
      const come = [
        () => scope.advertise(namespaceOf(), here),
        () => scope.advertise(namespaceOf("foo"), elsewhere, { origin: "remote" }),
      ];
      if (who === "behind") come.reverse();
      const withdraw: (() => void)[] = [];
      for (const one of come) {
        withdraw.push(one());
        await clock.advance(10);
      }
      const opened = await open();
      assert.ok(opened.ok);
      await clock.advance(REDUNDANT_SILENCE_MS - 1);
      assert.equal(elsewhere.feeds.length, 0);
      await clock.advance(1);
      assert.equal(elsewhere.feeds.length, 1);
      for (const undo of withdraw) undo();
      opened.value.demand.release();
      await assertIdle();
    });
  }
}

Deno.test("a publisher here that brings objects is enough, and one elsewhere is asked when they end", async () => {
  const { world, scope, open, clock, assertIdle } = setUp();
  const here = new ScriptedPublisher("agree");
  const elsewhere = new ScriptedPublisher("agree", ["tokyo"]);
  const withdraw = [
    scope.advertise(namespaceOf("foo"), elsewhere, { origin: "remote" }),
    scope.advertise(namespaceOf("foo"), here),
  ];
  const opened = await open();
  assert.ok(opened.ok);
  for (let group = 0n; group < 10n; group++) {
    put(world.stream(opened.value.track, { group }), 0);
    await clock.advance(REDUNDANT_SILENCE_MS / 2);
  }
  assert.equal(elsewhere.feeds.length, 0);
  await clock.advance(REDUNDANT_SILENCE_MS / 2);
  assert.equal(elsewhere.feeds.length, 1);
  for (const undo of withdraw) undo();
  opened.value.demand.release();
  await assertIdle();
});

Deno.test("Scope tells of a namespace once, however many publish it", async () => {
  const { scope, assertIdle } = setUp();
  const told: string[] = [];
  const watcher = (prefix: string) => ({
    added: (namespace: Namespace) => told.push(`${prefix}+${formatNamespace(namespace)}`),
    removed: (namespace: Namespace) => told.push(`${prefix}-${formatNamespace(namespace)}`),
  });
  const before = scope.watchNamespaces(namespaceOf("foo"), watcher("before "));
  const [a, b] = [new ScriptedPublisher(), new ScriptedPublisher()];
  const first = scope.advertise(NAME.namespace, a);
  const second = scope.advertise(NAME.namespace, b);
  const foobar = scope.advertise(namespaceOf("foobar"), a);
  const after = scope.watchNamespaces([], watcher("after "));
  first();
  first();
  second();
  second();
  foobar();
  assert.deepEqual(told, [
    "before +foo-bar",
    "after +foo-bar",
    "after +foobar",
    "after -foo-bar",
    "before -foo-bar",
    "after -foobar",
  ]);
  before();
  after();
  await assertIdle();
});

Deno.test("Scope lets watchers of namespaces leave while they are told", async () => {
  const { scope, assertIdle } = setUp();
  let count = 0;
  const leave: (() => void)[] = [];
  const watcher = { added: () => (count++, leave.forEach((undo) => undo())), removed: () => {} };
  leave.push(scope.watchNamespaces([], watcher));
  leave.push(scope.watchNamespaces(namespaceOf("foo"), watcher));
  const withdraw = scope.advertise(NAME.namespace, new ScriptedPublisher());
  assert.ok(count >= 1 && count <= 2);
  withdraw();
  await assertIdle();
});

Deno.test("R-137 Scope tells of tracks that are offered before and after one watches, not of others", async () => {
  const { scope, open, assertIdle } = setUp();
  const told: string[] = [];
  const offered = (entry: TrackEntry) =>
    void told.push(new TextDecoder().decode(entry.track.name.name));
  const feeds = [offer(scope)];
  const asked = new ScriptedPublisher("agree");
  const withdraw = scope.advertise(namespaceOf("foo"), asked);
  const opened = await open({}, nameOf("foo", "bar", "asked for"));
  const unwatch = scope.watchTracks(namespaceOf("foo"), { offered });
  feeds.push(offer(scope, nameOf("foo", "audio")), offer(scope, nameOf("foobar", "no")));
  feeds.push(offer(scope));
  assert.deepEqual(told, ["video", "audio", "video"]);
  unwatch();
  feeds.push(offer(scope, nameOf("foo", "later")));
  assert.equal(told.length, 3);
  if (opened.ok) opened.value.demand.release();
  withdraw();
  for (const feed of feeds) feed.end();
  await assertIdle();
});

Deno.test("Scope holds tracks to their number, those who wait for nobody included", async () => {
  const { scope, open, assertIdle } = setUp(2);
  const withdraw = scope.advertise([], new ScriptedPublisher("agree"));
  const opened = [await open({}, nameOf("a")), await open({}, nameOf("b"))];
  assert.equal(kindOf(await open({}, nameOf("c"))), "excessive_load");
  assert.equal(scope.entry(nameOf("d")), undefined);
  assert.equal(kindOf(await open({}, nameOf("b"))), "ok");
  for (const one of opened) if (one.ok) one.value.demand.release();
  for (const { feeds } of [...scope.tracks]) feeds.abort({ kind: "ended", reason: "" });
  withdraw();
  await assertIdle();
});

Deno.test("Scope.open() leaves nothing of many requests for names that nobody has", async () => {
  const { open, assertIdle } = setUp();
  for (let count = 0; count < 500; count++) await open({}, nameOf("no", `${count}`));
  await assertIdle();
});

Deno.test("R-086 Registry gives no two tracks of the relay one number, and forgets scopes out of use", async () => {
  const { clock, cache } = new World();
  const registry = new Registry({ clock, cache, linger: LINGER, maxTracks: 10 });
  const [a, b] = [registry.enter("a"), registry.enter("b")];
  assert.equal(registry.enter("a"), a);
  const numbers = [a, b, a].map((scope, at) => scope.entry(nameOf(`${at}`))!.track.number);
  assert.equal(new Set(numbers).size, 3);
  registry.leave("a");
  registry.leave("a");
  assert.equal([...registry.scopes()].length, 2, "its tracks are still in use");
  for (const { feeds } of [...a.tracks]) feeds.abort({ kind: "ended", reason: "" });
  registry.leave("b");
  assert.deepEqual([...registry.scopes()], [b]);
  await clock.advance(0);
});
