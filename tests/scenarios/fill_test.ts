/** Past objects that come beside a subscription, as drafts 20 and later have it. */
import { draftOf, encodeFetchHeader, type FillParameters, type Filter } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  at,
  closedWith,
  join,
  nextFetch,
  nextSubgroup,
  objects,
  openSubgroup,
  publish,
  publishDone,
  rangeOf,
  readFetch,
  refused,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  VIDEO,
  watch,
} from "./script.ts";

const NEXT_OBJECT: Filter = { type: "largest_object" };
const CURRENT_GROUP: Filter = { type: "recent_groups", groups: 1n };

const PAIRS = [["moqt-20", "moqt-20"], ["moqt-18", "moqt-22"], ["moqt-22", "moqt-21"]] as const;

/** A scenario of a publisher and viewers of drafts that have fills, or only the viewers. */
function fillTest(
  name: string,
  body: (options: {
    readonly publisher: { readonly draft: NonNullable<ReturnType<typeof draftOf>> };
    readonly subscriber: { readonly draft: NonNullable<ReturnType<typeof draftOf>> };
  }) => Promise<void>,
): void {
  for (const [from, to] of PAIRS) {
    Deno.test(`${name} [${from} to ${to}]`, () =>
      body({ publisher: { draft: draftOf(from)! }, subscriber: { draft: draftOf(to)! } }));
  }
}

type Options = Parameters<Parameters<typeof fillTest>[1]>[0];

/** A world whose cache has groups 1 to 3 of three objects, the last one unfinished. */
async function cached(world: SessionWorld, { publisher, subscriber }: Options) {
  const parts = await watch(world, { publisher, subscriber });
  for (const group of [1n, 2n]) {
    await sendSubgroup(parts.publisher, { group, endOfGroup: true }, ...objects(3));
  }
  const current = await openSubgroup(parts.publisher, { group: 3n }, ...objects(3));
  await world.settle();
  return { ...parts, current };
}

/** A viewer that joins with a fill; its SUBSCRIBE is its first request. */
function fill(world: SessionWorld, { subscriber }: Options, parameters: FillParameters) {
  return join(world, { filter: NEXT_OBJECT, fill: parameters }, subscriber);
}

fillTest(
  "a late viewer has the current group from its start, and each object once",
  async (options) => {
    await using world = new SessionWorld();
    const { current } = await cached(world, options);
    const { subscriber, ok } = await fill(world, options, { filter: CURRENT_GROUP });
    assert.deepEqual(ok.parameters.largestObject, at(3, 2));
    const { requestId, items, end } = await readFetch(subscriber);
    assert.deepEqual(items, ["3/0 object 0", "3/1 object 1", "3/2 object 2"]);
    assert.deepEqual([requestId, end], [0n, "fin"]);
    await current.send(...objects(1, 3));
    const live = await SubgroupReader.next(subscriber);
    assert.equal((await live.next() as { id: number }).id, 3);
  },
);

fillTest(
  "a relay of moq-dev is told the largest object with a fill, without which it takes none",
  async (options) => {
    await using world = new SessionWorld();
    await cached(world, options);
    for (const wanted of [{ fill: { filter: CURRENT_GROUP } }, {}]) {
      const viewer = { ...options.subscriber, setup: { relayHops: 7n } };
      const { ok } = await join(world, { filter: NEXT_OBJECT, ...wanted }, viewer);
      // The others expect a length before it, and fail.
      const largest = "fill" in wanted ? at(3, 2) : undefined;
      assert.deepEqual(ok.parameters.largestObject, largest);
    }
  },
);

fillTest("a fill brings the groups that it asks for, in its own order", async (options) => {
  await using world = new SessionWorld();
  await cached(world, options);
  const filter: Filter = {
    type: "absolute_range",
    start: at(1, 1),
    endGroup: 2n,
    endObject: 0n,
  };
  const { subscriber } = await fill(world, options, { filter, groupOrder: "descending" });
  assert.deepEqual((await readFetch(subscriber, "descending")).items, [
    "2/0 object 0",
    "1/1 object 1",
    "1/2 object 2",
  ]);
});

fillTest(
  "a fill without a filter has that of its subscription, up to the largest object",
  async (options) => {
    await using world = new SessionWorld();
    await cached(world, options);
    const filter: Filter = { type: "absolute_start", start: at(2, 2) };
    const { subscriber } = await join(world, { filter, fill: {} }, options.subscriber);
    assert.deepEqual((await readFetch(subscriber)).items, [
      "2/2 object 2",
      "3/0 object 0",
      "3/1 object 1",
      "3/2 object 2",
    ]);
  },
);

fillTest(
  "no stream comes for a fill of nothing, nor while nothing is forwarded",
  async (options) => {
    await using world = new SessionWorld();
    await cached(world, options);
    const nothing = [
      { fill: { filter: NEXT_OBJECT } },
      { fill: { filter: { type: "next_group" } as const } },
      { fill: { filter: { type: "absolute_start", start: at(4, 0) } as const } },
      { fill: { filter: CURRENT_GROUP }, forward: false },
    ];
    for (const parameters of nothing) {
      const { subscriber } = await join(
        world,
        { filter: NEXT_OBJECT, ...parameters },
        options.subscriber,
      );
      await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
    }
  },
);

fillTest(
  "an update brings one more fill, under its own id, and the first goes on",
  async (options) => {
    await using world = new SessionWorld();
    await cached(world, options);
    const { subscriber, downstream } = await fill(world, options, { filter: CURRENT_GROUP });
    assert.equal((await nextFetch(subscriber)).requestId, 0n);
    const filter: Filter = { type: "absolute_range", start: at(1, 0), endGroup: 1n };
    await downstream.send({
      kind: "requestUpdate",
      requestId: 2n,
      parameters: { fill: { filter } },
    });
    const { parameters } = await downstream.expect("requestOk");
    assert.deepEqual(parameters, { largestObject: at(3, 2) });
    const { requestId, items } = await readFetch(subscriber);
    assert.equal(requestId, 2n);
    assert.deepEqual(items, ["1/0 object 0", "1/1 object 1", "1/2 object 2"]);
  },
);

fillTest("what a fill lacks is fetched from the publisher", async (options) => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world, {
    ...options,
    parameters: { filter: NEXT_OBJECT },
    answer: { largest: at(5, 1) },
  });
  const joining = fill(world, options, { filter: CURRENT_GROUP });
  const { request, message } = await publisher.expectRequest("fetch");
  assert.deepEqual(rangeOf(message), { track: VIDEO, start: at(5, 0), end: at(5, 1) });
  await request.send({
    kind: "fetchOk",
    endOfTrack: false,
    end: at(5, 1),
    parameters: {},
    properties: new Uint8Array(0),
  });
  const stream = await publisher.openStream(
    encodeFetchHeader(message.requestId, publisher.draft.data),
  );
  await stream.finish();
  const { subscriber } = await joining;
  assert.deepEqual((await readFetch(subscriber)).items, []);
});

fillTest(
  "what the publisher does not say in the time of a fill is timed out, not missing",
  async (options) => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world, {
      ...options,
      parameters: { filter: NEXT_OBJECT },
      answer: { largest: at(5, 1) },
    });
    const asked = publisher.acceptRequest();
    const { subscriber } = await fill(world, options, { filter: CURRENT_GROUP, fillTimeout: 0n });
    await world.stillPending(asked, "A FETCH");
    const { items, end } = await nextFetch(subscriber);
    assert.deepEqual(items.map(({ kind, group, object }) => [kind, group, object]), [
      ["timed_out", 5n, 1],
    ]);
    assert.equal(end, "fin");
  },
);

fillTest(
  "fills above the limit of a session bring no object, and say that nothing is known",
  async (options) => {
    await using world = new SessionWorld({ limits: { maxFetches: 0 } });
    await cached(world, options);
    const { subscriber } = await fill(world, options, { filter: CURRENT_GROUP });
    assert.deepEqual((await readFetch(subscriber)).items, ["unknown to 3/2"]);
    assert.equal(world.metrics.requests.fill.excessive_load, 1);
  },
);

fillTest("a viewer that leaves ends its fills with its subscription", async (options) => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world, {
    ...options,
    parameters: { filter: NEXT_OBJECT },
    answer: { largest: at(5, 1) },
  });
  const { downstream } = await fill(world, options, { filter: CURRENT_GROUP });
  const { request } = await publisher.expectRequest("fetch");
  downstream.cancel("cancelled");
  assert.equal(await request.ended(), "cancelled");
});

fillTest("the end of the track comes behind its fills, which it counts", async (options) => {
  await using world = new SessionWorld();
  const { upstream, current } = await cached(world, options);
  const { subscriber, downstream } = await fill(world, options, { filter: CURRENT_GROUP });
  await readFetch(subscriber);
  await current.send(...objects(1, 3));
  await current.finish();
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [3]);
  await publishDone(upstream, "track_ended", 3);
  const done = await downstream.expect("publishDone");
  assert.deepEqual([done.code, done.streamCount], ["track_ended", 2n]);
});

fillTest(
  "a fill has the filters by ranges of its subscription, but for those that it says itself",
  async (options) => {
    await using world = new SessionWorld();
    await cached(world, options);
    const wanted = { filter: NEXT_OBJECT, objectIdFilters: [Uint8Array.of(0, 1, 0)] };
    const of = async (fill: FillParameters) => {
      const { subscriber } = await join(world, { ...wanted, fill }, options.subscriber);
      return (await readFetch(subscriber)).items;
    };
    assert.deepEqual(await of({ filter: CURRENT_GROUP }), ["3/1 object 1"]);
    const own = { filter: CURRENT_GROUP, objectIdFilters: [Uint8Array.of(0, 2)] };
    assert.deepEqual(await of(own), ["3/2 object 2"]);
    const invalid = { priorityFilters: [Uint8Array.of(0)] };
    const peer = await world.connect(options.subscriber);
    await refused(await subscribe(peer, { fill: invalid }), "INVALID_FILTER");
  },
);

fillTest("whoever wants no properties of a track gets none", async (options) => {
  await using world = new SessionWorld();
  const publisher = await world.connect(options.publisher);
  const offer = await publish(publisher, { properties: Uint8Array.of(2, 100) });
  await offer.expect("requestOk");
  const { ok } = await join(world, { includeProperties: false }, options.subscriber);
  assert.equal(ok.properties.length, 0);
  assert.equal((await join(world, {}, options.subscriber)).ok.properties.length, 2);
});

fillTest(
  "a session may have several subscriptions to a track, with aliases of their own",
  async (options) => {
    await using world = new SessionWorld();
    const { publisher, subscriber, ok } = await watch(world, options);
    const second = await subscribe(subscriber, { filter: { type: "next_group" } });
    const other = await second.expect("subscribeOk");
    assert.notEqual(other.alias, ok.alias);
    await sendSubgroup(publisher, { group: 4n }, ...objects(1));
    const [one, two] = [
      await SubgroupReader.next(subscriber),
      await SubgroupReader.next(subscriber),
    ];
    const aliases = new Set([one!.header.alias, two!.header.alias]);
    assert.deepEqual(aliases, new Set([ok.alias, other.alias]));
  },
);

for (const protocol of ["moqt-20", "moqt-22"]) {
  const draft = draftOf(protocol)!;

  Deno.test(`${protocol}: a filter that ends within a group stops at its last object`, async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    const filter: Filter = {
      type: "absolute_range",
      start: at(1, 1),
      endGroup: 1n,
      endObject: 2n,
    };
    const { subscriber } = await join(world, { filter }, { draft });
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await SubgroupReader.next(subscriber);
    const came = [await reader.next()];
    await group.send(...objects(3, 2));
    came.push(await reader.next());
    assert.deepEqual(came.map((object) => (object as { id: number }).id), [1, 2]);
    await group.finish();
    assert.equal(await reader.next(), "cancelled");
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream");
  });

  Deno.test(`${protocol}: a filter of what is over is no mistake`, async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    const filter: Filter = { type: "absolute_range", start: at(1, 0), endGroup: 4n };
    const { downstream } = await join(world, { filter }, { draft });
    await sendSubgroup(publisher, { group: 6n }, ...objects(1));
    await world.stillPending(downstream.expect("publishDone").catch(() => {}), "The end");
  });

  Deno.test(`${protocol}: PUBLISH is agreed to without a word, and paused by an update`, async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect({ draft });
    const offer = await publish(publisher);
    assert.deepEqual((await offer.expect("requestOk")).parameters, {});
    const paused = await offer.expect("requestUpdate");
    assert.deepEqual(paused.parameters, { forward: false });
    await offer.send({
      kind: "requestOk",
      parameters: {},
      properties: new Uint8Array(0),
    });
    await join(world);
    assert.deepEqual((await offer.expect("requestUpdate")).parameters, { forward: true });
  });

  Deno.test(`${protocol}: who asks for tracks gets them as it said, and PUBLISH repeats that`, async () => {
    await using world = new SessionWorld();
    const peer = await world.connect({ draft });
    const parameters = {
      subscriberPriority: 7,
      groupOrder: "descending",
      filter: { type: "next_group" },
      forward: false,
    } as const;
    const tracks = await peer.request({ kind: "subscribeTracks", prefix: [], parameters });
    await tracks.expect("requestOk");
    await (await publish(await world.connect())).expect("requestOk");
    const { message } = await peer.expectRequest("publish");
    assert.deepEqual(message.parameters, parameters);
  });

  Deno.test(`${protocol}: what a publisher notifies of is taken, and from a subscriber it is a violation`, async () => {
    await using world = new SessionWorld();
    const { upstream } = await watch(world, { publisher: { draft } });
    await upstream.send({
      kind: "publishStateNotify",
      parameters: { largestObject: at(9, 9), forward: false },
    });
    await world.settle();
    assert.deepEqual((await join(world)).ok.parameters.largestObject, at(9, 9));
    const { subscriber, downstream } = await join(world, {}, { draft });
    await downstream.send({ kind: "publishStateNotify", parameters: {} });
    await closedWith(subscriber, "protocol_violation");
  });

  Deno.test(`${protocol}: no more updates wait for a publisher's answers than it allows`, async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect({ draft, setup: { maxRequestUpdates: 1n } });
    const offer = await publish(publisher);
    await offer.expect("requestOk");
    await offer.expect("requestUpdate");
    const { downstream } = await join(world);
    downstream.cancel("cancelled");
    await world.advance(60_000);
    await world.stillPending(offer.next().catch(() => {}), "An update");
  });

  Deno.test(`${protocol}: a fetch of the current group is resolved by the largest object`, async () => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 5n }, ...objects(2));
    await world.settle();
    const peer = await world.connect({ draft });
    const range = { type: "filtered", track: VIDEO } as const;
    for (const filter of [CURRENT_GROUP, { type: "none" } as const, undefined]) {
      const request = await peer.request({
        kind: "fetch",
        range,
        parameters: { ...(filter && { filter }), fillTimeout: 0n },
      });
      assert.deepEqual((await request.expect("fetchOk")).end, at(5, 1));
      const { items } = await readFetch(peer);
      assert.deepEqual(items.slice(-2), ["5/0 object 0", "5/1 object 1"]);
    }
    const next = { type: "next_group" } as const;
    const late = await peer.request({ kind: "fetch", range, parameters: { filter: next } });
    await refused(late, "INVALID_RANGE");
  });
}
