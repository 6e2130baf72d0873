import assert from "node:assert/strict";
import { draft18Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { namespaceOf } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { LINGER_MS, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  fetch,
  join,
  nextSubgroup,
  objects,
  publish,
  refused,
  sendSubgroup,
  subscribe,
  VIDEO,
  watch,
} from "./script.ts";

const GOAWAY = { kind: "goaway", uri: "", timeout: 1_000n, requestId: 1n } as const;
const ON_REQUEST = { kind: "goaway", uri: "", timeout: 0n, requestId: undefined } as const;

for (const [setup, requestId] of [[{}, 0n], [{ solicit: true }, undefined]] as const) {
  const whom = requestId === undefined ? "moq-dev's clients, which fail on it" : "a stranger";
  draft18Test(`a GOAWAY names the first request that is refused, but not to ${whom}`, async () => {
    await using world = new SessionWorld();
    const { peer, session } = await world.join({ setup });
    await announce(peer, "live");
    session.drain(5_000);
    const goaway = await peer.expectControl("goaway");
    assert.equal(goaway.requestId, requestId === undefined ? undefined : 2n);
  });
}

draftTest(
  "R-166: a second GOAWAY on the control stream closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await peer.sendControl(GOAWAY);
    await announce(peer, "live");
    await peer.sendControl(GOAWAY);
    await closedWith(peer, "protocol_violation", /second GOAWAY/);
  },
);

type Make = (world: SessionWorld) => Promise<RequestStream>;
const asked = (kind: "subscribeNamespace" | "subscribeTracks"): Make => async (world) => {
  const request = await (await world.connect()).request({ kind, prefix: [], parameters: {} });
  await request.expect("requestOk");
  return request;
};
const REQUESTS: [string, Make][] = [
  ["SUBSCRIBE", async (world) => (await watch(world)).downstream],
  ["our SUBSCRIBE", async (world) => (await watch(world)).upstream],
  ["PUBLISH_NAMESPACE", async (world) => announce(await world.connect(), "live")],
  ["SUBSCRIBE_NAMESPACE", asked("subscribeNamespace")],
  ["SUBSCRIBE_TRACKS", asked("subscribeTracks")],
  ["PUBLISH", async (world) => {
    const request = await publish(await world.connect());
    await request.expect("requestOk");
    return request;
  }],
];
for (const [name, make] of REQUESTS) {
  draftTest(
    `R-166: on the stream of ${name} one GOAWAY is fine, and two are a PROTOCOL_VIOLATION`,
    async () => {
      await using world = new SessionWorld();
      const request = await make(world);
      await request.send(ON_REQUEST);
      await world.settle();
      assert.equal(world.metrics.sessionsEnded.protocol_error, 0);
      await request.send(ON_REQUEST);
      await world.settle();
      assert.equal(world.metrics.sessionsEnded.protocol_error, 1);
    },
  );

  draftTest(
    `R-167: a client's GOAWAY with a URI on the stream of ${name} is a PROTOCOL_VIOLATION`,
    async () => {
      await using world = new SessionWorld();
      const request = await make(world);
      await request.send({ ...ON_REQUEST, uri: "moqt://other.example/" });
      await world.settle();
      assert.equal(world.metrics.sessionsEnded.protocol_error, 1);
    },
  );
}

draftTest(
  "R-167: a client's GOAWAY with a URI closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await peer.sendControl({ ...GOAWAY, uri: "moqt://other.example/" });
    await closedWith(peer, "protocol_violation");
  },
);

Deno.test("R-167: so does one over 8192 bytes, from whom it may be", async () => {
  for (const length of [8_192, 8_193]) {
    await using world = new SessionWorld();
    const peer = await announcing(world, "live", { dialled: true });
    const uri = new TextEncoder().encode("x".repeat(length));
    await (await peer.control.promise).write(goawayFrame(uri));
    const codes = peer.draft.sessionCodes;
    const { code } = await Promise.race([
      peer.closed,
      world.settle().then(() => ({ code: codes.no_error })),
    ]);
    const expected = length > 8_192 ? codes.protocol_violation : codes.no_error;
    assert.equal(code, expected);
  }
});

/** A GOAWAY with a URI of two length bytes, a timeout of 0 and request id 0. */
function goawayFrame(uri: Uint8Array): Uint8Array {
  const length = uri.length + 4;
  const head = [0x10, length >> 8, length & 0xff, 0x80 | uri.length >> 8, uri.length & 0xff];
  return new Uint8Array([...head, ...uri, 0, 0]);
}

draftTest("R-167: as a client the relay names no URI", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await world.join({ dialled: true });
  await announce(peer, "live");
  session.drain(1_000);
  assert.equal((await peer.expectControl("goaway")).uri, "");
});

draftTest("R-167: what is left of a deadline is told in whole milliseconds", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await world.join();
  await announce(peer, "live");
  session.drain(92.25);
  assert.equal((await peer.expectControl("goaway")).timeout, 93n);
});

draftTest("R-169: who is going away is asked for nothing new", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world);
  const watcher = await world.connect();
  const tracks = await watcher.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await tracks.expect("requestOk");
  await publisher.sendControl(GOAWAY);
  await watcher.sendControl(GOAWAY);
  await world.settle();
  const peer = await world.connect();
  const other = { ...VIDEO, name: new TextEncoder().encode("audio") };
  await refused(await subscribe(peer, {}, other), "GOING_AWAY");
  await refused(await fetch(peer, [0, 0], [0, 0], {}, other), "GOING_AWAY");
  const status = await peer.request({ kind: "trackStatus", track: other, parameters: {} });
  await refused(status, "GOING_AWAY");
  await (await publish(await world.connect(), { track: other })).expect("requestOk");
  await world.stillPending(publisher.acceptRequest(), "A request");
  await world.stillPending(watcher.acceptRequest(), "A PUBLISH");
  await world.stillPending(upstream.next(), "An update");
});

draftTest("R-169, R-176: what flows already goes on", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  await publisher.sendControl({ ...GOAWAY, timeout: 0n });
  await subscriber.sendControl({ ...GOAWAY, timeout: 0n });
  await world.advance(60_000);
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1]);
});

draft18Test(
  "R-170, R-175: after our GOAWAY requests are refused with GOING_AWAY, and it says from which id on",
  async () => {
    await using world = new SessionWorld();
    const { peer, session } = await world.join();
    await announce(peer, "live");
    await announce(peer, "more");
    session.drain(5_000);
    const goaway = await peer.expectControl("goaway");
    assert.deepEqual([goaway.uri, goaway.timeout, goaway.requestId], ["", 5_000n, 4n]);
    await refused(await subscribe(peer), "GOING_AWAY");
    await refused(await publish(peer), "GOING_AWAY");
    for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
      await refused(await peer.request({ kind, prefix: [], parameters: {} }), "GOING_AWAY");
    }
    const offer = await peer.request({
      kind: "publishNamespace",
      namespace: namespaceOf("x"),
      parameters: {},
    });
    await refused(offer, "GOING_AWAY");
  },
);

draftTest("R-170: and the relay makes no PUBLISH that it does not need", async () => {
  await using world = new SessionWorld();
  const { peer, session } = await world.join();
  const tracks = await peer.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await tracks.expect("requestOk");
  session.drain(5_000);
  await peer.expectControl("goaway");
  await (await publish(await world.connect())).expect("requestOk");
  await world.stillPending(peer.acceptRequest(), "A PUBLISH");
});

draft18Test(
  "R-175: GOAWAY with a request id of the wrong parity closes with INVALID_REQUEST_ID",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await peer.sendControl({ ...GOAWAY, requestId: 2n });
    await closedWith(peer, "invalid_request_id");
  },
);

draftTest(
  "R-172: who still has requests when the time is over is closed with GOAWAY_TIMEOUT",
  async () => {
    await using world = new SessionWorld();
    const { peer, session } = await world.join();
    await announce(peer, "live");
    session.drain(5_000);
    await world.advance(4_999);
    await world.stillPending(peer.closed, "The end");
    await world.advance(1);
    await closedWith(peer, "goaway_timeout");
    assert.equal(world.metrics.sessionsEnded.drained, 1);
  },
);

draftTest(
  "R-172: who has none is closed at once, and who ends the last of them then, NO_ERROR",
  async () => {
    await using world = new SessionWorld();
    const idle = await world.join();
    idle.session.drain(5_000);
    await closedWith(idle.peer, "no_error");
    const busy = await world.join();
    const request = await announce(busy.peer, "live");
    busy.session.drain(5_000);
    await world.stillPending(busy.peer.closed, "The end");
    await request.finish();
    await closedWith(busy.peer, "no_error");
  },
);

modernTest(
  "R-173: what flows goes on until the subscribers have left, then the publisher is let go",
  async () => {
    await using world = new SessionWorld({ settings: { solicit: true } });
    const source = await world.join();
    const { request: solicited } = await source.peer.expectRequest("subscribeNamespace");
    await solicited.sendOk();
    await solicited.send({ kind: "namespace", suffix: namespaceOf("live") });
    await world.settle();
    const sink = await world.join();
    const { request: ours } = await sink.peer.expectRequest("subscribeNamespace");
    await ours.sendError("not_supported");
    const downstream = await subscribe(sink.peer);
    const { request: upstream } = await accept(source.peer);
    await downstream.expect("subscribeOk");
    for (const { session } of [source, sink]) session.drain(60_000);
    await sink.peer.expectControl("goaway");
    await source.peer.expectControl("goaway");
    await sendSubgroup(source.peer, { group: 1n }, ...objects(2));
    assert.deepEqual((await nextSubgroup(sink.peer)).ids, [0, 1]);
    const end = upstream.incoming.messageOrEnd().catch(() => {});
    await world.stillPending(end, "The end upstream");
    downstream.cancel("cancelled");
    await closedWith(sink.peer, "no_error");
    await world.advance(LINGER_MS);
    await closedWith(source.peer, "no_error");
  },
);

draftTest(
  "R-174: as a client that is told to go away, the relay leaves with its last subscription",
  async () => {
    await using world = new SessionWorld();
    const source = await world.join({ dialled: true });
    const announcement = await announce(source.peer, "live");
    const subscriber = await world.connect();
    const downstream = await subscribe(subscriber);
    await accept(source.peer);
    await downstream.expect("subscribeOk");
    await source.peer.sendControl({ ...GOAWAY, requestId: 0n });
    await announcement.finish();
    await world.stillPending(source.peer.closed, "The end");
    await sendSubgroup(source.peer, { group: 1n }, ...objects(1));
    await nextSubgroup(subscriber);
    downstream.cancel("cancelled");
    await world.advance(LINGER_MS);
    await closedWith(source.peer, "no_error");
  },
);

draftTest(
  "R-173: a subscriber that joins while we go away elsewhere is served from what still flows",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await publisher.sendControl(GOAWAY);
    await world.settle();
    const { subscriber } = await join(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  },
);

draftTest(
  "a client is told where to go, another relay's end of a link is not, and part of a millisecond counts",
  async () => {
    await using world = new SessionWorld();
    const uri = "moqt://elsewhere.example:4433";
    const { peer, session } = await world.join();
    const linked = await world.join({ dialled: true });
    // Who has something open is not closed at once.
    for (const joined of [peer, linked.peer]) await announce(joined, "live");
    for (const drained of [session, linked.session]) drained.drain(1_000.25, uri);
    const told = await peer.expectControl("goaway");
    assert.deepEqual([told.uri, told.timeout], [uri, 1_001n]);
    assert.equal((await linked.peer.expectControl("goaway")).uri, "");
  },
);

draftTest(
  "a client that is sent to another relay is served while it stays, and drained later",
  async () => {
    await using world = new SessionWorld();
    const uri = "moqt://sibling.example:4434";
    const { peer, session } = await world.join();
    session.redirect(uri);
    const goaway = await peer.expectControl("goaway");
    assert.equal(goaway.uri, uri);
    await world.advance(60_000);
    await announce(peer, "live");
    assert.equal(session.counts.namespaces, 1, "it may still ask");
    session.redirect(uri);
    session.drain(1_000, uri);
    await world.advance(1_000);
    // A second GOAWAY would be a fault of ours.
    await closedWith(peer, "goaway_timeout");
  },
);
