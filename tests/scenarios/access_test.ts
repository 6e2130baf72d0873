import type { ControlMessageOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { plainToken } from "../support/worlds/plain_tokens.ts";
import type { SessionWorld } from "../support/worlds/session_world.ts";
import { SteeredWorld } from "../support/worlds/steered_world.ts";
import {
  accept,
  announce,
  closedWith,
  fetch,
  objects,
  openSubgroup,
  publish,
  refused,
  sendSubscribeOk,
  subscribe,
} from "./script.ts";

const ALL = { root: "", put: "", get: "" };

function comeWith(world: SessionWorld, ...claims: readonly object[]): Promise<ScriptedPeer> {
  return world.connect({ setup: { authorizationTokens: claims.map(plainToken) } });
}

const showing = (...claims: readonly object[]) => ({
  authorizationTokens: claims.map(plainToken),
});

for (
  const [what, claims, code, because] of [
    ["without a token", [], "unauthorized", /no token was shown/],
    ["with one that has expired", [{ ...ALL, exp: -1, jti: "t7" }], "expired_auth_token", /t7/],
    ["with one that says nothing", [{}], "malformed_auth_token", /nothing/],
    [
      "with a good one and one that has expired",
      [ALL, { ...ALL, exp: 0 }],
      "expired_auth_token",
      /expired/,
    ],
  ] as const
) {
  Deno.test(`a session ${what} is closed with ${code}`, async () => {
    await using world = new SteeredWorld();
    await closedWith(await comeWith(world, ...claims), code, because);
    assert.equal(world.metrics.sessionsEnded.unauthorized, 1);
  });
}

Deno.test("a token for one path does not open another", async () => {
  await using world = new SteeredWorld();
  const setup = showing({ root: "demo", get: "", jti: "t1" });
  for (const path of ["/demo", "/demo/room", "/", ""]) {
    const peer = await world.connect({ setup: { ...setup, path } });
    const isBelow = path.startsWith("/demo");
    const answer = isBelow ? "DOES_NOT_EXIST" : "UNAUTHORIZED";
    await refused(await subscribe(peer, {}, trackOf("other", "video")), answer);
  }
  for (const path of ["/demos", "/other", "/dem"]) {
    const peer = await world.connect({ setup: { ...setup, path } });
    await closedWith(peer, "unauthorized", /token t1 is not for this path/);
  }
});

Deno.test("the log says whose a session is, and never what was shown", async () => {
  await using world = new SteeredWorld();
  const claims = { ...ALL, jti: "t1", sub: "alice", tenant: "acme" };
  await comeWith(world, claims);
  const { fields } = world.lines.find(({ text }) => text.includes("session started"))!;
  assert.deepEqual(
    [fields.token, fields.subject, fields.tenant, fields.key],
    ["t1", "alice", "acme", "plain"],
  );
  assert.ok(!JSON.stringify(world.lines).includes('\\"put'));
});

Deno.test("a peer may do what its token says and nothing else", async () => {
  await using world = new SteeredWorld();
  const peer = await comeWith(world, { put: "live/a", get: "live/b", jti: "t1" });
  await announce(peer, "live/a");
  const error = await refused(
    await peer.request({
      kind: "publishNamespace",
      namespace: namespaceOf("live/b"),
      parameters: {},
    }),
    "UNAUTHORIZED",
  );
  assert.match(error.reason, /token t1 does not allow to announce live\/b/);
  await refused(await publish(peer, { track: trackOf("live/ab", "video") }), "UNAUTHORIZED");
  await refused(await subscribe(peer, {}, trackOf("live/a", "video")), "UNAUTHORIZED");
  await refused(await fetch(peer, [0, 0], [0, 0], {}, trackOf("live", "v")), "UNAUTHORIZED");
  const offered = await publish(peer, { track: trackOf("live/a/deep", "video") });
  await offered.expect("requestOk");
});

Deno.test("namespaces that a peer may not see are not shown to it", async () => {
  await using world = new SteeredWorld({ public: { subscribe: ["open"] } });
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "acme/one");
  const secret = await announce(publisher, "other/secret");
  const viewer = await comeWith(world, { get: "acme" });
  const watching = await viewer.request({
    kind: "subscribeNamespace",
    prefix: [],
    parameters: {},
  });
  await watching.expect("requestOk");
  assert.deepEqual((await watching.expect("namespace")).suffix, namespaceOf("acme/one"));
  await announce(publisher, "acmes");
  await secret.finish();
  await announce(publisher, "open/two");
  assert.deepEqual((await watching.expect("namespace")).suffix, namespaceOf("open/two"));
  await refused(
    await viewer.request({
      kind: "subscribeNamespace",
      prefix: namespaceOf("other"),
      parameters: {},
    }),
    "UNAUTHORIZED",
  );
});

Deno.test("tracks that a peer may not subscribe to are not offered to it", async () => {
  await using world = new SteeredWorld();
  const publisher = await comeWith(world, ALL);
  const viewer = await comeWith(world, { get: "acme" });
  const watching = await viewer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await watching.expect("requestOk");
  await (await publish(publisher, { track: trackOf("other", "v"), alias: 1n })).expect("requestOk");
  await (await publish(publisher, { track: trackOf("acme", "v"), alias: 2n })).expect("requestOk");
  const { message } = await viewer.expectRequest("publish");
  assert.deepEqual(message.track, trackOf("acme", "v"));
  await world.stillPending(viewer.acceptRequest(), "A PUBLISH");
});

Deno.test("a track that is offered is cut with its token also when the offer is not answered", async () => {
  await using world = new SteeredWorld({ public: { subscribe: ["free"] } });
  const publisher = await comeWith(world, ALL);
  const viewer = await comeWith(world, { get: "acme", exp: 5 });
  const watching = await viewer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await watching.expect("requestOk");
  await (await publish(publisher, { track: trackOf("acme", "v"), alias: 2n })).expect("requestOk");
  const { request } = await viewer.expectRequest("publish");
  const ending = request.ended();
  await world.advance(4_999);
  await world.stillPending(ending, "The end of the offer");
  await world.advance(1);
  await ending;
  assert.equal(world.metrics.access.requestsCut.expired, 1);
});

Deno.test("a session ends at the moment at which its only token expires", async () => {
  await using world = new SteeredWorld();
  const peer = await comeWith(world, { ...ALL, exp: 600, jti: "t1" });
  await announce(peer, "live");
  await world.advance(599_999);
  await world.stillPending(peer.closed, "The end of the session");
  await world.advance(1);
  await closedWith(peer, "expired_auth_token", /token t1 has expired/);
});

Deno.test("with two tokens it goes on with what the other one allows", async () => {
  await using world = new SteeredWorld();
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "a");
  await announce(publisher, "b");
  const viewer = await comeWith(world, { get: "a", exp: 10 }, { get: "b", exp: 20 });
  const [first, second] = [
    await subscribe(viewer, {}, trackOf("a", "v")),
    await subscribe(viewer, {}, trackOf("b", "v")),
  ];
  const one = await publisher.expectRequest("subscribe");
  const other = await publisher.expectRequest("subscribe");
  await sendSubscribeOk(one.request, { alias: 1n });
  await sendSubscribeOk(other.request, { alias: 2n });
  await first.expect("subscribeOk");
  await second.expect("subscribeOk");
  await world.advance(10_000);
  const done = await first.expect("publishDone");
  assert.equal(done.code, "unauthorized");
  await world.stillPending(second.next(), "The end of the other subscription");
  await refused(await subscribe(viewer, {}, trackOf("a", "w")), "EXPIRED_AUTH_TOKEN");
  assert.equal(world.metrics.access.requestsCut.expired, 1);
  await world.advance(10_000);
  await closedWith(viewer, "expired_auth_token");
});

Deno.test("a request lives as long as the token that it showed, and by REQUEST_UPDATE longer", async () => {
  await using world = new SteeredWorld({ lateTokens: true });
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "live");
  const viewer = await comeWith(world);
  await refused(await subscribe(viewer), "UNAUTHORIZED");
  const watching = await subscribe(viewer, showing({ get: "live", exp: 10 }));
  await accept(publisher);
  await watching.expect("subscribeOk");
  const update = async (claims: object) =>
    await watching.send({
      kind: "requestUpdate",
      requestId: viewer.takeRequestId(),
      parameters: showing(claims),
    });
  await world.advance(9_000);
  await update({ get: "live", exp: 30 });
  await watching.expect("requestOk");
  await world.advance(20_999);
  const end = watching.next();
  await world.stillPending(end, "The end of the subscription");
  await world.advance(1);
  assert.equal((await end).kind, "publishDone");
});

Deno.test("an update with a token that does not allow the request ends it", async () => {
  await using world = new SteeredWorld();
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "live");
  const viewer = await comeWith(world, { get: "other" });
  const watching = await subscribe(viewer, showing({ get: "live" }));
  await accept(publisher);
  await watching.expect("subscribeOk");
  await watching.send({
    kind: "requestUpdate",
    requestId: viewer.takeRequestId(),
    parameters: showing({ get: "elsewhere" }),
  });
  assert.equal((await watching.expect("requestError")).code, "unauthorized");
  assert.equal((await watching.expect("publishDone")).code, "update_failed");
});

Deno.test("a PUBLISH, and a namespace with what is subscribed to in it, end with their tokens", async () => {
  await using world = new SteeredWorld({ public: { publish: ["free"] } });
  const publisher = await comeWith(world, { put: "live", exp: 10, jti: "t1" });
  const viewer = await comeWith(world, ALL);
  await announce(publisher, "live");
  const asked = await subscribe(viewer, {}, trackOf("live", "a"));
  const { request: feed } = await accept(publisher, { alias: 1n });
  await asked.expect("subscribeOk");
  const offered = await publish(publisher, { track: trackOf("live", "b"), alias: 2n });
  await offered.expect("requestOk");
  const also = await subscribe(viewer, {}, trackOf("live", "b"));
  await also.expect("subscribeOk");
  const stream = await openSubgroup(publisher, { alias: 1n, group: 0n }, ...objects(1));
  await world.advance(10_000);
  assert.equal((await asked.expect("publishDone")).code, "internal_error");
  assert.equal((await also.expect("publishDone")).code, "internal_error");
  await assert.rejects(stream.send(...objects(1, 1)), { kind: "stopped" });
  assert.equal(world.metrics.tracksGivenUp.unauthorized, 2);
  await feed.ended();
  await announce(publisher, "free/now");
});

Deno.test("watching a prefix and fetching end with their tokens", async () => {
  await using world = new SteeredWorld({ public: { subscribe: ["free"] } });
  const publisher = await comeWith(world, ALL);
  await announce(publisher, "live");
  const viewer = await comeWith(world, { get: "live", exp: 5 });
  const watching = await viewer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf("live"),
    parameters: {},
  });
  await watching.expect("requestOk");
  await watching.expect("namespace");
  const fetching = await fetch(viewer, [0, 0], [0, 9]);
  const { request } = await publisher.expectRequest("fetch");
  await world.advance(5_000);
  await announce(publisher, "live/later");
  assert.notEqual(await watching.ended(), undefined);
  await refused(fetching, "EXPIRED_AUTH_TOKEN");
  await request.ended();
});

Deno.test("a watched prefix moves with a token for the new one, and ends with it", async () => {
  await using world = new SteeredWorld({ public: { subscribe: ["free"] } });
  const publisher = await comeWith(world, ALL);
  const viewer = await comeWith(world);
  const watching = await viewer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf("a"),
    parameters: showing({ get: "a", exp: 10 }),
  });
  await watching.expect("requestOk");
  await watching.send({
    kind: "requestUpdate",
    requestId: viewer.takeRequestId(),
    parameters: { namespacePrefix: namespaceOf("b"), ...showing({ get: "b", exp: 20 }) },
  });
  await watching.expect("requestOk");
  await world.advance(10_000);
  await announce(publisher, "b/x");
  assert.deepEqual((await watching.expect("namespace")).suffix, namespaceOf("x"));
  const ending = watching.ended();
  await world.advance(9_999);
  await world.stillPending(ending, "The end of the request");
  await world.advance(1);
  await ending;
});

Deno.test("a watched prefix moves by the token that was shown last", async () => {
  await using world = new SteeredWorld({ lateTokens: true });
  const viewer = await comeWith(world);
  const watching = await viewer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf("a"),
    parameters: showing({ get: "", exp: 5 }),
  });
  await watching.expect("requestOk");
  const update = async (parameters: ControlMessageOf<"requestUpdate">["parameters"]) =>
    await watching.send({ kind: "requestUpdate", requestId: viewer.takeRequestId(), parameters });
  await update(showing({ get: "", exp: 30 }));
  await watching.expect("requestOk");
  await world.advance(6_000);
  await update({ namespacePrefix: namespaceOf("b") });
  await watching.expect("requestOk");
});

Deno.test("who says that it is a relay needs a token that says the same name", async () => {
  await using world = new SteeredWorld();
  const relayName = "tokyo";
  const stranger = await world.connect({ setup: { ...showing(ALL), relayName } });
  await closedWith(stranger, "unauthorized", /relay/);
  const relay = await world.connect({
    setup: { ...showing({ ...ALL, cluster: true, sub: relayName }), relayName },
  });
  await announce(relay, "live");
});

Deno.test("a relay's token is for the scopes that it names, not only for its path", async () => {
  await using world = new SteeredWorld();
  const claims = { root: "demo", get: "", cluster: true, sub: "tokyo" };
  const setup = { ...showing(claims), relayName: "tokyo" };
  const relay = await world.connect({ setup });
  const asked = (meshScope: string) => subscribe(relay, { meshScope, meshHops: ["tokyo"] });
  await refused(await asked("/other"), "UNAUTHORIZED");
  await refused(await asked("/demo"), "DOES_NOT_EXIST");
});

Deno.test("a token may lower the limits of its session", async () => {
  await using world = new SteeredWorld();
  const peer = await comeWith(world, { ...ALL, limits: { namespaces: 1 } });
  await announce(peer, "one");
  const namespace = namespaceOf("two");
  await refused(
    await peer.request({ kind: "publishNamespace", namespace, parameters: {} }),
    "EXCESSIVE_LOAD",
  );
});

Deno.test("a session may be admitted by what is public", async () => {
  await using world = new SteeredWorld({ public: { subscribe: ["open"], publish: ["open/chat"] } });
  const peer = await comeWith(world);
  await announce(peer, "open/chat/me");
  await refused(await publish(peer, { track: trackOf("open", "v") }), "UNAUTHORIZED");
  await refused(await subscribe(peer, {}, trackOf("closed", "v")), "UNAUTHORIZED");
  await refused(await subscribe(peer, {}, trackOf("open", "v")), "DOES_NOT_EXIST");
});

Deno.test("a subscription that waits for its publisher is refused when its token expires", async () => {
  await using world = new SteeredWorld({ lateTokens: true });
  const viewer = await comeWith(world);
  const parameters = { ...showing({ get: "live", exp: 5 }), rendezvousTimeout: 9_000n };
  const waiting = await subscribe(viewer, parameters);
  await world.advance(5_000);
  await refused(waiting, "EXPIRED_AUTH_TOKEN");
});
