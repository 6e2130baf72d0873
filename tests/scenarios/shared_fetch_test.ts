/** Viewers that join within a group and fetch its beginning cost the publisher one FETCH. */
import { encodeFetchHeader, type FetchWriter, type Location } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { bytesOf, type OutgoingStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  announcing,
  at,
  fetch,
  join,
  nextSubgroup,
  objects,
  rangeOf,
  readFetch,
  sendSubgroup,
  VIDEO,
  watch,
} from "./script.ts";
import { referenceDraft } from "../support/reference_draft.ts";

const LIVE = { filter: { type: "largest_object" } } as const;
const VIEWERS = 19;

/** A publisher that the relay came to in the middle of group 7: objects 3 and 4 came live. */
async function midGroup(world: SessionWorld) {
  const parts = await watch(world, { parameters: LIVE, answer: { largest: at(7, 2) } });
  await sendSubgroup(parts.publisher, { group: 7n }, ...objects(2, 3));
  await nextSubgroup(parts.subscriber);
  await world.settle();
  return parts;
}

/** A viewer that subscribes to what is new and fetches the group from its beginning. */
async function joiningViewer(world: SessionWorld): Promise<ScriptedPeer> {
  const { subscriber } = await join(world, LIVE);
  await fetchCurrentGroup(subscriber);
  return subscriber;
}

/** Asks for the current group of the track whose SUBSCRIBE was the peer's first request. */
async function fetchCurrentGroup(peer: ScriptedPeer): Promise<void> {
  const canJoin = "invalid_joining_request_id" in peer.draft.requestCodes;
  const filter = { type: "recent_groups", groups: 1n } as const;
  await peer.request({
    kind: "fetch",
    range: canJoin
      ? { type: "relative_joining", requestId: 0n, start: 0n }
      : { type: "filtered", track: VIDEO },
    parameters: canJoin ? {} : { filter },
  });
}

/** Answers the next FETCH with these objects of group 7; the stream is left open for more. */
async function answer(publisher: ScriptedPeer, end: Location, ids: readonly number[]) {
  const { request, message } = await publisher.expectRequest("fetch");
  await request.send({
    kind: "fetchOk",
    endOfTrack: false,
    end,
    parameters: {},
    properties: new Uint8Array(0),
  });
  const stream = await publisher.openStream(
    encodeFetchHeader(message.requestId, publisher.draft.data),
  );
  const writer = publisher.draft.data.fetch.writer("ascending", publisher.draft.data);
  for (const id of ids) await sendFetched(stream, writer, id, `object ${id}`);
  return { request, message, stream, writer };
}

async function sendFetched(
  stream: OutgoingStream,
  writer: FetchWriter,
  object: number,
  text: string,
): Promise<void> {
  const payload = new TextEncoder().encode(text);
  const header = writer.object({
    group: 7n,
    object,
    subgroup: 0n,
    priority: 128,
    properties: undefined,
    payloadLength: payload.length,
  });
  await stream.write(bytesOf(referenceDraft, header, payload));
}

const GROUP = [0, 1, 2, 3, 4].map((id) => `7/${id} object ${id}`);

draftTest("viewers that join in the middle of a group at once make one FETCH", async () => {
  await using world = new SessionWorld();
  const { publisher } = await midGroup(world);
  const viewers: ScriptedPeer[] = [];
  for (let count = 0; count < VIEWERS; count++) viewers.push(await joiningViewer(world));
  await world.settle();
  const { stream } = await answer(publisher, at(7, 4), [0, 1, 2, 3, 4]);
  await stream.finish();
  for (const viewer of viewers) {
    const { items, end } = await readFetch(viewer);
    assert.deepEqual(items, GROUP);
    assert.equal(end, "fin");
  }
  await world.stillPending(publisher.acceptRequest(), "Another FETCH");
  assert.equal(world.metrics.fetchesShared, VIEWERS - 1);
  assert.equal(world.metrics.upstreamRequests.fetch.ok, 1);
});

draftTest(
  "what was fetched for one viewer is there for the next, live group or retained catalog",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world, { parameters: LIVE, answer: { largest: at(7, 0) } });
    const first = await joiningViewer(world);
    const { stream } = await answer(publisher, at(7, 0), [0]);
    await stream.finish();
    assert.deepEqual((await readFetch(first)).items, ["7/0 object 0"]);
    for (let count = 0; count < 3; count++) {
      const next = await joiningViewer(world);
      assert.deepEqual((await readFetch(next)).items, ["7/0 object 0"]);
    }
    await world.stillPending(publisher.acceptRequest(), "Another FETCH");
  },
);

draftTest("what was fetched is not sent to who subscribes to what is new", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await midGroup(world);
  const viewer = await joiningViewer(world);
  const { stream } = await answer(publisher, at(7, 4), [0, 1, 2, 3, 4]);
  await stream.finish();
  await readFetch(viewer);
  await sendSubgroup(publisher, { group: 8n }, ...objects(1));
  assert.equal((await nextSubgroup(subscriber)).group, 8n);
  assert.equal((await nextSubgroup(viewer)).group, 8n);
});

draftTest("a viewer that does not read holds up none that shares its fetch", async () => {
  await using world = new SessionWorld();
  const { publisher } = await midGroup(world);
  const stuck = await join(world, LIVE, { memory: { streamWindow: 64 } });
  await fetchCurrentGroup(stuck.subscriber);
  const viewer = await joiningViewer(world);
  await world.settle();
  const { stream } = await answer(publisher, at(7, 4), [0, 1, 2, 3, 4]);
  await stream.finish();
  assert.deepEqual((await readFetch(viewer)).items, GROUP);
  assert.equal(world.metrics.fetchesShared, 1);
});

draftTest(
  "a shared fetch is cancelled with the last who waits for it, and not before",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await midGroup(world);
    const peers = [await world.connect(), await world.connect()];
    const requests = [];
    for (const peer of peers) requests.push(await fetch(peer, [7, 0], [7, 4]));
    await world.settle();
    const { request, message } = await publisher.expectRequest("fetch");
    assert.deepEqual(rangeOf(message).track, VIDEO);
    requests[0]!.cancel("cancelled");
    const ended = request.ended();
    await world.stillPending(ended, "The end of the FETCH");
    requests[1]!.cancel("cancelled");
    assert.equal(await ended, "cancelled");
  },
);

draftTest(
  "equal fetches of a track that nobody subscribes to are one, and each is told of a refusal",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const requests = [];
    for (let count = 0; count < 3; count++) {
      requests.push(await fetch(await world.connect(), [7, 0], [7, 4]));
    }
    await world.settle();
    const { request } = await publisher.expectRequest("fetch");
    await request.sendError("does_not_exist", "no");
    await request.outgoing.finish();
    for (const each of requests) await each.expect("requestError");
    await world.stillPending(publisher.acceptRequest(), "Another FETCH");
  },
);
