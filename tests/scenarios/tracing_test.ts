/** Which spans a relay's subscriptions are, and what it tells other relays of them. */
import assert from "node:assert/strict";
import { type RecordedSpan, RecordedSpans, traceOf } from "../support/worlds/recording_tracing.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { RELAY_NAME, SessionWorld } from "../support/worlds/session_world.ts";
import { publishDone, refused, subscribe, watch } from "./script.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;

const RELAY = { setup: { relayName: "there" } } as const;

function tracedWorld(): { spans: RecordedSpans; world: SessionWorld } {
  const spans = new RecordedSpans();
  return { spans, world: new SessionWorld({ tracing: spans.of(RELAY_NAME) }) };
}

/** The span of the only subscription. */
function onlySpan(spans: RecordedSpans): RecordedSpan {
  const [span, ...others] = spans.named("moqt subscription");
  assert.deepEqual(others, []);
  return span ?? assert.fail("no span");
}

Deno.test("a subscription of another relay goes on with its trace, for as long as it lasts", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const { downstream } = await watch(world, {
    subscriber: RELAY,
    parameters: { meshHops: ["there"], meshTrace: CALLER },
  });
  const span = onlySpan(spans);
  assert.deepEqual([span.kind, span.parent, traceOf(span)], ["server", CALLER, TRACE]);
  assert.deepEqual({ ...span.attributes }, {
    "qumo.track": "live-cam--video",
    "qumo.session": 2,
    "qumo.peer.relay": "there",
  });
  await world.advance(60_000);
  assert.equal(span.isOver, false);
  downstream.cancel("cancelled");
  await world.settle();
  assert.deepEqual([span.isOver, span.failure], [true, undefined]);
  assert.equal(span.attributes["qumo.outcome"], "left");
});

Deno.test("another relay is told of the span that its subscription is for", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const { message } = await watch(world, { publisher: RELAY });
  const span = onlySpan(spans);
  assert.equal(span.parent, undefined, "a client's subscription belongs to its session");
  assert.equal(message.parameters.meshTrace, span.traceparent);
});

Deno.test("who comes later changes nothing of the subscription that there is", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const { publisher } = await watch(world, { publisher: RELAY });
  const later = await subscribe(await world.connect(RELAY), { meshTrace: CALLER });
  await later.expect("subscribeOk");
  assert.equal(spans.named("moqt subscription").length, 2);
  await world.stillPending(publisher.acceptRequest(), "A request");
});

Deno.test("a publisher that is no relay is told of no trace", async () => {
  const { world } = tracedWorld();
  await using _world = world;
  const { message } = await watch(world, {
    subscriber: RELAY,
    parameters: { meshTrace: CALLER },
  });
  assert.deepEqual(Object.keys(message.parameters).sort(), ["forward"]);
});

Deno.test("a relay that does not trace tells nobody of a trace", async () => {
  await using world = new SessionWorld();
  const { message } = await watch(world, {
    publisher: RELAY,
    subscriber: RELAY,
    parameters: { meshTrace: CALLER },
  });
  assert.deepEqual(Object.keys(message.parameters).sort(), ["forward", "meshHops"]);
});

Deno.test("a text that is no trace counts as none", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const { message } = await watch(world, {
    publisher: RELAY,
    subscriber: RELAY,
    parameters: { meshTrace: "none" },
  });
  assert.equal(message.parameters.meshTrace, onlySpan(spans).traceparent);
});

Deno.test("a subscription that is refused failed, and says how", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  await refused(await subscribe(await world.connect()), "DOES_NOT_EXIST");
  const { isOver, failure, attributes } = onlySpan(spans);
  assert.deepEqual([isOver, failure], [true, "nobody publishes the track"]);
  assert.equal(attributes["qumo.outcome"], "does_not_exist");
});

Deno.test("a subscriber that leaves while it waits has left", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const request = await subscribe(await world.connect(), { rendezvousTimeout: 10_000n });
  await world.settle();
  request.cancel("cancelled");
  await world.settle();
  const { failure, attributes } = onlySpan(spans);
  assert.deepEqual([failure, attributes["qumo.outcome"]], [undefined, "left"]);
});

// How long datagrams may come after the publisher's last word.
const DATAGRAMS_MS = 200;

const ENDS = [
  { code: "track_ended", outcome: "ended", failed: false },
  { code: "internal_error", outcome: "internal_error", failed: true },
] as const;

for (const { code, outcome, failed } of ENDS) {
  Deno.test(`a subscription whose track comes to the end ${outcome} says so`, async () => {
    const { spans, world } = tracedWorld();
    await using _world = world;
    const { upstream } = await watch(world);
    await publishDone(upstream, code, 0);
    await world.advance(DATAGRAMS_MS);
    const span = onlySpan(spans);
    assert.deepEqual([span.isOver, span.failure !== undefined], [true, failed]);
    assert.equal(span.attributes["qumo.outcome"], outcome);
  });
}

Deno.test("a session that ends, ends the spans of its subscriptions", async () => {
  const { spans, world } = tracedWorld();
  await using _world = world;
  const { subscriber } = await watch(world);
  const waiting = await world.connect();
  await subscribe(waiting, { rendezvousTimeout: 10_000n }, trackOf("other", "video"));
  await world.settle();
  assert.equal(spans.named("moqt subscription").filter(({ isOver }) => !isOver).length, 2);
  for (const peer of [subscriber, waiting]) peer.close();
  await world.settle();
  spans.assertOver();
});
