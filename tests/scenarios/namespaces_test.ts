import { formatNamespace } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draft19Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { namespaceOf, type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  nextSubgroup,
  NO_PROPERTIES,
  objects,
  publish,
  refused,
  sendSubgroup,
  subscribe,
  VIDEO,
} from "./script.ts";

/** Asks for namespaces under a prefix. */
async function listen(peer: ScriptedPeer, prefix: string): Promise<RequestStream> {
  const request = await peer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf(prefix),
    parameters: {},
  });
  await request.expect("requestOk");
  return request;
}

/** Asks for tracks under a prefix. */
async function wantTracks(peer: ScriptedPeer, prefix: string, forward?: boolean) {
  const request = await peer.request({
    kind: "subscribeTracks",
    prefix: namespaceOf(prefix),
    parameters: forward === undefined ? {} : { forward },
  });
  await request.expect("requestOk");
  return request;
}

async function heard(request: RequestStream): Promise<string> {
  const message = await request.next();
  assert.ok(message.kind === "namespace" || message.kind === "namespaceDone", message.kind);
  return `${message.kind === "namespace" ? "+" : "-"}${formatNamespace(message.suffix)}`;
}

draftTest(
  "R-137, R-138: who asks hears of every namespace under its prefix, now and later",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world, "live/a");
    await announce(publisher, "lives");
    const [some, all] = [await world.connect(), await world.connect()];
    const [under, every] = [await listen(some, "live"), await listen(all, "")];
    assert.equal(await heard(under), "+a");
    assert.deepEqual([await heard(every), await heard(every)].sort(), ["+live-a", "+lives"]);
    await announce(await world.connect(), "live/b/c");
    assert.equal(await heard(under), "+b-c");
    assert.equal(await heard(every), "+live-b-c");
    await announce(publisher, "live");
    assert.equal(await heard(under), "+");
  },
);

draftTest("R-138: those that the subscriber publishes itself are among them", async () => {
  await using world = new SessionWorld();
  const peer = await announcing(world, "mine/early");
  const request = await listen(peer, "mine");
  assert.equal(await heard(request), "+early");
  await announce(peer, "mine/late");
  assert.equal(await heard(request), "+late");
});

const ENDINGS: [string, (request: RequestStream, peer: ScriptedPeer) => unknown][] = [
  ["R-140: a namespace ends with its request's FIN", (request) => request.finish()],
  [
    "R-140: a namespace ends when its request is cancelled",
    (request) => request.cancel("cancelled"),
  ],
  ["R-140: a namespace ends with its session", (_, peer) => peer.close()],
];
for (const [name, end] of ENDINGS) {
  draftTest(`${name}, and NAMESPACE_DONE follows its NAMESPACE`, async () => {
    await using world = new SessionWorld();
    const request = await listen(await world.connect(), "");
    const publisher = await world.connect();
    const announcement = await announce(publisher, "live");
    assert.equal(await heard(request), "+live");
    await end(announcement, publisher);
    assert.equal(await heard(request), "-live");
    await announce(await world.connect(), "live");
    assert.equal(await heard(request), "+live");
  });
}

draftTest("R-140: a namespace of two publishers ends with the second", async () => {
  await using world = new SessionWorld();
  const request = await listen(await world.connect(), "");
  const [one, other] = [await world.connect(), await world.connect()];
  await announce(one, "live");
  await announce(other, "live");
  assert.equal(await heard(request), "+live");
  one.close();
  const next = heard(request);
  await world.stillPending(next, "A message about a namespace that goes on");
  other.close();
  assert.equal(await next, "-live");
});

modernTest("R-137: publishers that announce only when they are asked are asked", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const publisher = await world.connect();
  const { request, message } = await publisher.expectRequest("subscribeNamespace");
  assert.deepEqual([message.prefix, message.parameters], [[], {}]);
  await request.sendOk();
  await request.send({ kind: "namespace", suffix: namespaceOf("live") });
  await world.settle();
  const subscriber = await world.connect();
  const downstream = await subscribe(subscriber);
  await accept(publisher);
  await downstream.expect("subscribeOk");
});

modernTest(
  "a namespace that a publisher says unasked and when it is asked counts once, and lasts as long as either",
  async () => {
    await using world = new SessionWorld({ settings: { solicit: true } });
    const { peer: publisher, session } = await world.join();
    const { request } = await publisher.expectRequest("subscribeNamespace");
    await request.sendOk();
    const announcement = await announce(publisher, "live");
    await request.send({ kind: "namespace", suffix: namespaceOf("live") });
    await world.settle();
    const told = await listen(await world.connect(), "");
    assert.equal(await heard(told), "+live");
    assert.equal(session.counts.namespaces, 1);
    await announcement.finish();
    const next = heard(told);
    await world.stillPending(next, "NAMESPACE_DONE while it is still said");
    await request.send({ kind: "namespaceDone", suffix: namespaceOf("live") });
    assert.equal(await next, "-live");
  },
);

modernTest(
  "refused namespaces of a peer that was asked are counted and said, and may end",
  async () => {
    await using world = new SessionWorld({
      settings: { solicit: true },
      limits: { maxNamespaces: 1 },
    });
    const publisher = await world.connect();
    const { request } = await publisher.expectRequest("subscribeNamespace");
    await request.sendOk();
    const refused = [namespaceOf("./1"), namespaceOf("./2"), namespaceOf("more")];
    for (const suffix of [namespaceOf("live"), ...refused]) {
      await request.send({ kind: "namespace", suffix });
    }
    for (const suffix of refused) await request.send({ kind: "namespaceDone", suffix });
    await world.settle();
    const said = world.lines.filter(({ text }) => text === "info: namespace refused");
    assert.deepEqual(said.map(({ fields }) => fields.namespace), ["./1", "./2", "more"]);
    const { publish_namespace: outcomes } = world.metrics.requests;
    assert.equal(Object.values(outcomes).reduce((sum, count) => sum + count, 0), refused.length);

    const listener = await listen(await world.connect(), "");
    assert.equal(await heard(listener), "+live");
    await request.send({ kind: "namespaceDone", suffix: refused[0]! });
    await closedWith(publisher, "protocol_violation");
  },
);

modernTest(
  "R-140: NAMESPACE_DONE without its NAMESPACE closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld({ settings: { solicit: true } });
    const publisher = await world.connect();
    const { request } = await publisher.expectRequest("subscribeNamespace");
    await request.sendOk();
    await request.send({ kind: "namespaceDone", suffix: namespaceOf("live") });
    await closedWith(publisher, "protocol_violation");
  },
);

for (const end of ["fin", "reset", "done"] as const) {
  modernTest(`R-141: what a publisher named when asked is withdrawn by ${end}`, async () => {
    await using world = new SessionWorld({ settings: { solicit: true } });
    const publisher = await world.connect();
    const { request } = await publisher.expectRequest("subscribeNamespace");
    await request.sendOk();
    for (const path of ["a", "b"]) {
      await request.send({ kind: "namespace", suffix: namespaceOf(path) });
    }
    const watcher = await world.connect();
    const names = await listen(watcher, "");
    assert.deepEqual([await heard(names), await heard(names)].sort(), ["+a", "+b"]);
    if (end === "fin") await request.finish();
    else if (end === "reset") request.outgoing.reset("cancelled");
    else {
      for (const path of ["a", "b"]) {
        await request.send({ kind: "namespaceDone", suffix: namespaceOf(path) });
      }
    }
    assert.deepEqual([await heard(names), await heard(names)].sort(), ["-a", "-b"]);
    await refused(await subscribe(watcher, {}, trackOf("a", "video")), "DOES_NOT_EXIST");
  });
}

const OVERLAPS: [string, string, boolean][] = [
  ["a", "a", true],
  ["a", "a/b", true],
  ["a/b", "a", true],
  ["", "a", true],
  ["a", "", true],
  ["a", "ab", false],
  ["a/b", "a/c", false],
];
for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
  for (const [first, second, overlap] of OVERLAPS) {
    const name = `${kind} "${first}" and "${second}" ${overlap ? "overlap" : "do not overlap"}`;
    Deno.test(`R-142: ${name}`, async () => {
      await using world = new SessionWorld();
      const peer = await world.connect();
      const ask = (path: string) =>
        peer.request({ kind, prefix: namespaceOf(path), parameters: {} });
      const held = await ask(first);
      await held.expect("requestOk");
      const asked = await ask(second);
      if (!overlap) return void await asked.expect("requestOk");
      await refused(asked, "PREFIX_OVERLAP");
      await held.finish();
      await world.settle();
      await (await ask(second)).expect("requestOk");
    });
  }
}

modernTest(
  "R-142: the two kinds of prefixes do not meet, and neither do two sessions",
  async () => {
    await using world = new SessionWorld();
    const [one, other] = [await world.connect(), await world.connect()];
    await listen(one, "a");
    await wantTracks(one, "a");
    await listen(other, "a");
  },
);

modernTest("R-045, R-137: with another prefix, what is heard is counted from that", async () => {
  await using world = new SessionWorld();
  await announce(await world.connect(), "a/1");
  await announce(await world.connect(), "b/2");
  const peer = await world.connect();
  const request = await listen(peer, "a");
  assert.equal(await heard(request), "+1");
  await request.send({
    kind: "requestUpdate",
    requestId: peer.takeRequestId(),
    parameters: { namespacePrefix: namespaceOf("b") },
  });
  await request.expect("requestOk");
  assert.equal(await heard(request), "+2");
  await announce(await world.connect(), "a/3");
  await announce(await world.connect(), "b/4");
  assert.equal(await heard(request), "+4");
});

draftTest("R-139: SUBSCRIBE_TRACKS brings no PUBLISH of the subscriber's own tracks", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await (await publish(peer)).expect("requestOk");
  await wantTracks(peer, "");
  await (await publish(peer, { track: trackOf("live", "b"), alias: 8n })).expect("requestOk");
  await (await publish(await world.connect(), { track: trackOf("live", "c") })).expect("requestOk");
  const { message } = await peer.expectRequest("publish");
  assert.deepEqual(message.track, trackOf("live", "c"));
});

draftTest(
  "R-144: where no further subscription may be, PUBLISH_BLOCKED names the track, once and for all",
  async () => {
    await using world = new SessionWorld({ limits: { maxSubscriptions: 1 } });
    const peer = await world.connect();
    const tracks = await wantTracks(peer, "live");
    const publisher = await world.connect();
    await (await publish(publisher)).expect("requestOk");
    const { request } = await peer.expectRequest("publish");
    await request.sendOk();
    await world.settle();
    const other = trackOf("live/cam", "audio");
    await publish(publisher, { track: other, alias: 8n });
    const blocked = await tracks.expect("publishBlocked");
    assert.deepEqual(blocked.track, { namespace: namespaceOf("cam"), name: other.name });
    request.cancel("cancelled");
    await world.settle();
    await publish(await world.connect(), { track: other });
    await world.stillPending(peer.acceptRequest(), "A PUBLISH after PUBLISH_BLOCKED");
  },
);

draftTest("R-144: so it is where the peer allows no further stream", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ memory: { maxBidiStreams: 1 } });
  const tracks = await wantTracks(peer, "live");
  const publisher = await world.connect();
  await publish(publisher);
  await peer.expectRequest("publish");
  await publish(publisher, { track: trackOf("live/cam", "audio"), alias: 8n });
  await world.advance(5_000);
  await tracks.expect("publishBlocked");
  await world.stillPending(peer.acceptRequest(), "A PUBLISH after PUBLISH_BLOCKED");
});

for (const forward of [true, false, undefined]) {
  draft19Test(`R-145: FORWARD ${forward} of SUBSCRIBE_TRACKS is that of each PUBLISH`, async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await wantTracks(peer, "", forward);
    const publisher = await world.connect();
    await (await publish(publisher)).expect("requestOk");
    const { request, message } = await peer.expectRequest("publish");
    assert.equal(message.parameters.forward, forward ?? true);
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    if (forward !== false) return void await nextSubgroup(peer);
    const came = nextSubgroup(peer);
    await world.stillPending(came, "A stream");
    await request.send({
      kind: "requestOk",
      parameters: { forward: true },
      properties: NO_PROPERTIES,
    });
    await world.settle();
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    assert.equal((await came).group, 2n);
  });
}

draftTest(
  "R-045, R-145: FORWARD in an update of SUBSCRIBE_TRACKS counts for later offers",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const tracks = await wantTracks(peer, "");
    const requestId = peer.takeRequestId();
    await tracks.send({ kind: "requestUpdate", requestId, parameters: { forward: false } });
    await tracks.expect("requestOk");
    await publish(await world.connect());
    assert.equal((await peer.expectRequest("publish")).message.parameters.forward, false);
  },
);

draft19Test(
  "R-145: the subscriber may turn forwarding off in PUBLISH_OK, and the publisher hears of it",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await wantTracks(peer, "");
    const publisher = await world.connect();
    const offer = await publish(publisher);
    assert.deepEqual((await offer.expect("requestOk")).parameters, { forward: true });
    const { request } = await peer.expectRequest("publish");
    await request.send({
      kind: "requestOk",
      parameters: { forward: false },
      properties: NO_PROPERTIES,
    });
    assert.deepEqual((await offer.expect("requestUpdate")).parameters, { forward: false });
  },
);

draftTest(
  "R-084: a subscriber that refuses a PUBLISH gets none of its objects any more",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await wantTracks(peer, "");
    const publisher = await world.connect();
    await publish(publisher);
    const { request } = await peer.expectRequest("publish");
    await request.sendError("uninterested");
    await request.finish();
    await world.settle();
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.stillPending(peer.nextStream().catch(() => {}), "A stream");
  },
);

draftTest("R-039: an answer to PUBLISH of the wrong kind closes the session", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await wantTracks(peer, "");
  await publish(await world.connect());
  const { request } = await peer.expectRequest("publish");
  await request.send({ kind: "namespace", suffix: [] });
  await closedWith(peer, "protocol_violation");
});

modernTest(
  "R-046: track properties in PUBLISH_OK close the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await wantTracks(peer, "");
    await publish(await world.connect());
    const { request } = await peer.expectRequest("publish");
    const properties = new Uint8Array([0x0e, 1]);
    await request.send({ kind: "requestOk", parameters: {}, properties });
    await closedWith(peer, "protocol_violation");
  },
);

modernTest("R-148, R-195: too many namespaces, and too many prefixes, are refused", async () => {
  await using world = new SessionWorld({
    limits: { maxNamespaces: 2, maxNamespaceSubscriptions: 1 },
  });
  const peer = await world.connect();
  const first = await announce(peer, "a");
  await announce(peer, "b");
  const third = { kind: "publishNamespace", namespace: namespaceOf("c"), parameters: {} } as const;
  await refused(await peer.request(third), "EXCESSIVE_LOAD");
  await first.finish();
  await world.settle();
  await (await peer.request(third)).expect("requestOk");
  await listen(peer, "a");
  for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
    const request = await peer.request({ kind, prefix: namespaceOf("b"), parameters: {} });
    if (kind === "subscribeNamespace") await refused(request, "EXCESSIVE_LOAD");
    else await request.expect("requestOk");
  }
});

draftTest(
  "R-148: who does not read what it asked for loses that request, and nothing else",
  async () => {
    await using world = new SessionWorld({
      limits: { maxNamespaces: 2_000, maxRequests: 2_000, controlMessageBurst: 5_000 },
    });
    const slow = await world.connect({ memory: { streamWindow: 1_000 } });
    const request = await listen(slow, "");
    const publisher = await world.connect();
    const long = "x".repeat(2_000);
    for (let index = 0; index < 600; index++) await announce(publisher, `${index}${long}`);
    await announce(slow, "still");
    assert.equal((await request.incoming.whole()).end, "too_far_behind");
  },
);

draftTest(
  "R-013, R-138: a namespace that another peer publishes is asked for by whoever is told of it",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world, "live/cam");
    const peer = await world.connect();
    const request = await listen(peer, "");
    assert.equal(await heard(request), "+live-cam");
    const downstream = await subscribe(peer, {}, VIDEO);
    await accept(publisher);
    await downstream.expect("subscribeOk");
  },
);
