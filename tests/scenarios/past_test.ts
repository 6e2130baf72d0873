import { encodeFetchHeader } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  at,
  datagram,
  fetch,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  publish,
  rangeOf,
  readFetch,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

const LARGEST = { filter: { type: "largest_object" } } as const;

const NOT_HERE = {
  kind: "requestError",
  code: "does_not_exist",
  retryAfter: 0n,
  reason: "",
} as const;

/** How long a publisher may take that was asked for what it has already. */
const PAST_MS = 250;

draftTest(
  "a publisher is asked for no less than the subscriber wants: nothing is filtered",
  async () => {
    for (
      const parameters of [{}, { filter: { type: "absolute_start", start: at(3, 1) } } as const]
    ) {
      await using world = new SessionWorld();
      const { message } = await watch(world, { parameters });
      assert.deepEqual(message.parameters, { forward: true });
    }
  },
);

draftTest("every viewer gets the one object of a track that was sent before it came", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { answer: { largest: at(0, 0) } });
  await sendSubgroup(publisher, {}, ...objects(1));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0]);
  for (let viewer = 0; viewer < 3; viewer++) {
    const { subscriber } = await join(world);
    assert.deepEqual(await nextSubgroup(subscriber), {
      group: 0n,
      subgroup: 0n,
      ids: [0],
      end: "fin",
    });
  }
  await world.stillPending(publisher.acceptRequest(), "A FETCH");
});

draftTest(
  "a viewer that joins is sent what is cached and then what is live, in one piece",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const group = await openSubgroup(publisher, { group: 2n }, ...objects(3));
    await world.settle();
    const { subscriber } = await join(world);
    await group.send(...objects(2, 3));
    await group.finish();
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1, 2, 3, 4]);
    await world.stillPending(
      subscriber.nextStream().catch(() => {}),
      "A second stream of the group",
    );
  },
);

draftTest(
  "a publisher that sends only what is new is asked for the rest of the group by FETCH",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world, { answer: { largest: at(4, 1) } });
    const asked = publisher.expectRequest("fetch");
    await world.stillPending(asked, "A FETCH before the publisher had its moment");
    await world.advance(PAST_MS);
    const { start, end } = rangeOf((await asked).message);
    assert.deepEqual([start, end], [at(4, 0), at(4, 1)]);
  },
);

Deno.test("a publisher that tells of other priorities in a FETCH than on its streams loses no viewer", async () => {
  await using world = new SessionWorld({ settings: { lateJoin: "group_start" } });
  const { publisher, subscriber, downstream } = await watch(world, {
    answer: { largest: at(4, 1) },
    parameters: LARGEST,
  });
  await world.advance(PAST_MS);
  const { request, message } = await publisher.expectRequest("fetch");
  await request.send({
    kind: "fetchOk",
    endOfTrack: false,
    end: at(4, 1),
    parameters: {},
    properties: new Uint8Array(0),
  });
  const stream = await publisher.openStream(
    encodeFetchHeader(message.requestId, publisher.draft.data),
  );
  // Everything of the first object is said; its priority is 0.
  await stream.write(new Uint8Array([0x1f, 4, 0, 0, 0, 1, 0x61, 0x00, 1, 0x62]));
  await stream.finish();
  await world.settle();
  await sendSubgroup(publisher, { group: 4n, priority: 128 }, ...objects(1, 2));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1, 2]);
  await world.stillPending(downstream.next(), "PUBLISH_DONE");
  assert.equal(world.metrics.malformed.track, 0);
});

draftTest(
  "what an earlier subscription left out of the group is fetched for who wants all of it",
  async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world, {
      answer: { largest: at(4, 1) },
      parameters: LARGEST,
    });
    await openSubgroup(publisher, { group: 4n }, { id: 2, payload: "x" });
    await world.settle();
    await join(world);
    const { start, end } = rangeOf((await publisher.expectRequest("fetch")).message);
    assert.deepEqual([start, end], [at(4, 0), at(4, 1)]);
  },
);

draftTest(
  "a viewer that asks for more subgroups of the past than may be open gets them all, in order",
  async () => {
    await using world = new SessionWorld({ delivery: { maxOpenSubgroups: 3 } });
    const { publisher } = await watch(world, { parameters: LARGEST });
    for (let id = 0; id < 12; id++) {
      await sendSubgroup(publisher, { group: 1n, subgroup: BigInt(id) }, { id, payload: "x" });
    }
    await world.settle();
    const { subscriber } = await join(world);
    await sendSubgroup(publisher, { group: 1n, subgroup: 12n }, { id: 12, payload: "x" });
    const came: number[] = [];
    for (let stream = 0; stream < 13; stream++) came.push(...(await nextSubgroup(subscriber)).ids);
    assert.deepEqual(came, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  },
);

draftTest("what came as datagrams is sent again to who joins", async () => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world, { parameters: LARGEST });
  publisher.sendDatagram(datagram(publisher, { group: 1n, object: 0, text: "first" }));
  publisher.sendDatagram(datagram(publisher, { group: 1n, object: 1, text: "second" }));
  await world.settle();
  const sent = world.metrics.sent.datagrams;
  await join(world);
  await join(world, LARGEST);
  assert.equal(world.metrics.sent.datagrams, sent + 2);
});

draftTest(
  "a subscriber of tracks gets the group that is under way of one that was published before",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect();
    const offered = await publish(publisher);
    await offered.expect("requestOk");
    await subscribe(await world.connect());
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    await world.settle();
    const watcher = await world.connect();
    const prefix = await watcher.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    await prefix.expect("requestOk");
    await watcher.expectRequest("publish");
    assert.deepEqual((await nextSubgroup(watcher)).ids, [0, 1]);
  },
);

for (const who of ["older", "newer"] as const) {
  Deno.test(`a stranger, ${who} than who brings a group, is not asked for its beginning, and what it answers is for who asked alone`, async () => {
    await using world = new SessionWorld();
    const older = await world.connect();
    const newer = await world.connect();
    const [stranger, publisher] = who === "older" ? [older, newer] : [newer, older];
    await stranger.request({ kind: "publishNamespace", namespace: [], parameters: {} });
    await announce(publisher, "live");
    await subscribe(await world.connect(), LARGEST);
    await accept(stranger, { alias: 70n });
    await accept(publisher);
    await openSubgroup(publisher, { group: 4n }, ...objects(2, 2));
    await world.settle();

    // The beginning is asked for, when who brings the group does not have it.
    const { subscriber } = await join(world);
    await world.advance(PAST_MS);
    const asked = stranger.acceptRequest();
    await (await publisher.expectRequest("fetch")).request.send(NOT_HERE);
    await world.stillPending(asked, "A question to the stranger");

    // Who asks by FETCH is given what there is, and nobody else is.
    await fetch(subscriber, [4, 0], [4, 3]);
    await (await publisher.expectRequest("fetch")).request.send(NOT_HERE);
    const request = await asked;
    const message = await request.next();
    assert.ok(message.kind === "fetch");
    await request.send({
      kind: "fetchOk",
      endOfTrack: false,
      end: at(4, 1),
      parameters: {},
      properties: new Uint8Array(0),
    });
    const stream = await stranger.openStream(
      encodeFetchHeader(message.requestId, stranger.draft.data),
    );
    await stream.write(new Uint8Array([0x1f, 4, 0, 0, 128, 1, 0x61, 0x00, 1, 0x62]));
    await stream.finish();
    assert.equal((await SubgroupReader.next(subscriber)).header.group, 4n);
    const { items } = await readFetch(subscriber);
    assert.deepEqual(items.slice(0, 2), ["4/0 a", "4/1 b"]);
    const late = await join(world);
    const reader = await SubgroupReader.next(late.subscriber);
    const first = await reader.next();
    assert.deepEqual(typeof first === "object" && first.id, 2);
    const [track] = [...world.registry.scopes()].flatMap(({ tracks }) => [...tracks]);
    assert.deepEqual(track!.track.group(4n)!.ids(), [2, 3]);
  });
}
