/** What a controller revokes while the relay runs. */
import { drafts, multiplexedDrafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Publisher } from "../../relay/track/mod.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { namespaceOf, type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { plainToken } from "../support/worlds/plain_tokens.ts";
import { SteeredWorld } from "../support/worlds/steered_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  fetch,
  publish,
  refused,
  sendSubscribeOk,
  subscribe,
} from "./script.ts";

const ALL = { root: "", put: "", get: "" };
const MALLORY = { ...ALL, jti: "t1", sub: "mallory", tenant: "acme" };

const ELSEWHERE: Publisher = {
  label: "elsewhere",
  subscribe: () => assert.fail("nobody asks it"),
  fetch: () => assert.fail("nobody asks it"),
  trackStatus: () => assert.fail("nobody asks it"),
};

const showing = (...claims: readonly object[]) => ({
  authorizationTokens: claims.map(plainToken),
});

function comeWith(world: SteeredWorld, ...claims: readonly object[]): Promise<ScriptedPeer> {
  return world.connect({ setup: showing(...claims) });
}

/** A publisher and a viewer who do what nobody objects to. */
async function canaryIn(world: SteeredWorld) {
  const publisher = await comeWith(world, { ...ALL, jti: "c1", sub: "canary", tenant: "birds" });
  await announce(publisher, "canary");
  const viewer = await comeWith(world, { ...ALL, jti: "c2", sub: "other", tenant: "birds" });
  const watching = await subscribe(viewer, {}, trackOf("canary", "v"));
  await sendSubscribeOk((await publisher.expectRequest("subscribe")).request, { alias: 77n });
  await watching.expect("subscribeOk");
  return async () => {
    await world.stillPending(watching.next(), "The end of the canary's subscription");
    await world.stillPending(publisher.closed, "The end of the canary");
  };
}

const TARGETS = [
  ["token", "t1", /token t1 is revoked$/],
  ["subject", "mallory", /token t1 is revoked by its subject/],
  ["tenant", "acme", /token t1 is revoked by its tenant/],
] as const;

for (const [kind, value, because] of TARGETS) {
  for (const draft of drafts) {
    Deno.test(`${draft.protocol}: a session whose ${kind} is revoked loses everything and is closed at once`, async () => {
      await using world = new SteeredWorld();
      const isUnharmed = await canaryIn(world);
      const peer = await announcing(world, "live", { draft, setup: showing(MALLORY) });
      const watching = await subscribe(peer, {}, trackOf("canary", "v"));
      await watching.expect("subscribeOk");
      world.revoke(kind, value);
      await closedWith(peer, "unauthorized", because);
      const [scope] = world.registry.scopes();
      assert.equal(scope!.publishersOf(trackOf("live", "v")).length, 0);
      assert.equal(world.metrics.access.requestsCut.revoked, 2);
      const line = world.lines.find(({ text }) => text.includes("access revoked"))!;
      assert.deepEqual(
        [line.fields.token, line.fields.subject, line.fields.reason, line.fields.requests],
        ["t1", "mallory", "stolen", 2],
      );
      const again = await world.connect({ draft, setup: showing(MALLORY) });
      await closedWith(again, "unauthorized", because);
      await isUnharmed();
    });
  }
}

for (const draft of multiplexedDrafts) {
  Deno.test(`${draft.protocol}: a session whose token is revoked is closed at once`, async () => {
    await using world = new SteeredWorld();
    const isUnharmed = await canaryIn(world);
    const { far } = world.attach({ protocol: draft.protocol });
    const peer = await ControlStreamPeer.connect(far, draft, {
      ...showing(MALLORY),
      maxRequestId: 9n,
    });
    peer.say({ kind: "subscribe", requestId: 0n, track: trackOf("canary", "v"), parameters: {} });
    await peer.expect("subscribeOk");
    world.revoke("token", "t1");
    assert.equal((await far.closed).code, draft.sessionCodes.unauthorized);
    await isUnharmed();
  });
}

Deno.test("all that a revoked key signed ends", async () => {
  await using world = new SteeredWorld();
  const peer = await comeWith(world, MALLORY);
  world.revoke("key", "plain");
  await closedWith(peer, "unauthorized", /token t1 is revoked by its key/);
});

Deno.test("a revoked namespace ends for everybody with all below it, by fields and not by text", async () => {
  await using world = new SteeredWorld({ public: { subscribe: [""] } });
  const publisher = await comeWith(world, ALL);
  for (const name of ["room/a", "room/ab", "room"]) await announce(publisher, name);
  await (await publish(publisher, { track: trackOf("room/a/deep", "v"), alias: 5n }))
    .expect("requestOk");
  // One without a token.
  const viewer = await world.connect();
  const names = [["room/a/deep", "v"], ["room/a", "w"], ["room/ab", "w"]] as const;
  const watching = [];
  for (const [namespace, name] of names) {
    watching.push(await subscribe(viewer, {}, trackOf(namespace, name)));
  }
  const asked = [
    await publisher.expectRequest("subscribe"),
    await publisher.expectRequest("subscribe"),
  ];
  for (const [at, { request }] of asked.entries()) {
    await sendSubscribeOk(request, { alias: BigInt(10 + at) });
  }
  for (const one of watching) await one.expect("subscribeOk");
  const { id } = world.revoke("namespace", "room/a");
  for (const one of watching.slice(0, 2)) {
    assert.equal((await one.expect("publishDone")).code, "unauthorized");
  }
  await world.stillPending(watching[2]!.next(), "The end of room/ab");
  for (const name of ["room/a", "room/a/deeper"]) {
    await refused(await subscribe(viewer, {}, trackOf(name, "x")), "UNAUTHORIZED");
    const offered = await publish(publisher, { track: trackOf(name, "x"), alias: 99n });
    await refused(offered, "UNAUTHORIZED");
  }
  world.tell({ unrevoked: [id] });
  await announce(publisher, "room/a");
  await world.stillPending(viewer.closed, "The end of the viewer's session");
});

Deno.test("a namespace is hidden when it is revoked, and shown again when that is taken back", async () => {
  await using world = new SteeredWorld();
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "room/a");
  const viewer = await comeWith(world, ALL);
  const watching = await viewer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf("room"),
    parameters: {},
  });
  await watching.expect("requestOk");
  await watching.expect("namespace");
  world.revoke("namespace", "room/a/hidden");
  const next = watching.next();
  await world.stillPending(next, "A change of what is shown");
  await announce(publisher, "room/b");
  assert.equal((await next).kind, "namespace");
  const { id } = world.revoke("namespace", "room/b");
  assert.deepEqual((await watching.expect("namespaceDone")).suffix, namespaceOf("b"));
  // Somebody in another relay announces it.
  const [scope] = world.registry.scopes();
  const withdraw = scope!.advertise(namespaceOf("room/b"), ELSEWHERE);
  const again = watching.next();
  await world.stillPending(again, "A namespace that is revoked");
  world.tell({ unrevoked: [id] });
  assert.equal((await again).kind, "namespace");
  withdraw();
  await watching.expect("namespaceDone");
});

Deno.test("a revoked session is closed, and never another one with its number", async () => {
  await using world = new SteeredWorld();
  world.steering.follow("tokyo");
  world.steering.ready();
  const first = await comeWith(world, ALL);
  const second = await comeWith(world, ALL);
  world.revoke("session", "osaka/1");
  await world.stillPending(first.closed, "The end of a session here");
  const { expires_at, created_at } = world.revoke("session", "tokyo/1");
  await closedWith(first, "unauthorized", /the session is revoked/);
  // After a restart the list is told again, and another one may be the second by then.
  const earlier = new Date(world.clock.wall() - 60_000).toISOString();
  const old = { id: "old", kind: "session", value: "tokyo/2", expires_at } as const;
  world.tell({ revocations: [{ ...old, created_at: earlier }] });
  await world.stillPending(second.closed, "The end of a session of later");
  world.tell({ revocations: [{ ...old, id: "new", created_at }] });
  await closedWith(second, "unauthorized");
});

Deno.test("a revoked token takes from a session what it allowed and leaves what another allows", async () => {
  await using world = new SteeredWorld();
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "a");
  await announce(publisher, "b");
  const viewer = await comeWith(world, { get: "a", jti: "t1" }, { get: "b", jti: "t2" });
  const [first, second] = [
    await subscribe(viewer, {}, trackOf("a", "v")),
    await subscribe(viewer, {}, trackOf("b", "v")),
  ];
  for (const alias of [1n, 2n]) {
    await sendSubscribeOk((await publisher.expectRequest("subscribe")).request, { alias });
  }
  await first.expect("subscribeOk");
  await second.expect("subscribeOk");
  world.revoke("token", "t1");
  assert.equal((await first.expect("publishDone")).code, "unauthorized");
  const error = await refused(await subscribe(viewer, {}, trackOf("a", "w")), "UNAUTHORIZED");
  assert.match(error.reason, /token t1 is revoked/);
  await world.stillPending(second.next(), "The end of the other subscription");
  world.revoke("token", "t2");
  await closedWith(viewer, "unauthorized");
});

Deno.test("a token that was shown with a request is revoked with it, and refused when it is shown again", async () => {
  await using world = new SteeredWorld({ lateTokens: true });
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "live");
  const viewer = await world.connect();
  const late = showing({ get: "live", jti: "t1" });
  const watching = await subscribe(viewer, late, trackOf("live", "v"));
  await accept(publisher);
  await watching.expect("subscribeOk");
  world.revoke("token", "t1");
  assert.equal((await watching.expect("publishDone")).code, "unauthorized");
  const error = await refused(
    await subscribe(viewer, late, trackOf("live", "w")),
    "UNAUTHORIZED",
  );
  assert.match(error.reason, /token t1 is revoked/);
});

Deno.test("a fetch under way ends when its token or that of the publisher is revoked", async () => {
  for (const whose of ["viewer", "publisher"]) {
    await using world = new SteeredWorld({ public: { publish: ["free"], subscribe: ["free"] } });
    const publisher = await comeWith(world, { ...ALL, jti: "publisher" });
    await announce(publisher, "live");
    const viewer = await comeWith(world, { ...ALL, jti: "viewer" });
    const fetching = await fetch(viewer, [0, 0], [9, 0], {}, trackOf("live", "v"));
    const { request } = await publisher.expectRequest("fetch");
    world.revoke("token", whose);
    await refused(fetching, "UNAUTHORIZED");
    await request.ended();
  }
});

Deno.test("where nobody needs a token namespaces and sessions are revoked all the same", async () => {
  await using world = new SteeredWorld({ isOpen: true });
  world.steering.follow("tokyo");
  world.steering.ready();
  const publisher = await announcing(world);
  const viewer = await world.connect();
  const watching = await subscribe(viewer, {}, trackOf("live", "v"));
  await accept(publisher);
  await watching.expect("subscribeOk");
  world.revoke("namespace", "live");
  assert.equal((await watching.expect("publishDone")).code, "unauthorized");
  await refused(await subscribe(viewer, {}, trackOf("live", "w")), "UNAUTHORIZED");
  await announce(publisher, "other");
  world.revoke("session", "tokyo/1");
  await closedWith(publisher, "unauthorized");
});

Deno.test("a scope is the beginning of a revoked namespace, as it is of names in tokens", async () => {
  await using world = new SteeredWorld();
  const publisher = await announcing(world, "room", { setup: { ...showing(ALL), path: "/demo" } });
  world.revoke("namespace", "~/%2Fdemo/room");
  const again = await publisher.request({
    kind: "publishNamespace",
    namespace: namespaceOf("room"),
    parameters: {},
  });
  await refused(again, "UNAUTHORIZED");
  const other = await world.connect({ setup: { ...showing(ALL), path: "/" } });
  await refused(await publish(other, { track: trackOf("demo/room", "v") }), "UNAUTHORIZED");
  await announce(other, "room");
});

Deno.test("a kicked session may come again", async () => {
  await using world = new SteeredWorld();
  world.steering.follow("tokyo");
  world.steering.ready();
  const isUnharmed = await canaryIn(world);
  for (
    const [kind, value] of [["token", "t1"], ["subject", "mallory"], ["tenant", "acme"]] as const
  ) {
    const peer = await comeWith(world, MALLORY);
    world.kick(kind, value);
    await closedWith(peer, "no_error", /ended by an operator/);
  }
  const peer = await comeWith(world, MALLORY);
  await announce(peer, "live");
  const watching = await subscribe(peer, {}, trackOf("canary", "v"));
  await watching.expect("subscribeOk");
  world.kick("namespace", "live");
  await announce(peer, "live");
  world.steering.kick({ id: "twice", kind: "namespace", value: "live" });
  await announce(peer, "live");
  world.steering.kick({ id: "twice", kind: "namespace", value: "live" });
  await world.stillPending(watching.next(), "The end of the subscription");
  await isUnharmed();
  assert.equal(world.metrics.sessionsEnded.kicked, 3);
  assert.equal(world.metrics.access.requestsCut.kicked, 2);
});

Deno.test("sessions wait at start until a controller has said what is revoked", async () => {
  await using world = new SteeredWorld();
  world.steering.follow("tokyo");
  assert.ok(world.steering.isHeld);
  const { far } = world.attach({ protocol: drafts[0]!.protocol });
  void far;
  world.steering.begin();
  world.revoke("token", "t1");
  world.steering.ready();
  assert.ok(!world.steering.isHeld && !world.steering.isUnknown);
  await closedWith(await comeWith(world, MALLORY), "unauthorized");
});

Deno.test("a controller that says nothing stops no media for ever", async () => {
  await using world = new SteeredWorld();
  world.steering.follow("tokyo");
  const coming = comeWith(world, MALLORY);
  await world.stillPending(world.steering.admitting(), "Coming in");
  await world.advance(5_000);
  const peer = await coming;
  await announce(peer, "live");
  assert.ok(world.steering.isUnknown && !world.steering.isHeld);
  assert.ok(world.metrics.access.sessionsHeld > 0);
  assert.ok(world.lines.some(({ text }) => /no controller says what is revoked/.test(text)));
  world.steering.begin();
  world.revoke("token", "t1");
  await closedWith(peer, "unauthorized");
});

Deno.test("a new list takes back what it does not name, and meanwhile nothing", async () => {
  await using world = new SteeredWorld();
  const kept = world.revoke("token", "kept");
  world.revoke("token", "t1");
  world.steering.begin();
  await closedWith(await comeWith(world, MALLORY), "unauthorized");
  world.tell({ revocations: [kept] });
  world.steering.ready();
  await announce(await comeWith(world, MALLORY), "live");
  await closedWith(await comeWith(world, { ...ALL, jti: "kept" }), "unauthorized");
  assert.equal(world.metrics.access.revocations, 1);
});

Deno.test("a revocation is over at its time", async () => {
  await using world = new SteeredWorld();
  world.revoke("token", "t1", 60_000);
  await closedWith(await comeWith(world, MALLORY), "unauthorized");
  await world.advance(60_000);
  await announce(await comeWith(world, MALLORY), "live");
});

Deno.test("a tenant is served in the regions of its policy alone", async () => {
  await using world = new SteeredWorld({ region: "eu" });
  const peer = await comeWith(world, MALLORY);
  world.tell({ policies: [{ tenant: "acme", regions: ["eu", "us"] }] });
  await announce(peer, "live");
  world.tell({ policies: [{ tenant: "acme", regions: ["us"] }] });
  await closedWith(peer, "unauthorized", /tenant acme is not served in region eu/);
  await closedWith(await comeWith(world, MALLORY), "unauthorized");
  world.tell({ unlimited: ["acme"] });
  await announce(await comeWith(world, MALLORY), "live");
});
