import assert from "node:assert/strict";
import { formatNamespace } from "@qumo/shared/wire";
import { nameOf, namespaceOf, World } from "../../../tests/support/worlds/track_model.ts";
import { ScriptedPublisher } from "../../../tests/support/worlds/track_publishers.ts";
import { Scope } from "./scope.ts";

const LINGER = 100;
const NAME = nameOf("foo", "video");

/** A scope whose discovery knows something when it is told to. */
function setUp() {
  const { clock, cache } = new World();
  const scope = new Scope({
    path: "/",
    clock,
    cache,
    linger: LINGER,
    maxTracks: 10,
    nextTrackNumber: () => 1n,
    policyOf: () => "newest",
    onReplaced: () => {},
  });
  const followed: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let known: Promise<void> | undefined = promise;
  scope.discovery = {
    follow(namespace, wanted) {
      const text = `${wanted} ${formatNamespace(namespace)}`;
      followed.push(text);
      return { known, end: () => void followed.splice(followed.indexOf(text), 1) };
    },
  };
  const come = () => {
    known = undefined;
    resolve();
  };
  const stop = new AbortController();
  const open = (rendezvous: number) =>
    scope.open(NAME, { rendezvous, forward: true, signal: stop.signal });
  const wanted = () => [...new Set(followed)].sort();
  return { clock, scope, stop, open, come, wanted };
}

Deno.test("a request waits until it is known who else has the track, and no longer", async () => {
  const { clock, scope, open, come, wanted } = setUp();
  const opening = open(0);
  await clock.advance(0);
  assert.equal(wanted().length, 1);
  const publisher = new ScriptedPublisher();
  scope.advertise(namespaceOf("foo"), publisher, { origin: "remote" });
  come();
  await clock.advance(0);
  assert.equal(publisher.feeds.length, 1);
  publisher.feeds[0]!.agree();
  const opened = await opening;
  assert.ok(opened.ok);
  // For as long as the track is in use.
  assert.equal(wanted().length, 1);
  opened.value.demand.release();
  await clock.advance(LINGER);
  assert.deepEqual(wanted(), []);
});

Deno.test("who waits for a track that nobody has asks for as long as it waits", async () => {
  const { clock, open, come, wanted } = setUp();
  come();
  const opening = open(1000);
  await clock.advance(500);
  assert.equal(wanted().length, 1);
  await clock.advance(500);
  assert.equal((await opening).ok, false);
  await clock.advance(LINGER);
  assert.deepEqual(wanted(), []);
});

Deno.test("who leaves while it is not known yet asks no longer", async () => {
  const { clock, open, stop, wanted } = setUp();
  const opening = open(1000);
  await clock.advance(0);
  stop.abort();
  assert.equal((await opening).ok, false);
  await clock.advance(LINGER);
  assert.deepEqual(wanted(), []);
});

Deno.test("who watches a prefix asks for it, unless it wants only what is published here", () => {
  const { scope, wanted } = setUp();
  const listener = { added: () => {}, removed: () => {} };
  scope.watchNamespaces(namespaceOf("foo"), listener, "local");
  assert.deepEqual(wanted(), []);
  const stops = [
    scope.watchNamespaces(namespaceOf("foo"), listener),
    scope.watchTracks(namespaceOf("bar"), { offered: () => {} }),
  ];
  assert.deepEqual(wanted().length, 2);
  assert.ok(wanted().every((text) => text.startsWith("prefix ")));
  for (const stop of stops) stop();
  assert.deepEqual(wanted(), []);
});

Deno.test("a look-up waits only where no publisher is known", async () => {
  const { scope, come, wanted } = setUp();
  const looking = scope.lookUp(NAME);
  assert.ok(looking);
  scope.advertise(namespaceOf("foo"), new ScriptedPublisher());
  assert.equal(scope.lookUp(NAME), undefined);
  come();
  await looking;
  assert.deepEqual(wanted(), []);
});
