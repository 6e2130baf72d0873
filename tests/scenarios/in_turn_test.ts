import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  at,
  fetch,
  join,
  NO_PROPERTIES,
  objects,
  openSubgroup,
  readFetch,
  refused,
  subscribe,
  VIDEO,
} from "./script.ts";

const NOT_HERE = {
  kind: "requestError",
  code: "does_not_exist",
  retryAfter: 0n,
  reason: "",
} as const;
const TIMEOUT = { ...NOT_HERE, code: "timeout" } as const;
const FETCHED = {
  kind: "fetchOk",
  endOfTrack: false,
  end: at(1, 0),
  parameters: {},
  properties: NO_PROPERTIES,
} as const;

/** How long a silent publisher is waited for before the next is asked. */
const NEXT_MS = 500;

/** Two publishers that may have the track: the second has the nearer namespace, so it is asked first. */
async function publishers(world: SessionWorld) {
  const [far, near] = [await world.connect(), await world.connect()];
  await announce(far, "live");
  await announce(near, "live/cam");
  return { far, near };
}

/** Answers a FETCH with nothing but its answer and an empty stream. */
async function answerFetch(peer: ScriptedPeer): Promise<void> {
  const { request, message } = await peer.expectRequest("fetch");
  await request.send(FETCHED);
  const stream = await peer.openStream(new Uint8Array([0x05, Number(message.requestId)]));
  await stream.finish();
}

async function status(peer: ScriptedPeer): Promise<RequestStream> {
  return await peer.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
}

for (const refusal of [NOT_HERE, TIMEOUT]) {
  draftTest(
    `a FETCH goes to the next publisher when the nearest answers ${refusal.code}`,
    async () => {
      await using world = new SessionWorld();
      const { far, near } = await publishers(world);
      const viewer = await world.connect();
      const request = await fetch(viewer, [1, 0], [1, 0]);
      await (await near.expectRequest("fetch")).request.send(refusal);
      await answerFetch(far);
      await request.expect("fetchOk");
      assert.deepEqual((await readFetch(viewer)).end, "fin");
    },
  );

  draftTest(
    `TRACK_STATUS goes to the next publisher when the nearest answers ${refusal.code}`,
    async () => {
      await using world = new SessionWorld();
      const { far, near } = await publishers(world);
      const request = await status(await world.connect());
      await (await near.expectRequest("trackStatus")).request.send(refusal);
      const { request: second } = await far.expectRequest("trackStatus");
      const ok = { kind: "requestOk", parameters: { largestObject: at(3, 4) } } as const;
      await second.send({ ...ok, properties: NO_PROPERTIES });
      assert.deepEqual((await request.expect("requestOk")).parameters.largestObject, at(3, 4));
    },
  );
}

draftTest(
  "a publisher that never answers a FETCH costs half a second when another has the track",
  async () => {
    await using world = new SessionWorld();
    const { far, near } = await publishers(world);
    const viewer = await world.connect();
    const request = await fetch(viewer, [1, 0], [1, 0]);
    await near.expectRequest("fetch");
    const second = answerFetch(far);
    await world.stillPending(second, "A second question");
    await world.advance(NEXT_MS);
    await second;
    await request.expect("fetchOk");
    assert.deepEqual((await readFetch(viewer)).end, "fin");
  },
);

draftTest(
  "a FETCH of a track that flows goes to who delivers it, not to a stranger with its namespace",
  async () => {
    await using world = new SessionWorld();
    const { far, near } = await publishers(world);
    await subscribe(await world.connect(), { filter: { type: "largest_object" } });
    await (await near.expectRequest("subscribe")).request.send(NOT_HERE);
    await accept(far);
    await openSubgroup(far, { group: 1n }, ...objects(1, 3));
    await world.settle();
    const { subscriber, ok } = await join(world, { filter: { type: "largest_object" } });
    assert.deepEqual(ok.parameters.largestObject, at(1, 3));
    await fetch(subscriber, [1, 0], [1, 3]);
    await far.expectRequest("fetch");
    await world.stillPending(near.acceptRequest(), "A question to the stranger");
  },
);

draftTest(
  "when nobody has it the first refusal is passed on, and what is no matter of who is asked at once",
  async () => {
    await using world = new SessionWorld();
    const { far, near } = await publishers(world);
    const viewer = await world.connect();
    const nowhere = await fetch(viewer, [1, 0], [1, 0]);
    await (await near.expectRequest("fetch")).request.send(NOT_HERE);
    await (await far.expectRequest("fetch")).request.send(TIMEOUT);
    await refused(nowhere, "DOES_NOT_EXIST");
    const wrong = await fetch(viewer, [1, 0], [1, 0]);
    await (await near.expectRequest("fetch")).request.send({ ...NOT_HERE, code: "invalid_range" });
    await refused(wrong, "INVALID_RANGE");
    await world.stillPending(far.acceptRequest(), "A further question");
  },
);
