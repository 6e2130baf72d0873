import assert from "node:assert/strict";
import { nameOf, namespaceOf, World } from "../../../tests/support/worlds/track_model.ts";
import { scriptedFeed, ScriptedPublisher } from "../../../tests/support/worlds/track_publishers.ts";
import { Scope } from "./scope.ts";
import { TrackWatchers } from "./track_watchers.ts";

const NAME = nameOf("foo", "bar", "video");

function offered() {
  const { clock, cache } = new World();
  const scope = new Scope({
    path: "/",
    clock,
    cache,
    linger: 0,
    maxTracks: 10,
    nextTrackNumber: () => 1n,
    policyOf: () => "newest",
    onReplaced: () => {},
  });
  const publisher = new ScriptedPublisher();
  const entry = scope.entry(NAME)!;
  const feed = scriptedFeed(publisher, entry, { offered: true });
  feed.agree();
  scope.offer(entry, { publisher, feed });
  return { entry, publisher };
}

Deno.test("TrackWatchers tells of what is offered before and after somebody listens, and no more behind that", () => {
  const { entry, publisher } = offered();
  const watchers = new TrackWatchers();
  const told: string[] = [];
  const listener = { offered: (_: unknown, by: { label: string }) => void told.push(by.label) };
  assert.equal(watchers.isWatched(NAME.namespace), false);
  const stop = watchers.add(namespaceOf("foo"), listener, [entry]);
  assert.equal(watchers.isWatched(NAME.namespace), true);
  watchers.tell(entry, publisher);
  assert.deepEqual(told, [publisher.label, publisher.label]);
  stop();
  watchers.tell(entry, publisher);
  assert.deepEqual([told.length, watchers.isEmpty], [2, true]);
});

Deno.test("TrackWatchers says nothing of tracks outside the prefix", () => {
  const { entry, publisher } = offered();
  const watchers = new TrackWatchers();
  const fail = { offered: () => assert.fail("it was told") };
  watchers.add(namespaceOf("other"), fail, [entry]);
  watchers.tell(entry, publisher);
  assert.equal(watchers.isWatched(NAME.namespace), false);
});
