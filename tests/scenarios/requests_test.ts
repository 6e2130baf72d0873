import { type SessionErrorName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { bytesOf } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  closedWith,
  frame,
  nextSubgroup,
  objects,
  publish,
  refused,
  sendSubgroup,
  sendSubscribeOk,
  subscribe,
  watch,
} from "./script.ts";
import { referenceDraft } from "../support/reference_draft.ts";

type Parts = readonly (bigint | string | Uint8Array)[];

const SUBSCRIBE = 0x3n;
const NAME: Parts = [0n, 1n, 4n, "live", 5n, "video"];
const LONG = "x".repeat(4_097);
const byte = (value: number) => new Uint8Array([value]);
const subscribeWith = (...parameters: Parts) => frame(SUBSCRIBE, [...NAME, ...parameters]);
const publishWith = (properties: Uint8Array) => frame(0x1dn, [...NAME, 7n, 0n, properties]);

const VIOLATIONS: [string, Uint8Array, SessionErrorName?][] = [
  ["R-020: a request stream that begins with SETUP", frame(0x2f00n, [])],
  ["R-020: a request stream that begins with REQUEST_OK", frame(0x7n, [0n])],
  ["R-020: a request stream that begins with REQUEST_UPDATE", frame(0x2n, [0n, 0n])],
  ["R-020: a request stream that begins with SUBSCRIBE_OK", frame(0x4n, [7n, 0n])],
  ["R-020: a request stream that begins with GOAWAY", frame(0x10n, [0n, 0n])],
  ["R-021: a message of unknown type", frame(0x3fn, [])],
  ["R-021: a message of a type that earlier drafts had", frame(0x20n, [])],
  ["R-022: a body that ends before its fields", frame(SUBSCRIBE, [...NAME])],
  ["R-022: a body that is longer than its fields", frame(SUBSCRIBE, [...NAME, 0n, byte(0)])],
  ["R-024: a parameter type beyond 64 bits", subscribeWith(2n, 2n, 1n, 2n ** 64n - 1n, 1n)],
  ["R-025: an unknown message parameter", subscribeWith(1n, 0x3en, 1n)],
  ["R-026: a parameter of FETCH in SUBSCRIBE", subscribeWith(1n, 0x0an, 1n)],
  ["R-026: a parameter of SUBSCRIBE in FETCH", frame(0x16n, [0n, 2n, 0n, 0n, 1n, 0x10n, byte(1)])],
  ["R-027: a parameter that comes twice", subscribeWith(2n, 0x10n, byte(1), 0n, byte(1))],
  [
    "R-029: a track property of known type in the wrong form",
    publishWith(bytesOf(referenceDraft, 0x0bn, 2n, 0x0dn, 9n)),
    "key_value_formatting_error",
  ],
  [
    "R-029: a property type beyond 64 bits",
    publishWith(bytesOf(referenceDraft, 2n, 1n, 2n ** 64n - 1n)),
  ],
  ["R-029: a property value over 65535 bytes", publishWith(bytesOf(referenceDraft, 1n, 65_536n))],
  ["R-031: an empty namespace field", frame(SUBSCRIBE, [0n, 1n, 0n, 5n, "video", 0n])],
  [
    "R-031: a namespace of 33 fields",
    frame(SUBSCRIBE, [0n, 33n, ...Array(33).fill([1n, "a"]).flat(), 1n, "v", 0n]),
  ],
  ["R-031: a namespace over 4096 bytes", frame(0x6n, [0n, 1n, 4_097n, LONG, 0n])],
  ["R-031: a prefix over 4096 bytes", frame(0x50n, [0n, 1n, 4_097n, LONG, 0n])],
  [
    "R-031: a full track name over 4096 bytes",
    frame(SUBSCRIBE, [0n, 1n, 4_000n, "x".repeat(4_000), 97n, "y".repeat(97), 0n]),
  ],
  ["R-032: a group order of 0", subscribeWith(1n, 0x22n, byte(0))],
  ["R-032: a group order of 3", subscribeWith(1n, 0x22n, byte(3))],
  ["R-032: FORWARD of 2", subscribeWith(1n, 0x10n, byte(2))],
  ["R-032: an unknown filter type", subscribeWith(1n, 0x21n, 1n, 5n)],
  ["R-032: an unknown fetch type", frame(0x16n, [0n, 4n, 0n, 0n, 0n])],
  ["R-032: DYNAMIC_GROUPS of 2", publishWith(bytesOf(referenceDraft, 0x30n, 2n))],
  [
    "R-032: a filter whose last group is beyond 64 bits",
    subscribeWith(1n, 0x21n, 20n, 4n, 2n ** 64n - 1n, 0n, 2n ** 64n - 1n),
  ],
  ["R-023: a request id of the wrong parity", subscribeWithId(1n), "invalid_request_id"],
];
for (const [name, bytes, code = "protocol_violation"] of VIOLATIONS) {
  Deno.test(`${name} closes the session`, async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    await peer.openRequest(bytes);
    await closedWith(peer, code);
  });
}

function subscribeWithId(id: bigint): Uint8Array {
  return frame(SUBSCRIBE, [id, ...NAME.slice(1), 0n]);
}

Deno.test("R-023: a request id that was used before closes the session with INVALID_REQUEST_ID", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await refused(await subscribe(peer), "DOES_NOT_EXIST");
  await peer.openRequest(subscribeWithId(0n));
  await closedWith(peer, "invalid_request_id", /used before/);
});

Deno.test("R-023: request ids may overtake each other, and an update takes one too", async () => {
  await using world = new SessionWorld();
  const { subscriber: peer, downstream } = await watch(world);
  await refused(await peer.openRequest(otherWithId(6n)), "DOES_NOT_EXIST");
  await refused(await peer.openRequest(otherWithId(4n)), "DOES_NOT_EXIST");
  await downstream.send({ kind: "requestUpdate", requestId: 2n, parameters: {} });
  await downstream.expect("requestOk");
  await downstream.send({ kind: "requestUpdate", requestId: 4n, parameters: {} });
  await closedWith(peer, "invalid_request_id");
});

function otherWithId(id: bigint): Uint8Array {
  return frame(SUBSCRIBE, [id, 1n, 5n, "other", 5n, "video", 0n]);
}

Deno.test("R-030: a reason over 1024 bytes closes the session with PROTOCOL_VIOLATION", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  const reason = "x".repeat(1_025);
  await request.outgoing.write(frame(0x5n, [0x10n, 0n, 1_025n, reason]));
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-033, R-035, R-037: a refused request gets REQUEST_ERROR and the end of the stream", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  await refused(await subscribe(peer), "DOES_NOT_EXIST");
  const offer = await peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf("."),
    parameters: {},
  });
  await refused(offer, "DOES_NOT_EXIST");
});

Deno.test("R-033: an accepted subscription's stream stays open until PUBLISH_DONE", async () => {
  await using world = new SessionWorld();
  const { downstream, upstream, publisher } = await watch(world);
  const next = downstream.next();
  await sendSubgroup(publisher, {}, ...objects(1));
  await world.stillPending(next, "The end of the subscription");
  await upstream.send({ kind: "publishDone", code: "track_ended", streamCount: 1n, reason: "" });
  assert.equal((await next).kind, "publishDone");
  assert.equal(await downstream.ended(), "fin");
});

Deno.test("R-034: a publisher that ends the stream without an answer has failed the request", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await request.finish();
  await refused(downstream, "INTERNAL_ERROR");
});

Deno.test("R-034: a publisher that resets the stream without an answer has failed the request", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  request.cancel("cancelled");
  await refused(downstream, "INTERNAL_ERROR");
});

Deno.test("R-182: a publisher that does not answer in time has failed the request", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await world.advance(4_999);
  const next = downstream.next();
  await world.stillPending(next, "An answer");
  await world.advance(1);
  assert.equal((await next).kind, "requestError");
  assert.equal(await request.ended(), "cancelled");
});

Deno.test("R-036: to leave a publisher the relay resets its half and stops the other, CANCELLED", async () => {
  await using world = new SessionWorld();
  const { downstream, upstream } = await watch(world);
  downstream.cancel("cancelled");
  await world.advance(1_000);
  assert.equal(await upstream.ended(), "cancelled");
  await assert.rejects(upstream.outgoing.write(new Uint8Array(1)), {
    kind: "stopped",
    code: upstream.draft.streamCodes.cancelled,
  });
});

Deno.test("R-038: NOT_SUPPORTED from a publisher is passed on, and SUBSCRIBE_NAMESPACE may be refused", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const publisher = await world.connect();
  const { request } = await publisher.expectRequest("subscribeNamespace");
  await request.sendError("not_supported");
  await announce(publisher, "live");
  const subscriber = await world.connect();
  const downstream = await subscribe(subscriber);
  const { request: upstream } = await publisher.expectRequest("subscribe");
  await upstream.sendError("not_supported");
  await refused(downstream, "NOT_SUPPORTED");
});

Deno.test("R-038: each of the seven requests is answered", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const offered = trackOf("offered", "video");
  assert.equal((await (await publish(publisher, { track: offered })).next()).kind, "requestOk");
  const peer = await world.connect();
  for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
    const request = await peer.request({ kind, prefix: namespaceOf("x"), parameters: {} });
    await request.expect("requestOk");
  }
  await (await subscribe(peer, {}, offered)).expect("subscribeOk");
  const status = await peer.request({ kind: "trackStatus", track: offered, parameters: {} });
  await status.expect("requestOk");
  const location = { group: 0n, object: 0n };
  const range = { type: "standalone" as const, track: offered, start: location, end: location };
  await refused(await peer.request({ kind: "fetch", range, parameters: {} }), "INVALID_RANGE");
});

Deno.test("R-039: a second SUBSCRIBE_OK closes the publisher's session", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world);
  await sendSubscribeOk(upstream, {});
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-039: REQUEST_OK that answers nothing closes the publisher's session", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world);
  await upstream.sendOk();
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-039: an answer of the wrong kind closes the publisher's session", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await request.sendOk();
  await closedWith(publisher, "protocol_violation");
  await refused(downstream, "DOES_NOT_EXIST");
});

Deno.test("R-040: what answers SUBSCRIBE_NAMESPACE must begin with REQUEST_OK or REQUEST_ERROR", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const publisher = await world.connect();
  const { request } = await publisher.expectRequest("subscribeNamespace");
  await request.send({ kind: "namespace", suffix: namespaceOf("live") });
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-041: REQUEST_UPDATE from the publisher of a SUBSCRIBE closes its session", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream } = await watch(world);
  await upstream.send({ kind: "requestUpdate", requestId: 2n, parameters: {} });
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-041: the publisher of a PUBLISH may update it", async () => {
  await using world = new SessionWorld();
  const publisher = await world.connect();
  const offer = await publish(publisher);
  await offer.expect("requestOk");
  await offer.send({ kind: "requestUpdate", requestId: 2n, parameters: {} });
  await offer.expect("requestOk");
});

Deno.test("R-046: track properties in the answer to an update close the publisher's session", async () => {
  await using world = new SessionWorld();
  const { publisher, upstream, downstream } = await watch(world, {
    parameters: { forward: false },
  });
  await downstream.cancel("cancelled");
  await world.settle();
  await upstream.send({
    kind: "requestOk",
    parameters: {},
    properties: bytesOf(referenceDraft, 0x0en, 1n),
  });
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-046: track properties in the answer to SUBSCRIBE_NAMESPACE close the session", async () => {
  await using world = new SessionWorld({ settings: { solicit: true } });
  const publisher = await world.connect();
  const { request } = await publisher.expectRequest("subscribeNamespace");
  const properties = bytesOf(referenceDraft, 0x0en, 1n);
  await request.send({ kind: "requestOk", parameters: {}, properties });
  await closedWith(publisher, "protocol_violation");
});

Deno.test("R-047: data that overtakes its alias keeps no message from arriving, and waits for the subscriber", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const subscriber = await world.connect();
  const downstream = await subscribe(subscriber);
  const { request } = await publisher.expectRequest("subscribe");
  await sendSubgroup(publisher, { group: 4n }, ...objects(2));
  await world.settle();
  await sendSubscribeOk(request);
  assert.equal((await downstream.expect("subscribeOk")).parameters.largestObject, undefined);
  await world.settle();
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1]);
});

Deno.test("R-181: a message that closes its session is passed on to no other", async () => {
  await using world = new SessionWorld();
  const watcher = await world.connect();
  const tracks = await watcher.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
  await tracks.expect("requestOk");
  const publisher = await world.connect();
  await publisher.openRequest(publishWith(bytesOf(referenceDraft, 0x30n, 2n)));
  await closedWith(publisher, "protocol_violation");
  await world.stillPending(watcher.acceptRequest(), "A PUBLISH");
});

Deno.test("R-181: a SUBSCRIBE_OK that closes its session reaches no subscriber", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  const { request } = await publisher.expectRequest("subscribe");
  await sendSubscribeOk(request, { properties: bytesOf(referenceDraft, 0x22n, 3n) });
  await closedWith(publisher, "protocol_violation");
  await refused(downstream, "DOES_NOT_EXIST");
});

Deno.test("R-178: an unknown error code from a publisher is an internal error, and no more", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const subscriber = await world.connect();
  const downstream = await subscribe(subscriber);
  const { request } = await publisher.expectRequest("subscribe");
  await request.outgoing.write(frame(0x5n, [0x9dn, 0n, 6n, "grease"]));
  await refused(downstream, "INTERNAL_ERROR");
  await subscribe(subscriber);
  await accept(publisher);
});

Deno.test("R-179: the retry interval of a publisher's refusal is passed on", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const subscriber = await world.connect();
  for (const retryAfter of [0n, 1n, 501n]) {
    const downstream = await subscribe(subscriber);
    const { request } = await publisher.expectRequest("subscribe");
    await request.send({ kind: "requestError", code: "excessive_load", retryAfter, reason: "" });
    assert.equal((await refused(downstream, "EXCESSIVE_LOAD")).retryAfter, retryAfter);
  }
});
