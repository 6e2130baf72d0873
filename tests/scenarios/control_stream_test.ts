/** Sessions of the drafts in which all requests share one control stream. */
import { done, refused } from "@qumo/shared/runtime";
import {
  type MultiplexedDraft,
  multiplexedDrafts,
  type MultiplexedMessage,
  NO_PROPERTIES,
  type SessionErrorName,
  type SetupOptions,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { type ConnectOptions, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  objects,
  properties,
  publish,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  VIDEO,
} from "./script.ts";

const LIVE = namespaceOf("live/cam");

/** A test in every such draft, or in those of which `only` is true. */
function draftTest(
  name: string,
  body: (draft: MultiplexedDraft) => Promise<void>,
  only: (draft: MultiplexedDraft) => boolean = () => true,
): void {
  for (const draft of multiplexedDrafts.filter(only)) {
    Deno.test(`${name} (${draft.protocol})`, () => body(draft));
  }
}

async function join(
  world: SessionWorld,
  draft: MultiplexedDraft,
  { setup, ...options }: Omit<ConnectOptions, "setup"> & { readonly setup?: SetupOptions } = {},
): Promise<ControlStreamPeer> {
  const { far } = world.attach({ ...options, protocol: draft.protocol });
  const peer = await ControlStreamPeer.connect(far, draft, setup);
  await world.settle();
  return peer;
}

async function closedWith(
  { connection, draft }: ControlStreamPeer,
  code: SessionErrorName,
  reason: RegExp,
): Promise<void> {
  const info = await connection.closed;
  assert.equal(info.code, draft.sessionCodes[code]);
  assert.match(info.reason, reason);
}

function subscribeTo(requestId: bigint, track = VIDEO): MultiplexedMessage {
  return { kind: "subscribe", requestId, track, parameters: {} };
}

function status(requestId: bigint): MultiplexedMessage {
  return { kind: "trackStatus", requestId, track: trackOf("no", "where"), parameters: {} };
}

draftTest("R-005, R-017: CLIENT_SETUP is answered with what the relay takes", async (draft) => {
  await using world = new SessionWorld();
  const { far } = world.attach({ protocol: draft.protocol });
  const peer = await ControlStreamPeer.open(far, draft);
  peer.begin();
  const { options, version } = await peer.expect("serverSetup");
  assert.equal(version, draft.version);
  assert.equal(options.maxRequestId, 100n);
  assert.equal(options.maxAuthTokenCacheSize, 16_384n);
  assert.equal(options.implementation, "qumo-relay 1");
  assert.equal(options.relayName, undefined);
});

draftTest(
  "R-009: PATH names the scope on raw QUIC, and does not belong to WebTransport",
  async (draft) => {
    await using world = new SessionWorld();
    const setup = { path: "/there", maxRequestId: 100n };
    const viewer = await join(world, draft, { setup });
    const publisher = await announcing(world, "live/cam", { setup: { path: "/there" } });
    viewer.say(subscribeTo(0n));
    await accept(publisher);
    await viewer.expect("subscribeOk");
    const { far } = world.attach({ protocol: draft.protocol, webTransport: "/" });
    const web = await ControlStreamPeer.open(far, draft);
    web.begin(setup);
    await closedWith(web, "invalid_path", /PATH does not belong/);
  },
);

draftTest("a client without CLIENT_SETUP is closed in time", async (draft) => {
  await using world = new SessionWorld();
  const { far } = world.attach({ protocol: draft.protocol });
  const peer = await ControlStreamPeer.open(far, draft);
  const bytes = draft.control.encode({ kind: "clientSetup", versions: [], options: {} });
  await peer.outgoing.write(bytes.slice(0, -1));
  await world.advance(3_000);
  await closedWith(peer, "control_message_timeout", /no SETUP in time/);
});

draftTest(
  "R-020: a control stream that begins with anything else is a violation",
  async (draft) => {
    await using world = new SessionWorld();
    const { far } = world.attach({ protocol: draft.protocol });
    const peer = await ControlStreamPeer.open(far, draft);
    peer.say(subscribeTo(0n));
    await closedWith(peer, "protocol_violation", /CLIENT_SETUP/);
  },
);

draftTest("a second CLIENT_SETUP is a violation", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  peer.begin();
  await closedWith(peer, "protocol_violation", /clientSetup does not belong/);
});

draftTest("R-048: a control stream that ends before the session is a violation", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  await peer.finish();
  await world.advance(1_000);
  await closedWith(peer, "protocol_violation", /control stream was closed/);
});

draftTest("a relay that is not allowed in is told why", async (draft) => {
  const refusal = { kind: "unauthorized", reason: "not you" } as const;
  await using world = new SessionWorld({
    authorizer: ({ action }) => action === "setup" ? refused(refusal) : done(undefined),
  });
  const { far } = world.attach({ protocol: draft.protocol });
  const peer = await ControlStreamPeer.open(far, draft);
  peer.begin();
  await closedWith(peer, "unauthorized", /not you/);
});

for (
  const [what, ids, code] of [
    ["of the wrong parity", [1n], "invalid_request_id"],
    ["used before", [0n, 0n], "invalid_request_id"],
    ["beyond what is allowed", [100n], "too_many_requests"],
  ] as const
) {
  draftTest(`R-017, R-023: a request id ${what} closes the session`, async (draft) => {
    await using world = new SessionWorld();
    const peer = await join(world, draft);
    for (const id of ids) peer.say(subscribeTo(id));
    await closedWith(peer, code, /Request id|/);
  });
}

draftTest("R-017: MAX_REQUEST_ID grows as requests end, a quarter at a time", async (draft) => {
  await using world = new SessionWorld({ limits: { maxRequests: 8 } });
  const peer = await join(world, draft);
  for (let id = 0n; id < 16n; id += 2n) {
    peer.say(status(id));
    await peer.expect("requestError");
    if (id % 4n === 2n) assert.equal((await peer.expect("maxRequestId")).limit, 16n + id + 2n);
  }
  peer.say(status(16n));
  await peer.expect("requestError");
});

draftTest("R-018: REQUESTS_BLOCKED is counted, and given what is due", async (draft) => {
  await using world = new SessionWorld({ limits: { maxRequests: 8 } });
  const peer = await join(world, draft);
  peer.say(status(0n));
  await peer.expect("requestError");
  peer.say({ kind: "requestsBlocked", limit: 16n });
  assert.equal((await peer.expect("maxRequestId")).limit, 18n);
  peer.say({ kind: "requestsBlocked", limit: 18n });
  await world.settle();
  assert.deepEqual(world.metrics.requestsBlocked, { of_peer: 2, of_relay: 0 });
});

draftTest("R-017: a publisher that allows no requests is asked when it does", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await join(world, draft, { setup: {} });
  publisher.say({ kind: "publishNamespace", requestId: 0n, namespace: LIVE, parameters: {} });
  await publisher.expect("requestOk");
  const viewer = await world.connect();
  const early = await subscribe(viewer);
  assert.equal((await publisher.expect("requestsBlocked")).limit, 0n);
  await world.advance(5_000);
  assert.equal((await early.expect("requestError")).code, "timeout");
  const request = await subscribe(viewer);
  publisher.say({ kind: "maxRequestId", limit: 4n });
  const { requestId } = await publisher.expect("subscribe");
  assert.equal(requestId, 1n);
  publisher.say({
    kind: "subscribeOk",
    requestId,
    alias: 7n,
    parameters: {},
    properties: NO_PROPERTIES,
  });
  await request.expect("subscribeOk");
  assert.equal(world.metrics.requestsBlocked.of_relay, 1);
});

draftTest("R-017: a MAX_REQUEST_ID that does not grow is a violation", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  peer.say({ kind: "maxRequestId", limit: 200n });
  await closedWith(peer, "protocol_violation", /MAX_REQUEST_ID 200/);
});

draftTest("R-048: what names a request that never was is a violation", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  peer.say({ kind: "unsubscribe", requestId: 4n });
  await closedWith(peer, "protocol_violation", /names request 4/);
});

draftTest("what crosses the end of a request is let be", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  peer.say(subscribeTo(0n));
  const { requestId, to } = await peer.expect("requestError");
  assert.equal(requestId, 0n);
  assert.ok(to === undefined || to === "subscribe");
  peer.say({ kind: "unsubscribe", requestId: 0n });
  peer.say({ kind: "fetchCancel", requestId: 0n });
  peer.say(status(2n));
  assert.equal((await peer.expect("requestError")).requestId, 2n);
});

draftTest("an update of a request that is over is refused", async (draft) => {
  await using world = new SessionWorld();
  const peer = await join(world, draft);
  peer.say(subscribeTo(0n));
  await peer.expect("requestError");
  const parameters = { forward: false };
  peer.say({ kind: "requestUpdate", requestId: 2n, existing: 0n, parameters });
  const { code, requestId } = await peer.expect("requestError");
  assert.deepEqual([code, requestId], ["does_not_exist", 2n]);
}, (draft) => draft.requests.answersUpdates);

draftTest("a viewer is served, paused, resumed and let go", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live/cam");
  const viewer = await join(world, draft);
  viewer.say(subscribeTo(0n));
  const { request: upstream } = await accept(publisher, { alias: 3n });
  const { alias } = await viewer.expect("subscribeOk");
  await sendSubgroup(publisher, { alias: 3n, group: 1n }, ...objects(2));
  const stream = await viewer.connection.acceptUni();
  assert.ok(stream !== undefined && alias > 0n);
  viewer.say({ kind: "requestUpdate", requestId: 2n, existing: 0n, parameters: wholly(false) });
  if (draft.requests.answersUpdates) {
    assert.equal((await viewer.expect("requestOk")).requestId, 2n);
  }
  await world.settle();
  assert.equal((await upstream.expect("requestUpdate")).parameters.forward, false);
  await upstream.send({ kind: "requestOk", parameters: {}, properties: NO_PROPERTIES });
  viewer.say({ kind: "requestUpdate", requestId: 4n, existing: 0n, parameters: wholly(true) });
  if (draft.requests.answersUpdates) await viewer.expect("requestOk");
  await world.settle();
  assert.equal((await upstream.expect("requestUpdate")).parameters.forward, true);
  viewer.say({ kind: "unsubscribe", requestId: 0n });
  await world.settle();
  assert.equal(world.metrics.requests.subscribe.ok, 1);
  viewer.say(subscribeTo(6n));
  await viewer.expect("subscribeOk");
});

/** An update that says everything, as draft 14 wants it. */
function wholly(forward: boolean) {
  const start = { group: 0n, object: 0n };
  return { forward, subscriberPriority: 128, filter: { type: "absolute_start", start } } as const;
}

draftTest("what a draft cannot say of a track is left out, and counted", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live/cam");
  const viewer = await join(world, draft);
  viewer.say(subscribeTo(0n));
  // A delivery timeout, a cache duration, a priority, and two that no draft has a name for.
  const said = [[0x02, 500], [0x04, 900], [0x0e, 7], [0x3800, 1], [0x3802, 1]] as const;
  await accept(publisher, { alias: 3n, properties: properties(...said) });
  await viewer.expect("subscribeOk");
  assert.equal(world.metrics.inexpressible.property, { 14: 3, 15: 2 }[draft.number] ?? 0);
});

draftTest("a viewer is told why its track ended", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live/cam");
  const viewer = await join(world, draft);
  viewer.say(subscribeTo(0n));
  const { request: upstream } = await accept(publisher);
  await viewer.expect("subscribeOk");
  await upstream.send({
    kind: "publishDone",
    code: "track_ended",
    streamCount: 0n,
    reason: "over",
  });
  await world.advance(3_000);
  const { code, requestId, reason } = await viewer.expect("publishDone");
  assert.deepEqual([code, requestId, reason], ["track_ended", 0n, "over"]);
});

draftTest(
  "a publisher is asked, paused when nobody watches, and its objects are passed on",
  async (draft) => {
    await using world = new SessionWorld();
    const setup = { maxRequestId: 200n, implementation: "test" };
    const publisher = await join(world, draft, { setup });
    publisher.say({ kind: "publishNamespace", requestId: 0n, namespace: LIVE, parameters: {} });
    await publisher.expect("requestOk");
    const viewer = await world.connect();
    const request = await subscribe(viewer);
    const { requestId } = await publisher.expect("subscribe");
    publisher.say({
      kind: "subscribeOk",
      requestId,
      alias: 9n,
      parameters: {},
      properties: NO_PROPERTIES,
    });
    await request.expect("subscribeOk");
    const stream = await publisher.connection.openUni();
    // Group 2, subgroup 0 with the track's priority 1: object 0 "hi", object 1 "!".
    await stream.write(Uint8Array.of(0x10, 9, 2, 1, 0, 2, 0x68, 0x69, 0, 1, 0x21));
    await stream.finish();
    const reader = await SubgroupReader.next(viewer);
    assert.equal(reader.header.firstObject, true);
    const group = await reader.objects();
    assert.deepEqual(group.objects.map(({ payload }) => payload), ["hi", "!"]);
    request.cancel("cancelled");
    await world.advance(2_000);
    assert.equal((await publisher.expect("unsubscribe")).requestId, requestId);
  },
);

draftTest("a peer that does not read its control stream is closed", async (draft) => {
  const limits = { maxPublishedTracks: 1_000, maxSubscriptions: 1_000, maxRequests: 1_000 };
  await using world = new SessionWorld({ limits, maxTracks: 1_000 });
  const memory = { streamWindow: 1_000 };
  const viewer = await join(world, draft, { memory, setup: { maxRequestId: 10_000n } });
  if (draft.requests.prefixes === "stream") await watchPrefix(viewer, 0n, "tracks");
  else viewer.say(subscribeBoth(0n));
  const publisher = await world.connect();
  for (let number = 0; number < 300; number++) {
    const name = new Uint8Array(3_900).fill(number % 250, 0, 1).fill(
      Math.floor(number / 250),
      1,
      2,
    );
    const parameters = { forward: false };
    await publisher.request({
      kind: "publish",
      track: { namespace: LIVE, name },
      alias: BigInt(number),
      parameters,
      properties: NO_PROPERTIES,
    });
    if (number % 50 === 0) await world.settle();
  }
  await world.settle();
  await closedWith(viewer, "control_message_timeout", /does not read its control stream/);
});

draftTest(
  "SUBSCRIBE_NAMESPACE tells namespaces on its own stream, and its end ends it",
  async (draft) => {
    await using world = new SessionWorld();
    const viewer = await join(world, draft);
    const line = await watchPrefix(viewer, 0n, "namespaces");
    assert.equal((await line.next()).kind, "requestOk");
    const publisher = await world.connect();
    const announcement = await announce(publisher, "live/cam");
    assert.deepEqual(await line.next(), { kind: "namespace", suffix: LIVE });
    await announcement.finish();
    assert.deepEqual(await line.next(), { kind: "namespaceDone", suffix: LIVE });
    // The same prefix again, once the first is over.
    const refusedLine = await watchPrefix(viewer, 2n, "namespaces");
    const message = await refusedLine.next();
    assert.equal(message?.kind === "requestError" && message.code, "prefix_overlap");
    await line.finish();
    await world.settle();
    assert.equal((await (await watchPrefix(viewer, 4n, "both")).next()).kind, "requestOk");
  },
  (draft) => draft.requests.prefixes === "stream",
);

draftTest(
  "SUBSCRIBE_NAMESPACE for both is told namespaces, and offered tracks on the control stream",
  async (draft) => {
    await using world = new SessionWorld();
    const viewer = await join(world, draft);
    const line = await watchPrefix(viewer, 0n, "both");
    assert.equal((await line.next()).kind, "requestOk");
    const publisher = await announcing(world, "live/cam");
    assert.equal((await line.next()).kind, "namespace");
    const offer = await publish(publisher);
    await offer.expect("requestOk");
    const { requestId, track } = await viewer.expect("publish");
    assert.deepEqual([requestId, track], [1n, VIDEO]);
    viewer.say({
      kind: "requestOk",
      requestId,
      to: "publish",
      parameters: { forward: true },
      properties: NO_PROPERTIES,
    });
    await world.settle();
    viewer.say({ kind: "unsubscribe", requestId });
    viewer.say(status(2n));
    await viewer.expect("requestError");
  },
  (draft) => draft.requests.prefixes === "stream",
);

draftTest(
  "SUBSCRIBE_NAMESPACE is told namespaces and tracks by requests, as long as it lasts",
  async (draft) => {
    await using world = new SessionWorld();
    const viewer = await join(world, draft);
    const publisher = await world.connect();
    const announcement = await announce(publisher, "live/cam");
    viewer.say(subscribeBoth(0n));
    assert.equal((await viewer.expect("requestOk")).requestId, 0n);
    const came = await viewer.expect("publishNamespace");
    assert.deepEqual([came.requestId, came.namespace], [1n, LIVE]);
    viewer.say({
      kind: "requestOk",
      requestId: 1n,
      to: "publishNamespace",
      parameters: {},
      properties: NO_PROPERTIES,
    });
    const offer = await publish(publisher);
    await offer.expect("requestOk");
    const { requestId, track } = await viewer.expect("publish");
    assert.deepEqual([requestId, track], [3n, VIDEO]);
    const refusal = { code: "uninterested", retryAfter: 0n, reason: "" } as const;
    viewer.say({ kind: "requestError", requestId, to: "publish", ...refusal });
    await announcement.finish();
    const { namespace, requestId: gone } = await viewer.expect("publishNamespaceDone");
    assert.ok(gone === 1n || namespace?.length === LIVE.length);
    await announce(publisher, "live/other");
    await viewer.expect("publishNamespace");
    viewer.say({ kind: "unsubscribePrefix", requestId: 0n, namespace: namespaceOf("live") });
    await viewer.expect("publishNamespaceDone");
    await announce(publisher, "live/third");
    viewer.say(status(2n));
    await viewer.expect("requestError");
  },
  (draft) => draft.requests.prefixes === "control",
);

draftTest("a namespace that a viewer refuses or cancels is not said to be gone", async (draft) => {
  await using world = new SessionWorld();
  const viewer = await join(world, draft);
  const publisher = await world.connect();
  const announcement = await announce(publisher, "live/cam");
  viewer.say(subscribeBoth(0n));
  await viewer.expect("requestOk");
  await viewer.expect("publishNamespace");
  const refusal = { code: "uninterested", retryAfter: 0n, reason: "" } as const;
  viewer.say({ kind: "requestError", requestId: 1n, to: "publishNamespace", ...refusal });
  await world.settle();
  await announcement.finish();
  await world.settle();
  const again = await announce(publisher, "live/cam");
  const { requestId } = await viewer.expect("publishNamespace");
  viewer.say({
    kind: "requestOk",
    requestId,
    to: "publishNamespace",
    parameters: {},
    properties: NO_PROPERTIES,
  });
  const { code, reason } = refusal;
  viewer.say({ kind: "publishNamespaceCancel", requestId, namespace: LIVE, code, reason });
  await world.settle();
  await again.finish();
  viewer.say(status(2n));
  await viewer.expect("requestError");
}, (draft) => draft.requests.prefixes === "control");

function subscribeBoth(requestId: bigint): MultiplexedMessage {
  const prefix = namespaceOf("live");
  return { kind: "subscribePrefix", requestId, prefix, wants: "both", parameters: {} };
}

draftTest("a stream beside the control stream is a violation", async (draft) => {
  await using world = new SessionWorld();
  const viewer = await join(world, draft);
  const stream = await viewer.connection.openBidi();
  await stream.send.write(draft.control.encode(subscribeTo(0n)));
  await closedWith(viewer, "protocol_violation", /beside the control stream|does not belong/);
});

/** Sends SUBSCRIBE_NAMESPACE of everything on a stream of its own. */
async function watchPrefix(
  peer: ControlStreamPeer,
  requestId: bigint,
  wants: "tracks" | "namespaces" | "both",
) {
  const line = await ControlStreamPeer.open(peer.connection, peer.draft);
  line.say({ kind: "subscribePrefix", requestId, prefix: [], wants, parameters: {} });
  return line;
}

draftTest(
  "a track that is published is offered to others, and its end passed on",
  async (draft) => {
    await using world = new SessionWorld();
    const publisher = await join(world, draft);
    publisher.say({
      kind: "publish",
      requestId: 0n,
      track: VIDEO,
      alias: 3n,
      parameters: {},
      properties: NO_PROPERTIES,
    });
    const { to } = await publisher.expect("requestOk");
    assert.ok(to === undefined || to === "publish");
    const viewer = await world.connect();
    const request = await subscribe(viewer);
    await request.expect("subscribeOk");
    publisher.say({
      kind: "publishDone",
      requestId: 0n,
      code: "track_ended",
      streamCount: 0n,
      reason: "",
    });
    await world.advance(3_000);
    assert.equal((await request.expect("publishDone")).code, "track_ended");
  },
);

draftTest("a namespace is withdrawn by PUBLISH_NAMESPACE_DONE", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await join(world, draft);
  publisher.say({ kind: "publishNamespace", requestId: 0n, namespace: LIVE, parameters: {} });
  await publisher.expect("requestOk");
  const viewer = await world.connect();
  const watching = await viewer.request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
  await watching.expect("requestOk");
  await watching.expect("namespace");
  publisher.say({ kind: "publishNamespaceDone", requestId: 0n, namespace: LIVE });
  await watching.expect("namespaceDone");
});

draftTest("GOAWAY goes both ways, once, and a client's names no URI", async (draft) => {
  await using world = new SessionWorld();
  const { far, session } = world.attach({ protocol: draft.protocol });
  const peer = await ControlStreamPeer.connect(far, draft);
  await world.settle();
  peer.say(subscribeTo(0n));
  await peer.expect("requestError");
  const publisher = await announcing(world, "live/cam");
  peer.say(subscribeTo(2n));
  await accept(publisher);
  await peer.expect("subscribeOk");
  session.drain(1_000, "https://other.example/");
  assert.equal((await peer.expect("goaway")).uri, "https://other.example/");
  peer.say(status(4n));
  await peer.expect("requestError");
  peer.say({ kind: "goaway", uri: "", timeout: 0n });
  await world.settle();
  assert.equal(session.isPeerLeaving, true);
  peer.say({ kind: "goaway", uri: "", timeout: 0n });
  await closedWith(peer, "protocol_violation", /second GOAWAY/);
});

draftTest("a request that is held up holds up no other", async (draft) => {
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>();
  await using world = new SessionWorld({
    authorizer: async ({ track }) => {
      if (track?.namespace.length === VIDEO.namespace.length) await allowed;
      return done(undefined);
    },
  });
  const peer = await join(world, draft);
  peer.say(subscribeTo(0n));
  for (let id = 2n; id < 20n; id += 2n) {
    peer.say({ kind: "requestUpdate", requestId: id, existing: 0n, parameters: wholly(true) });
  }
  peer.say(subscribeTo(20n, trackOf("no", "where")));
  assert.equal((await peer.expect("requestError")).requestId, 20n);
  allow();
  assert.equal((await peer.expect("requestError")).requestId, 0n);
});

draftTest("FETCH is answered, delivered, and cancelled", async (draft) => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live/cam");
  const viewer = await join(world, draft);
  viewer.say(subscribeTo(0n));
  await accept(publisher, { alias: 3n });
  await viewer.expect("subscribeOk");
  await sendSubgroup(publisher, { alias: 3n, group: 1n }, ...objects(3));
  await world.settle();
  const range = {
    type: "standalone",
    track: VIDEO,
    start: { group: 1n, object: 0n },
    end: { group: 1n, object: 1n },
  } as const;
  viewer.say({ kind: "fetch", requestId: 2n, range, parameters: {} });
  const { requestId, end } = await viewer.expect("fetchOk");
  assert.deepEqual([requestId, end], [2n, range.end]);
  viewer.say({ kind: "fetchCancel", requestId: 2n });
  viewer.say(status(4n));
  await viewer.expect("requestError");
});
