/** Subscriptions and fetches that filter by ranges, as drafts 19 and later have it. */
import { draftOf, NO_PROPERTIES, type Parameters, type RangeFilterName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { CUT_THROUGH_BYTES, MAX_FILTERS_OF_A_TRACK } from "../../relay/track/limits.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  at,
  datagram,
  fetch,
  join,
  nextDatagram,
  nextSubgroup,
  objects,
  openSubgroup,
  properties,
  publish,
  readFetch,
  refused,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

type Filters = Parameters<RangeFilterName>;

const PAIRS = [["moqt-20", "moqt-19"], ["moqt-18", "moqt-22"], ["moqt-17", "moqt-20"]] as const;

/** A scenario with viewers of drafts that have such filters. */
function filterTest(
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

const only = (...ranges: readonly number[]) => [Uint8Array.of(0, ...ranges)];

/** Even ids of the first five objects. */
const EVEN: Filters = { objectIdFilters: only(0, 0, 2, 0, 2, 0) };

filterTest("a viewer has the objects that pass, by their ids, as they come", async (options) => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { ...options, parameters: EVEN });
  const group = await openSubgroup(publisher, { group: 1n, firstObject: true, endOfGroup: true });
  const reader = SubgroupReader.next(subscriber);
  for (const object of objects(6)) await group.send(object);
  const { header } = await reader;
  // The last object of the group did not pass, and the stream says so by saying nothing.
  assert.deepEqual([header.firstObject, header.endOfGroup], [true, false]);
  await group.finish();
  const { objects: came, end } = await (await reader).objects();
  assert.deepEqual([came.map(({ id }) => id), end], [[0, 2, 4], "fin"]);
  assert.deepEqual(came, objects(6).filter(({ id }) => [0, 2, 4].includes(id)));
});

filterTest(
  "a stream that begins behind the first object of its subgroup says so",
  async (options) => {
    await using world = new SessionWorld();
    const parameters = { objectIdFilters: only(1) };
    const { publisher, subscriber } = await watch(world, { ...options, parameters });
    await sendSubgroup(publisher, { group: 1n, firstObject: true }, ...objects(3));
    const { header, ...reader } = await SubgroupReader.next(subscriber).then(async (found) => ({
      header: found.header,
      came: await found.objects(),
    }));
    assert.equal(header.firstObject, false);
    assert.deepEqual(reader.came.objects.map(({ id }) => id), [1, 2]);
  },
);

filterTest("whole subgroups are left out by their ids and priorities", async (options) => {
  await using world = new SessionWorld();
  const parameters = { subgroupFilters: only(0, 1), priorityFilters: only(0, 50) };
  const { publisher, subscriber } = await watch(world, { ...options, parameters });
  const send = (subgroup: bigint, priority: number, from: number) =>
    sendSubgroup(publisher, { group: 1n, subgroup, priority }, ...objects(1, from));
  await send(0n, 10, 0);
  await send(1n, 60, 1);
  await send(2n, 10, 2);
  await send(1n + 2n, 10, 3);
  await sendSubgroup(publisher, { group: 2n, subgroup: 1n, priority: 50 }, ...objects(2));
  const seen = [await nextSubgroup(subscriber), await nextSubgroup(subscriber)];
  assert.deepEqual(seen.map(({ group, subgroup }) => [group, subgroup]), [[1n, 0n], [2n, 1n]]);
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream that was filtered");
});

filterTest(
  "objects are told apart by a property, which those without do not have",
  async (options) => {
    await using world = new SessionWorld();
    const parameters = { objectPropertyFilters: [Uint8Array.of(0, 0x0c, 5, 2)] };
    const { publisher, subscriber } = await watch(world, { ...options, parameters });
    const values = [4, 5, undefined, 7, 8, 6];
    const list = values.map((value, id) => ({
      id,
      payload: `object ${id}`,
      properties: value === undefined ? NO_PROPERTIES : properties([0x0c, value]),
    }));
    await sendSubgroup(publisher, { group: 1n, hasProperties: true }, ...list);
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [1, 3, 5]);
  },
);

filterTest("datagrams are filtered too, and have no subgroup", async (options) => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { ...options, parameters: EVEN });
  const other = await join(world, { subgroupFilters: only(0) }, options.subscriber);
  for (const object of [0, 1, 2]) {
    publisher.sendDatagram(datagram(publisher, { group: 1n, object, text: "x" }));
  }
  assert.equal((await nextDatagram(subscriber)).object, 0);
  assert.equal((await nextDatagram(subscriber)).object, 2);
  await world.stillPending(nextDatagram(other.subscriber).catch(() => {}), "A datagram");
});

filterTest("a FETCH brings what passes", async (options) => {
  await using world = new SessionWorld();
  const { publisher } = await watch(world, options);
  await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(6));
  await world.settle();
  const viewer = await world.connect({ draft: draftOf("moqt-19")! });
  await fetch(viewer, [1, 0], [1, 5], EVEN);
  const { items, end } = await readFetch(viewer);
  assert.deepEqual([items, end], [["1/0 object 0", "1/2 object 2", "1/4 object 4"], "fin"]);
});

filterTest(
  "viewers with the same filter share what passes, and the group frees it",
  async (options) => {
    await using world = new SessionWorld({ cache: { maxGroupsPerTrack: 1 } });
    const { publisher, subscriber } = await watch(world, { ...options, parameters: EVEN });
    const send = (group: bigint) =>
      sendSubgroup(publisher, { group, endOfGroup: true }, ...objects(3));
    await send(1n);
    await nextSubgroup(subscriber);
    const { bytes } = world.registry.cache;
    const late = await join(world, EVEN, options.subscriber);
    await send(2n);
    for (const viewer of [subscriber, late.subscriber]) {
      assert.deepEqual((await nextSubgroup(viewer)).ids, [0, 2]);
    }
    await world.settle();
    assert.equal(world.registry.cache.bytes, bytes);
  },
);

filterTest(
  "a late viewer has what passes of a group whose large object still arrives",
  async (options) => {
    await using world = new SessionWorld();
    const { publisher } = await watch(world, options);
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(4));
    const large = { id: 4, payload: "x".repeat(3 * CUT_THROUGH_BYTES) };
    const bytes = group.encode(large);
    await group.write(bytes.subarray(0, 2 * CUT_THROUGH_BYTES));
    await world.settle();
    const wanted = { filter: { type: "absolute_start", start: at(1, 1) } as const, ...EVEN };
    const { subscriber } = await join(world, wanted, options.subscriber);
    const reader = await SubgroupReader.next(subscriber);
    assert.equal((await reader.next() as { id: number }).id, 2);
    await group.write(bytes.subarray(2 * CUT_THROUGH_BYTES));
    await group.finish();
    const { objects: rest, end } = await reader.objects();
    assert.deepEqual([rest.map(({ id, payload }) => [id, payload.length]), end], [
      [[4, large.payload.length]],
      "fin",
    ]);
  },
);

filterTest("what is left out of a broken stream does not make it whole", async (options) => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { ...options, parameters: EVEN });
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
  const reader = await SubgroupReader.next(subscriber);
  assert.equal((await reader.next() as { id: number }).id, 0);
  await world.settle();
  group.reset("cancelled");
  const { objects: rest, end } = await reader.objects();
  assert.deepEqual(rest, []);
  assert.notEqual(end, "fin");
});

filterTest("an update changes what passes, with the next object", async (options) => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world, {
    ...options,
    parameters: EVEN,
  });
  const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
  const first = await SubgroupReader.next(subscriber);
  assert.equal((await first.next() as { id: number }).id, 0);
  await downstream.send({
    kind: "requestUpdate",
    requestId: 2n,
    parameters: { objectIdFilters: only(3, 0) },
  });
  await downstream.expect("requestOk");
  await group.send(...objects(3, 2));
  const second = await SubgroupReader.next(subscriber);
  assert.equal((await second.next() as { id: number }).id, 3);
  await downstream.send({
    kind: "requestUpdate",
    requestId: 4n,
    parameters: { objectIdFilters: [new Uint8Array(0)] },
  });
  await downstream.expect("requestOk");
  await group.send(...objects(1, 5));
  const third = await SubgroupReader.next(subscriber);
  assert.equal((await third.next() as { id: number }).id, 5);
});

filterTest(
  "an update with an invalid filter ends the subscription, and says why",
  async (options) => {
    await using world = new SessionWorld();
    const { downstream } = await watch(world, { ...options, parameters: EVEN });
    const parameters = { priorityFilters: only() };
    await downstream.send({ kind: "requestUpdate", requestId: 2n, parameters });
    assert.equal((await downstream.expect("requestError")).code, "invalid_filter");
    assert.equal((await downstream.expect("publishDone")).code, "update_failed");
  },
);

filterTest("invalid filters are refused, and empty ones are none", async (options) => {
  await using world = new SessionWorld();
  await watch(world, options);
  const peer = await world.connect(options.subscriber);
  const invalid = { objectPropertyFilters: [Uint8Array.of(0, 0x0b, 1)] };
  await refused(await subscribe(peer, invalid), "INVALID_FILTER");
  await refused(await fetch(peer, [0, 0], [1, 0], { priorityFilters: only() }), "INVALID_FILTER");
  const empty = await subscribe(peer, { subgroupFilters: [new Uint8Array(0)] });
  await empty.expect("subscribeOk");
});

filterTest(
  "too many different filters of one track are refused, and the same ones are not",
  async (options) => {
    await using world = new SessionWorld();
    await watch(world, { ...options, parameters: EVEN });
    const leave: (() => void)[] = [];
    for (let from = 1; from < MAX_FILTERS_OF_A_TRACK; from++) {
      const { downstream } = await join(world, { objectIdFilters: only(from) }, options.subscriber);
      leave.push(() => downstream.cancel("cancelled"));
    }
    const peer = await world.connect(options.subscriber);
    await refused(await subscribe(peer, { objectIdFilters: only(60) }), "EXCESSIVE_LOAD");
    await join(world, EVEN, options.subscriber);
    await join(world, { subgroupFilters: only(3) }, options.subscriber);
    leave[0]!();
    await world.settle();
    await join(world, { objectIdFilters: only(60) }, options.subscriber);
  },
);

filterTest(
  "only tracks whose properties pass are offered, and of them what passes",
  async (options) => {
    await using world = new SessionWorld();
    const publisher = await world.connect(options.publisher);
    for (const [name, value, alias] of [["low", 1, 7n], ["high", 9, 8n]] as const) {
      const offer = await publish(publisher, {
        track: trackOf("live/cam", name),
        alias,
        properties: properties([0x0c, value]),
      });
      await offer.expect("requestOk");
    }
    const viewer = await world.connect(options.subscriber);
    const trackPropertyFilters = [Uint8Array.of(0, 0x0c, 5)];
    const prefix = namespaceOf("live");
    const parameters = { trackPropertyFilters, ...EVEN };
    const request = await viewer.request({ kind: "subscribeTracks", prefix, parameters });
    await request.expect("requestOk");
    const { message } = await viewer.expectRequest("publish");
    assert.deepEqual(new TextDecoder().decode(message.track.name), "high");
    await world.stillPending(viewer.acceptRequest().catch(() => {}), "Another track");
  },
);

Deno.test("drafts with filters by ranges are told how many there may be, and others nothing", async () => {
  await using world = new SessionWorld();
  for (const [protocol, ranges] of [["moqt-18", undefined], ["moqt-19", 64n]] as const) {
    const peer = await world.connect({ draft: draftOf(protocol)! });
    assert.equal((await peer.theirSetup()).maxFilterRanges, ranges);
  }
});
