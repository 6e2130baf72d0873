import { encodeSubgroupHeader, type SessionErrorName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { loneHost } from "../support/worlds/lone_host.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import { type ConnectOptions, SessionWorld } from "../support/worlds/session_world.ts";
import {
  announce,
  announcing,
  closedWith,
  frame,
  objects,
  openSubgroup,
  publish,
  refused,
  sendSubgroup,
  subgroupHeader,
  subscribe,
} from "./script.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";
import { referenceData, referenceDraft } from "../support/reference_draft.ts";

const SETUP = 0x2f00n;

Deno.test("R-004, R-005, R-006: the relay says SETUP at once, with what 18 asks of a server", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ setup: false });
  const setup = await peer.theirSetup();
  assert.equal(setup.maxAuthTokenCacheSize, 16_384n);
  assert.equal(setup.path, undefined);
  assert.equal(setup.authority, undefined);
});

Deno.test("R-005: a second control stream closes the session with PROTOCOL_VIOLATION", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await peer.openStream(frame(SETUP, []));
  await closedWith(peer, "protocol_violation", /second control stream/);
});

Deno.test("R-006: requests sent right behind SETUP are served", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ setup: false });
  await peer.openControl(frame(SETUP, []));
  await announce(peer, "live");
});

Deno.test("R-007: requests and objects that come before SETUP are served after it", async () => {
  await using world = new SessionWorld();
  const early = await world.connect({ setup: false });
  const offer = await publish(early);
  await sendSubgroup(early, { group: 1n }, ...objects(2));
  await world.stillPending(offer.next(), "An answer before SETUP");
  assert.equal(world.metrics.received.objects, 0);

  await early.openControl(frame(SETUP, []));
  await world.settle();
  assert.equal(world.metrics.requests.publish.ok, 1);
  assert.equal(world.metrics.received.objects, 2);
});

Deno.test("R-011: MOQT_IMPLEMENTATION carries a name and a version, and can be switched off", async () => {
  await using world = new SessionWorld({ settings: { implementation: "qumo-relay 9" } });
  assert.equal((await (await world.connect()).theirSetup()).implementation, "qumo-relay 9");
  await using silent = new SessionWorld({ settings: { implementation: undefined } });
  assert.equal((await (await silent.connect()).theirSetup()).implementation, undefined);
});

const PLACES: [string, ConnectOptions, SessionErrorName | undefined][] = [
  ["R-009: PATH from a client on raw QUIC is fine", { setup: { path: "/a?b=c" } }, undefined],
  ["R-009: so is AUTHORITY", { setup: { authority: "relay.example:4433" } }, undefined],
  [
    "R-009: PATH over WebTransport closes with INVALID_PATH",
    { webTransport: "/a", setup: { path: "/a" } },
    "invalid_path",
  ],
  [
    "R-009: AUTHORITY over WebTransport closes with INVALID_AUTHORITY",
    { webTransport: "/a", setup: { authority: "relay.example" } },
    "invalid_authority",
  ],
  [
    "R-009: PATH from a server closes with INVALID_PATH",
    { dialled: true, setup: { path: "/a" } },
    "invalid_path",
  ],
  [
    "R-009: AUTHORITY from a server closes with INVALID_AUTHORITY",
    { dialled: true, setup: { authority: "relay.example" } },
    "invalid_authority",
  ],
  [
    "R-009: a PATH without a slash closes with MALFORMED_PATH",
    { setup: { path: "a" } },
    "malformed_path",
  ],
  [
    "R-009: a PATH with a space closes with MALFORMED_PATH",
    { setup: { path: "/a b" } },
    "malformed_path",
  ],
  [
    "R-009: a PATH with a fragment closes with MALFORMED_PATH",
    { setup: { path: "/a#b" } },
    "malformed_path",
  ],
  [
    "R-009: an AUTHORITY with a path closes with MALFORMED_AUTHORITY",
    { setup: { authority: "relay.example/a" } },
    "malformed_authority",
  ],
  [
    "R-009: an AUTHORITY without a host closes with MALFORMED_AUTHORITY",
    { setup: { authority: ":443" } },
    "malformed_authority",
  ],
];
for (const [name, options, code] of PLACES) {
  Deno.test(name, async () => {
    await using world = new SessionWorld();
    const peer = await world.connect(options);
    if (code !== undefined) await closedWith(peer, code);
    else await announce(peer, "live");
  });
}

Deno.test("R-013: equal names in different scopes are different tracks", async () => {
  await using world = new SessionWorld();
  await announcing(world, "live", { setup: { path: "/one" } });
  const elsewhere = await world.connect({ setup: { path: "/two" } });
  await refused(await subscribe(elsewhere), "DOES_NOT_EXIST");
  const listener = await elsewhere.request({
    kind: "subscribeNamespace",
    prefix: [],
    parameters: {},
  });
  await listener.expect("requestOk");
  await world.stillPending(listener.next(), "A namespace of another scope");
});

Deno.test("R-013: the path of a WebTransport request is the scope", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world, "live", { webTransport: "/one" });
  const other = await world.connect({ webTransport: "/two" });
  await refused(await subscribe(other), "DOES_NOT_EXIST");
  const same = await world.connect({ setup: { path: "/one" } });
  await subscribe(same);
  await publisher.expectRequest("subscribe");
});

Deno.test("R-014: nothing is published or found under a lone dot, other dots are ordinary", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  for (const path of [".", "./a"]) {
    const namespace = namespaceOf(path);
    const offer = await peer.request({ kind: "publishNamespace", namespace, parameters: {} });
    await refused(offer, "DOES_NOT_EXIST");
    await refused(await publish(peer, { track: trackOf(path, "video") }), "DOES_NOT_EXIST");
    await refused(await subscribe(peer, {}, trackOf(path, "video")), "DOES_NOT_EXIST");
    const status = await peer.request({
      kind: "trackStatus",
      track: trackOf(path, "video"),
      parameters: {},
    });
    await refused(status, "DOES_NOT_EXIST");
  }
  await announce(peer, ".other");
  await subscribe(await world.connect(), {}, trackOf(".other", "video"));
  await peer.expectRequest("subscribe");
});

Deno.test("R-015: requests under .session reach nobody, the empty name among them", async () => {
  await using world = new SessionWorld();
  const everything = await announcing(world, "");
  const peer = await world.connect();
  for (const name of ["", "unknown"]) {
    const track = trackOf(".session", name);
    await refused(await subscribe(peer, {}, track), "DOES_NOT_EXIST");
    const status = await peer.request({ kind: "trackStatus", track, parameters: {} });
    await refused(status, "DOES_NOT_EXIST");
    const range = { type: "standalone" as const, track, start: ZERO, end: ZERO };
    await refused(
      await peer.request({ kind: "fetch", range, parameters: {} }),
      "DOES_NOT_EXIST",
    );
  }
  const namespace = namespaceOf(".session");
  await refused(
    await peer.request({ kind: "publishNamespace", namespace, parameters: {} }),
    "DOES_NOT_EXIST",
  );
  await world.stillPending(everything.acceptRequest(), "A request under .session");
});

const ZERO = { group: 0n, object: 0n };

Deno.test("R-019: FIN on the control stream closes the session with PROTOCOL_VIOLATION", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await (await peer.control.promise).finish();
  await world.advance(1_000);
  await closedWith(peer, "protocol_violation");
});

Deno.test("R-019: a reset of the control stream closes the session with PROTOCOL_VIOLATION", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  (await peer.control.promise).reset("internal_error");
  await world.advance(1_000);
  await closedWith(peer, "protocol_violation");
});

Deno.test("R-019: a control stream that is reset before SETUP is whole does so too", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ setup: false });
  const control = await peer.openControl(frame(SETUP, [], 4));
  control.reset("internal_error");
  await world.advance(1_000);
  await closedWith(peer, "protocol_violation");
});

Deno.test("R-019: a peer that refuses our control stream is closed when we have something to say", async () => {
  await using world = new SessionWorld();
  const { peer, session, connection } = await world.join();
  await announce(peer, "live");
  connection.opened[0]!.stop(0);
  await world.settle();
  session.drain(60_000);
  await closedWith(peer, "protocol_violation");
});

const FIRST_BYTES: [string, Uint8Array][] = [
  ["R-021: a uni stream of unknown type", bytesOf(referenceDraft, 0x77n)],
  ["R-021: a uni stream of a type above 64 bits' half", bytesOf(referenceDraft, 2n ** 63n)],
  ["R-101: a subgroup of a reserved type", bytesOf(referenceDraft, 0x16n, 1n, 1n)],
  ["R-101: a subgroup of a type that is too large", bytesOf(referenceDraft, 0x90n, 1n, 1n)],
];
for (const [name, bytes] of FIRST_BYTES) {
  Deno.test(`${name} closes the session with PROTOCOL_VIOLATION`, async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await peer.openStream(bytes);
    await closedWith(peer, "protocol_violation");
  });
}

Deno.test("R-002: a connection with a protocol we do not speak is closed with VERSION_NEGOTIATION_FAILED", async () => {
  const host = loneHost();
  const [client, server] = memoryPair({ protocol: "moqt-99" });
  host.serve(server);
  assert.equal((await client.closed).code, referenceDraft.sessionCodes.version_negotiation_failed);
  assert.equal(host.active, 0);
});

Deno.test("R-182, R-202: a peer that says no SETUP in time is closed with CONTROL_MESSAGE_TIMEOUT", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect({ setup: false });
  await world.advance(2_999);
  await world.stillPending(peer.closed, "The end");
  await world.advance(1);
  await closedWith(peer, "control_message_timeout");
});

Deno.test("R-202: a request stream that says nothing is given up in time", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const request = await peer.openRequest(new Uint8Array([0x03]));
  await world.advance(3_000);
  assert.equal(await request.ended(), "internal_error");
  await announce(peer, "live");
});

Deno.test("R-182, R-202: a data stream whose header does not come is given up in time", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const bytes = encodeSubgroupHeader(subgroupHeader(), referenceData);
  const stream = await peer.openStream(bytes.subarray(0, 2));
  await world.advance(3_000);
  await assert.rejects(stream.write(new Uint8Array(1)), { kind: "stopped" });
  await announce(peer, "live");
});

Deno.test("R-201: objects of an unknown alias are held for a time, and no longer", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  const script = await openSubgroup(peer, {}, ...objects(1));
  await world.advance(1_999);
  await script.send(...objects(1, 1));
  await world.advance(1);
  await assert.rejects(script.send(...objects(1, 2)), { kind: "stopped" });
});

Deno.test("a session is established with the peer that SETUP describes, and never without one", async () => {
  await using world = new SessionWorld();
  const silent = await world.join({ setup: false });
  assert.equal(silent.session.peer, undefined);
  assert.equal(silent.session.counts.tracks, 0);
  await world.stillPending(silent.session.established, "A session before SETUP");
  const { session } = await world.join({
    setup: { path: "/a?jwt=x&via=assign", implementation: "x 1" },
  });
  const established = await session.established;
  assert.deepEqual(established?.peer, {
    relay: undefined,
    isOtherRelay: false,
    implementation: "x 1",
    path: "/a",
    isAssigned: true,
  });
  assert.equal(session.peer, established?.peer);
  silent.peer.close();
  assert.equal(await silent.session.established, undefined);
});
