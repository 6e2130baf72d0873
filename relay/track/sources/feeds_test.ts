import assert from "node:assert/strict";
import { properties } from "../../../tests/support/peers/scripted_objects.ts";
import {
  put,
  sayProperties,
  Subscriber,
  World,
} from "../../../tests/support/worlds/track_model.ts";
import {
  type ScriptedFeed,
  scriptedFeed,
  ScriptedPublisher,
} from "../../../tests/support/worlds/track_publishers.ts";
import { Feeds } from "./feeds.ts";
import type { KeptFeed, Offer } from "./feeds_options.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

const LINGER = 500;
const SPEAKER = {};
const DYNAMIC = properties([0x30, 1]);

function setUp(policy: ReplacementPolicy = "newest") {
  const world = new World();
  const track = world.track();
  const subscriber = new Subscriber(track);
  const gone: number[] = [];
  const others: ScriptedPublisher[] = [];
  const offered: boolean[] = [];
  const renewed: KeptFeed[] = [];
  const replaced: string[] = [];
  const feeds = new Feeds(track, {
    clock: world.clock,
    linger: LINGER,
    onGone: () => gone.push(world.clock.now()),
    policy,
    renew: (kept) => void renewed.push(...kept),
    onReplaced: ({ outcome }) => void replaced.push(outcome),
    onRenewed: () => {},
    onLeft: () => {},
    others: (lost) => others.filter((other) => other !== lost),
    onOffered: (isOffered) => offered.push(isOffered),
    onCarried: () => {},
  });
  return { world, track, subscriber, gone, feeds, others, offered, renewed, replaced };
}

Deno.test("R-077 Feeds.connect() asks each publisher once, however many ask", async () => {
  const { feeds } = setUp();
  const publisher = new ScriptedPublisher();
  const answers = [1, 2, 3].map(() => feeds.connect([publisher]));
  assert.equal(publisher.feeds.length, 1);
  publisher.last.agree();
  assert.deepEqual((await Promise.all(answers)).map(({ ok }) => ok), [true, true, true]);
  assert.equal((await feeds.connect([publisher])).ok, true);
  assert.equal(publisher.feeds.length, 1);
  assert.deepEqual([feeds.established, feeds.size, feeds.publishers], [true, 1, [publisher]]);
});

Deno.test("R-051 Feeds.connect() asks all publishers, and the first that agrees is enough", async () => {
  const { feeds } = setUp();
  const [silent, refusing, agreeing] = [
    new ScriptedPublisher(),
    new ScriptedPublisher("unauthorized"),
    new ScriptedPublisher("agree"),
  ];
  assert.equal((await feeds.connect([silent, refusing, agreeing])).ok, true);
  assert.deepEqual(feeds.publishers, [agreeing]);
  silent.last.agree();
  await silent.last.established;
  await Promise.resolve();
  assert.deepEqual(feeds.publishers, [silent, agreeing]);
});

Deno.test("Feeds.connect() gives the first refusal when all have refused, and asks again later", async () => {
  const { feeds, gone } = setUp();
  const [a, b] = [new ScriptedPublisher(), new ScriptedPublisher()];
  const answer = feeds.connect([a, b]);
  b.last.refuse("unauthorized");
  a.last.refuse("does_not_exist");
  assert.deepEqual(await answer, {
    ok: false,
    refusal: { kind: "unauthorized", reason: "unauthorized" },
  });
  assert.deepEqual([feeds.size, gone], [0, []]);
  const again = feeds.connect([a]);
  a.last.agree();
  assert.equal((await again).ok, true);
  assert.equal(a.feeds.length, 2);
});

Deno.test("Feeds.connect() does not give up while one of those asked before may still agree", async () => {
  const { feeds } = setUp();
  const [slow, late] = [new ScriptedPublisher(), new ScriptedPublisher("does_not_exist")];
  const first = feeds.connect([slow]);
  const second = feeds.connect([slow, late]);
  await late.last.established;
  const third = feeds.connect([slow]);
  slow.last.agree();
  assert.deepEqual((await Promise.all([first, second, third])).map(({ ok }) => ok), [
    true,
    true,
    true,
  ]);
});

Deno.test("Feeds.connect() is refused when there is nobody to ask", async () => {
  const { feeds } = setUp();
  const answer = await feeds.connect([]);
  assert.equal(!answer.ok && answer.refusal.kind, "does_not_exist");
});

Deno.test("Feeds.connect() is content with a publisher that offers the track meanwhile", async () => {
  const { track, feeds } = setUp();
  const answer = feeds.connect([new ScriptedPublisher()]);
  const offered = scriptedFeed(new ScriptedPublisher(), { track, feeds }, { offered: true });
  feeds.offer(offerOf(offered));
  assert.equal((await answer).ok, true);
});

Deno.test("Feeds cancels what it asked for when nobody wanted it for the time of the linger", async () => {
  const { world, feeds, gone, subscriber } = setUp();
  const publisher = new ScriptedPublisher("agree");
  const demand = feeds.hold(true);
  await feeds.connect([publisher]);
  demand.release();
  demand.release();
  await world.clock.advance(LINGER - 1);
  const again = feeds.hold(true);
  await world.clock.advance(LINGER);
  assert.equal(publisher.last.isCancelled, false);
  again.release();
  await world.clock.advance(LINGER);
  assert.deepEqual([publisher.last.isCancelled, publisher.last.changes], [true, []]);
  assert.deepEqual([gone.length, subscriber.end?.kind, world.clock.pending], [1, "ended", 0]);
});

Deno.test("Feeds pauses what was offered when nobody wants it, and goes on with it later", async () => {
  const { world, track, feeds, gone } = setUp();
  const offered = scriptedFeed(new ScriptedPublisher(), { track, feeds }, { offered: true });
  const asked = new ScriptedPublisher("agree");
  const demand = feeds.hold(true);
  feeds.offer(offerOf(offered));
  await feeds.connect([asked]);
  await feeds.connect([asked]);
  demand.release();
  await world.clock.advance(LINGER);
  assert.deepEqual([offered.isCancelled, offered.changes], [false, [{ forward: false }]]);
  assert.equal(feeds.has(asked), false);
  assert.deepEqual(gone, []);
  feeds.hold(true);
  assert.deepEqual(offered.changes, [{ forward: false }, { forward: true }]);
});

Deno.test("R-054 R-055 Feeds turns forwarding on with the first who wants it and off with the last", async () => {
  const { track, feeds } = setUp();
  const publisher = new ScriptedPublisher("agree");
  const offered = scriptedFeed(new ScriptedPublisher(), { track, feeds }, { offered: true });
  feeds.offer(offerOf(offered));
  const [a, b] = [feeds.hold(false), feeds.hold(false)];
  await feeds.connect([publisher]);
  assert.deepEqual([feeds.forward, offered.changes, publisher.last.changes], [false, [], []]);
  a.setForward(true);
  b.setForward(true);
  assert.deepEqual([offered.changes, publisher.last.changes], [[{ forward: true }], []]);
  a.setForward(false);
  assert.equal(feeds.forward, true);
  b.release();
  assert.deepEqual(publisher.last.changes, [{ forward: false }]);
  a.setForward(true);
  b.setForward(false);
  assert.deepEqual(publisher.last.changes, [{ forward: false }, { forward: true }]);
  assert.deepEqual(offered.changes, [{ forward: true }, { forward: false }, { forward: true }]);
});

Deno.test("R-055 Feeds leaves forwarding on for a first subscriber that does not want it yet", async () => {
  const { feeds } = setUp();
  const publisher = new ScriptedPublisher("agree");
  const demand = feeds.hold(false);
  await feeds.connect([publisher]);
  demand.setForward(false);
  feeds.hold(false);
  assert.deepEqual(publisher.last.changes, []);
});

Deno.test("Feeds tells a publisher of changes only when it has agreed", async () => {
  const { feeds } = setUp();
  const publisher = new ScriptedPublisher();
  const demand = feeds.hold(true);
  const answer = feeds.connect([publisher]);
  demand.setForward(false);
  assert.deepEqual(publisher.last.changes, []);
  publisher.last.agree();
  await answer;
  assert.deepEqual(publisher.last.changes, [{ forward: false }]);
});

Deno.test("R-057 Feeds wakes an offer that came while the track lingered", async () => {
  const { track, feeds } = setUp();
  const demand = feeds.hold(true);
  await feeds.connect([new ScriptedPublisher("agree")]);
  demand.release();
  const offered = scriptedFeed(new ScriptedPublisher(), { track, feeds }, { offered: true });
  assert.equal(feeds.forward, false);
  feeds.offer(offerOf(offered));
  feeds.hold(true);
  assert.deepEqual(offered.changes, [{ forward: true }]);
});

Deno.test("R-176 Feeds is over with the last feed, not before", async () => {
  const { feeds, gone, subscriber } = setUp();
  const [a, b] = [new ScriptedPublisher("agree"), new ScriptedPublisher("agree")];
  feeds.hold(true);
  await feeds.connect([a, b]);
  await feeds.connect([a, b]);
  a.last.end();
  assert.deepEqual([gone.length, subscriber.end], [0, undefined]);
  b.last.end("ended");
  assert.deepEqual([gone.length, subscriber.end?.kind], [1, "ended"]);
  b.last.end();
  assert.equal(gone.length, 1);
});

Deno.test("Feeds is over when the one it still waited for refuses after the others have ended", async () => {
  const { feeds, gone, subscriber } = setUp();
  const [a, b] = [new ScriptedPublisher("agree"), new ScriptedPublisher()];
  feeds.hold(true);
  await feeds.connect([a]);
  await feeds.connect([b]);
  a.last.end();
  assert.equal(gone.length, 0);
  b.last.refuse();
  await b.last.established;
  await Promise.resolve();
  assert.deepEqual([gone.length, subscriber.end?.kind], [1, "lost"]);
});

Deno.test("Feeds.abort() ends all feeds, and those who wait are refused", async () => {
  const { feeds, gone, subscriber, world } = setUp();
  const [a, b] = [new ScriptedPublisher(), new ScriptedPublisher()];
  const demand = feeds.hold(true);
  const answer = feeds.connect([a, b]);
  feeds.abort({ kind: "malformed", reason: "nonsense" });
  assert.deepEqual(await answer, {
    ok: false,
    refusal: { kind: "malformed_track", reason: "nonsense" },
  });
  assert.deepEqual([a.last.isCancelled, b.last.isCancelled], [true, true]);
  assert.deepEqual([gone.length, subscriber.end?.kind, feeds.size], [1, "malformed", 0]);
  demand.release();
  assert.equal(world.clock.pending, 0);
  const late = await feeds.connect([a]);
  assert.equal(late.ok, false);
  assert.equal(a.feeds.length, 1);
});

Deno.test("Feeds that nobody uses goes when a feed ends that it never had", () => {
  const { track, feeds, gone } = setUp();
  const feed = scriptedFeed(new ScriptedPublisher(), { track, feeds }, { offered: true });
  feeds.hold(true);
  feed.end();
  assert.equal(gone.length, 0);
  const unused = setUp();
  const { track: other, feeds: others } = unused;
  scriptedFeed(new ScriptedPublisher(), { track: other, feeds: others }).end();
  assert.equal(unused.gone.length, 1);
});

Deno.test("R-074 Feeds passes a request for a new group on with the subscription it opens", async () => {
  const { track, feeds } = setUp();
  const [a, b] = [new ScriptedPublisher(), new ScriptedPublisher()];
  const answer = feeds.connect([a, b], { newGroupRequest: 0n });
  assert.deepEqual([a.last.options.newGroupRequest, b.last.options.newGroupRequest], [0n, 0n]);
  sayProperties(track, SPEAKER, DYNAMIC);
  track.reports.learnLargest(SPEAKER, { group: 7n, object: 0n });
  a.last.agree();
  await answer;
  feeds.requestNewGroup(0n);
  assert.deepEqual(a.last.changes, []);
});

Deno.test("R-075 Feeds passes on the request of one who came while others were asked", async () => {
  const { track, feeds } = setUp();
  const publisher = new ScriptedPublisher();
  const first = feeds.connect([publisher]);
  const second = feeds.connect([publisher], { newGroupRequest: 5n });
  sayProperties(track, SPEAKER, DYNAMIC);
  publisher.last.agree();
  await Promise.all([first, second]);
  assert.deepEqual(publisher.last.changes, [{ newGroupRequest: 5n }]);
});

Deno.test("R-075 Feeds.requestNewGroup() passes on what is past the largest group and not asked yet", async () => {
  const { world, track, feeds } = setUp();
  const publisher = new ScriptedPublisher("agree");
  await feeds.connect([publisher]);
  sayProperties(track, SPEAKER, DYNAMIC);
  put(world.stream(track, { group: 4n }), 0);
  const asked = (value: bigint) => {
    const before = publisher.last.changes.length;
    feeds.requestNewGroup(value);
    return publisher.last.changes.slice(before);
  };
  assert.deepEqual(asked(1n), []);
  assert.deepEqual(asked(4n), []);
  assert.deepEqual(asked(0n), [{ newGroupRequest: 0n }]);
  assert.deepEqual(asked(0n), []);
  assert.deepEqual(asked(5n), [{ newGroupRequest: 5n }]);
  assert.deepEqual(asked(5n), []);
  assert.deepEqual(asked(0n), []);
  assert.deepEqual(asked(2n ** 64n - 1n), [{ newGroupRequest: 2n ** 64n - 1n }]);
  assert.deepEqual(asked(6n), []);
  put(world.stream(track, { group: 5n }), 0);
  assert.deepEqual(asked(5n), []);
  assert.deepEqual(asked(6n), [{ newGroupRequest: 6n }]);
});

Deno.test("R-076 Feeds.requestNewGroup() sends nothing for a track without dynamic groups", async () => {
  const { feeds } = setUp();
  const publisher = new ScriptedPublisher("agree");
  await feeds.connect([publisher]);
  feeds.requestNewGroup(0n);
  assert.deepEqual(publisher.last.changes, []);
});

Deno.test("A track whose last publisher is lost goes on with another, from what is missing", async () => {
  const { world, feeds, others, gone, track, subscriber } = setUp();
  const [lost, other] = [new ScriptedPublisher("agree"), new ScriptedPublisher()];
  feeds.hold(true);
  await feeds.connect([lost]);
  put(world.stream(track, { group: 3n }), 0);
  others.push(lost, other);
  lost.last.end("lost");
  assert.deepEqual([lost.feeds.length, other.feeds.length], [1, 1], "the lost one is not asked");
  assert.deepEqual(other.last.options.from, { group: 3n, object: 0n });
  other.last.agree();
  await other.last.established;
  assert.deepEqual([gone, subscriber.end], [[], undefined]);
  assert.deepEqual(feeds.publishers, [other]);
});

Deno.test("When nobody goes on with a track, it ends as its publisher ended it", async () => {
  const { feeds, others, subscriber } = setUp();
  const lost = new ScriptedPublisher("agree");
  feeds.hold(true);
  await feeds.connect([lost]);
  others.push(new ScriptedPublisher("does_not_exist"));
  lost.last.end("lost");
  await others[0]!.last.established;
  await Promise.resolve();
  assert.equal(subscriber.end?.kind, "lost");
});

Deno.test("Nobody is asked to go on with a track that is over, or that nobody wants", async () => {
  for (const [kind, wanted] of [["ended", true], ["malformed", true], ["lost", false]] as const) {
    const { feeds, others } = setUp();
    const publisher = new ScriptedPublisher("agree");
    if (wanted) feeds.hold(true);
    await feeds.connect([publisher]);
    others.push(new ScriptedPublisher());
    publisher.last.end(kind);
    assert.equal(others[0]!.feeds.length, 0, kind);
  }
});

Deno.test("Feeds.path is the shortest path of the feeds that deliver, and empty with a local publisher", async () => {
  const { feeds } = setUp();
  let changes = 0;
  feeds.watchPath({ changed: () => changes++, broken: () => {} });
  const far = new ScriptedPublisher("agree", ["london", "tokyo"]);
  const here = new ScriptedPublisher();
  await feeds.connect([far, here]);
  assert.deepEqual(feeds.path, ["london", "tokyo"]);
  assert.deepEqual([feeds.comesBy(["tokyo"]), feeds.comesBy(["paris"])], [true, false]);
  assert.equal(far.last.isNeeded, true);
  here.last.agree();
  await here.last.established;
  assert.deepEqual(feeds.path, []);
  assert.equal(feeds.comesBy(["tokyo"]), false);
  assert.equal(far.last.isNeeded, false, "the far one was not told that it is not needed");
  assert.equal(changes, 2);
  here.last.end("lost");
  assert.equal(far.last.isNeeded, true, "the far one was not told that it is needed again");
});

Deno.test("Offers of publishers that are here are told of, those of others not", () => {
  const { feeds, offered, track } = setUp();
  const target = { track, feeds };
  const far = scriptedFeed(new ScriptedPublisher(undefined, ["x"]), target, { offered: true });
  const here = scriptedFeed(new ScriptedPublisher(), target, { offered: true });
  feeds.offer(offerOf(far));
  assert.deepEqual(offered, []);
  feeds.offer(offerOf(here));
  assert.deepEqual(offered, [true]);
  here.end("ended");
  assert.deepEqual(offered, [true, false]);
});

function offerOf(feed: ScriptedFeed): Offer {
  return { publisher: feed.publisher, feed };
}
