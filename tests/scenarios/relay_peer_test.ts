import { type ControlMessageOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { MAX_RELAY_SCOPES } from "../../relay/session/limits.ts";
import type { FeedEvents } from "../../relay/track/sources/feed.ts";
import { namespaceOf, type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { RELAY_NAME, SessionWorld } from "../support/worlds/session_world.ts";
import { World as CacheWorld } from "../support/worlds/track_model.ts";
import {
  accept,
  ALIAS,
  announce,
  announcing,
  at,
  closedWith,
  NO_PROPERTIES,
  objects,
  openSubgroup,
  refused,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  VIDEO,
} from "./script.ts";

/** A peer that says in SETUP that it is another relay. */
function relay(world: SessionWorld, name = "there"): Promise<ScriptedPeer> {
  return world.connect({ setup: { relayName: name } });
}

/** A track that a publisher here sends, with a group that is whole and one that has begun. */
async function live(world: SessionWorld) {
  const publisher = await announcing(world);
  const viewer = await subscribe(await world.connect());
  await accept(publisher);
  await viewer.expect("subscribeOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  await openSubgroup(publisher, { group: 2n }, ...objects(2));
  await world.settle();
  return { publisher };
}

Deno.test("the relay names itself in SETUP", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  assert.equal((await peer.theirSetup()).relayName, RELAY_NAME);
});

Deno.test("another relay is told the way of a track", async () => {
  await using world = new SessionWorld();
  await live(world);
  const request = await subscribe(await relay(world), { meshHops: ["there"] });
  const { parameters } = await request.expect("subscribeOk");
  assert.deepEqual(parameters.meshHops, [RELAY_NAME]);
});

Deno.test("nobody else is told, and nobody else may say how a request came", async () => {
  await using world = new SessionWorld();
  await live(world);
  const viewer = await world.connect();
  const { parameters } = await (await subscribe(viewer)).expect("subscribeOk");
  assert.deepEqual(Object.keys(parameters), ["largestObject"]);
  for (
    const parameters of [{ meshHops: [] }, { meshScope: "/x" }, { meshTrace: "x" }] as const
  ) {
    const stranger = await world.connect();
    await subscribe(stranger, parameters);
    await closedWith(stranger, "protocol_violation");
  }
});

Deno.test("another relay gets the group that is under way from its first object", async () => {
  await using world = new SessionWorld();
  await live(world);
  const peer = await relay(world);
  await (await subscribe(peer, { filter: { type: "largest_object" } })).expect("subscribeOk");
  const stream = await SubgroupReader.next(peer);
  assert.equal(stream.header.group, 2n);
  assert.equal(await firstId(stream), 0);
});

Deno.test("another relay that says what it misses gets what is still here of it", async () => {
  await using world = new SessionWorld();
  await live(world);
  const peer = await relay(world);
  const filter = { type: "absolute_start", start: at(1, 1) } as const;
  await (await subscribe(peer, { filter })).expect("subscribeOk");
  const streams = [await SubgroupReader.next(peer), await SubgroupReader.next(peer)];
  const first = await Promise.all(streams.map(firstId));
  assert.deepEqual(streams.map(({ header }) => header.group), [1n, 2n]);
  assert.deepEqual(first, [1, 0]);
});

async function firstId(stream: SubgroupReader): Promise<number> {
  const object = await stream.next();
  assert.ok(typeof object === "object");
  return object.id;
}

Deno.test("one session with another relay serves every scope that it names", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live", { webTransport: "/room" });
  const peer = await relay(world);
  await refused(await subscribe(peer), "DOES_NOT_EXIST");
  const request = await subscribe(peer, { meshScope: "/room", meshHops: ["there"] });
  await accept(publisher);
  await request.expect("subscribeOk");
});

Deno.test("the same track of two scopes are two subscriptions", async () => {
  await using world = new SessionWorld();
  const publishers = [await world.connect(), await world.connect({ webTransport: "/room" })];
  for (const publisher of publishers) await announce(publisher, "live");
  const peer = await relay(world);
  const requests = [await subscribe(peer), await subscribe(peer, { meshScope: "/room" })];
  for (const publisher of publishers) await accept(publisher);
  for (const request of requests) await request.expect("subscribeOk");
  const again = await subscribe(peer, { meshScope: "/room" });
  await again.expect("subscribeOk");
  assert.equal(await requests[1]!.ended(), "cancelled", "the old one ends for it");
});

Deno.test("scopes that another relay names are limited", async () => {
  await using world = new SessionWorld({ limits: { controlMessageBurst: 10_000 } });
  const peer = await relay(world);
  for (let scope = 1; scope < MAX_RELAY_SCOPES; scope++) {
    const request = await peer.request({
      kind: "trackStatus",
      track: VIDEO,
      parameters: { meshScope: `/${scope}` },
    });
    await refused(request, "DOES_NOT_EXIST");
  }
  await refused(await subscribe(peer, { meshScope: "/more" }), "EXCESSIVE_LOAD");
  assert.equal([...world.registry.scopes()].length, MAX_RELAY_SCOPES);
  peer.close();
  await world.settle();
  assert.equal([...world.registry.scopes()].length, 0, "they end with the session");
});

Deno.test("another relay may have twenty times the subscriptions of a client", async () => {
  await using world = new SessionWorld({ limits: { maxSubscriptions: 1 } });
  const publisher = await announcing(world);
  const peer = await relay(world);
  for (let index = 0; index < 20; index++) {
    const request = await subscribe(peer, {}, trackOf("live/cam", `v${index}`));
    await accept(publisher, { alias: BigInt(100 + index) });
    await request.expect("subscribeOk");
  }
  await refused(await subscribe(peer), "EXCESSIVE_LOAD");
});

/** A session with a relay that tracks are taken from. */
async function linked(world: SessionWorld, shows: "local" | "none" = "none") {
  let hasLeft = 0;
  const { peer, session } = await world.join({
    dialled: true,
    setup: { relayName: "there" },
    link: { path: "/", authority: "there:1", scope: "", shows, onLeaving: () => void hasLeft++ },
  });
  return { peer, session: (await session.established)!, hasLeft: () => hasLeft };
}

Deno.test("R-010: a link says which authority and path it called, and asks for no namespaces", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const { peer } = await linked(world);
  const { authority, path, relayName } = await peer.theirSetup();
  assert.deepEqual([authority, path, relayName], ["there:1", "/", RELAY_NAME]);
  await world.stillPending(peer.acceptRequest(), "A request");
});

Deno.test("a request over a link carries its scope, and the relays that it came by", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await linked(world);
  const publisher = session.publisher("/room");
  const status = publisher.trackStatus(VIDEO, ["far"]);
  const { request, message } = await peer.expectRequest("trackStatus");
  assert.deepEqual(message.parameters, {
    meshScope: "/room",
    meshHops: ["far", RELAY_NAME],
  });
  await request.sendOk();
  assert.equal((await status).ok, true);
});

Deno.test("a link that is to bring its last groups still brings none before those it was asked for", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await linked(world);
  const track = new CacheWorld().track();
  const silence = () => {};
  const feeds: FeedEvents = {
    ended: silence,
    contradicted: () => "lost",
    began: silence,
    quiet: silence,
    pathChanged: silence,
    broken: silence,
  };
  const feed = session.publisher("/room").subscribe({ track, feeds }, { from: at(28, 0) });
  const { request } = await peer.expectRequest("subscribe");
  await request.send({
    kind: "subscribeOk",
    alias: ALIAS,
    parameters: { meshHops: ["there"] },
    properties: NO_PROPERTIES,
  });
  await feed.established;
  feed.update({ endGroup: 30n });
  const { parameters } = await request.expect("requestUpdate");
  assert.deepEqual(parameters.filter, {
    type: "absolute_range",
    start: at(28, 0),
    endGroup: 30n,
  });
  feed.cancel();
});

Deno.test("a link is pinged by a question that no relay looks up elsewhere", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await linked(world);
  const answer = session.ping!();
  const { request, message } = await peer.expectRequest("trackStatus");
  assert.deepEqual(message.track, trackOf(".session", "ping"));
  await request.sendError("does_not_exist");
  assert.equal(await answer, true);
  const lost = session.ping!();
  await peer.expectRequest("trackStatus");
  peer.close();
  assert.equal(await lost, false);
  assert.equal(await session.ping!(), false);
  const { ok, cancelled } = world.metrics.upstreamRequests.link_probe;
  assert.deepEqual([ok, cancelled], [1, 2]);
});

Deno.test("the other relay's word that it goes away reaches the link", async () => {
  await using world = new SessionWorld();
  const { peer, hasLeft } = await linked(world);
  await peer.sendControl({ kind: "goaway", uri: "", timeout: 1000n, requestId: 0n });
  await world.settle();
  assert.equal(hasLeft(), 1);
});

for (const [shows, told] of [["none", false], ["local", true]] as const) {
  Deno.test(`a link that shows ${shows} tells the other relay of ${told ? "its own" : "no"} namespaces`, async () => {
    await using world = new SessionWorld();
    await announcing(world);
    const { peer } = await linked(world, shows);
    const request = await peer.request({
      kind: "subscribeNamespace",
      prefix: [],
      parameters: {},
    });
    await request.expect("requestOk");
    const next = request.next();
    if (told) assert.deepEqual(await next, { kind: "namespace", suffix: namespaceOf("live") });
    else await world.stillPending(next, "A namespace");
  });
}

Deno.test("another relay hears when the way of a track that it is sent becomes another", async () => {
  await using world = new SessionWorld();
  const { publisher } = await live(world);
  const far = await linked(world);
  const scope = [...world.registry.scopes()][0]!;
  const subscriber = await relay(world);
  const request = await subscribe(subscriber, { meshHops: ["there"] });
  await request.expect("subscribeOk");
  // The publisher here goes, and what it had comes from elsewhere.
  const withdraw = scope.advertise(namespaceOf("live"), far.session.publisher(""), {
    origin: "remote",
  });
  publisher.close();
  const upstream = await far.peer.expectRequest("subscribe");
  assert.deepEqual(upstream.message.parameters.filter, {
    type: "absolute_start",
    start: at(2, 0),
  });
  const answer: ControlMessageOf<"subscribeOk"> = {
    kind: "subscribeOk",
    alias: ALIAS,
    parameters: { meshHops: ["there", "source"] },
    properties: NO_PROPERTIES,
  };
  await upstream.request.send(answer);
  assert.deepEqual(await request.next(), {
    kind: "meshPath",
    hops: [RELAY_NAME, "there", "source"],
  });
  await upstream.request.send({ kind: "meshPath", hops: ["there", "middle", "source"] });
  assert.deepEqual(await request.next(), {
    kind: "meshPath",
    hops: [RELAY_NAME, "there", "middle", "source"],
  });
  withdraw();
});

Deno.test("a track is not sent to a relay that it comes by", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await linked(world);
  const scope = world.registry.enter("");
  const withdraw = scope.advertise(namespaceOf("live"), session.publisher(""), {
    origin: "remote",
  });
  await subscribe(await world.connect());
  const { request } = await peer.expectRequest("subscribe");
  await request.send({
    kind: "subscribeOk",
    alias: ALIAS,
    parameters: { meshHops: ["there", "source"] },
    properties: NO_PROPERTIES,
  });
  await world.settle();
  const back = await subscribe(await relay(world, "source"), { meshHops: ["far", "source"] });
  await refused(back, "TIMEOUT");
  const onward = await subscribe(await relay(world, "next"), { meshHops: ["next"] });
  const { parameters } = await onward.expect("subscribeOk");
  assert.deepEqual(parameters.meshHops, [RELAY_NAME, "there", "source"]);
  withdraw();
  world.registry.leave("");
});
