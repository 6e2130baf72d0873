/** What MoQT's publishers send to subscribers of moq-lite, and the other way round. */
import {
  decodeLiteDatagram,
  decodeTrackProperties,
  encodeFetchHeader,
  liteVersions,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { protocols } from "../../relay/session/negotiate.ts";
import type { ScriptedLite } from "../support/peers/scripted_lite.ts";
import { LiteWorld, NAME } from "./lite_script.ts";
import {
  accept,
  announce,
  at,
  datagram,
  fetch,
  nextDatagram,
  nextSubgroup,
  openSubgroup,
  properties,
  read,
  readFetch,
  sendSubgroup,
  SubgroupReader,
  subscribe,
} from "./script.ts";
import { referenceData } from "../support/reference_draft.ts";

const TIMESTAMP = 0x10;
const TIMESCALE = 0x08;
const PRIOR_OBJECT_ID_GAP = 0x3e;

/** How long a publisher may take that was asked for what it has already. */
const PAST_MS = 250;

const text = new TextEncoder();

/** Objects whose payloads are their ids. */
function objects(...ids: number[]) {
  return ids.map((id) => ({ id, payload: String(id) }));
}

async function nextGroup(world: LiteWorld, viewer: ScriptedLite) {
  const { group, end, frames } = await world.nextGroup(viewer);
  return { group, end, payloads: frames.map(({ payload }) => new TextDecoder().decode(payload)) };
}

for (const version of liteVersions) {
  const { protocol } = version;
  if (!protocols.includes(protocol)) continue;

  /** A publisher of moqt-18, and a viewer of this version. */
  const setUp = async (world: LiteWorld, track?: Uint8Array) => {
    const publisher = await world.world.connect();
    await announce(publisher, "live");
    const viewer = await world.peer();
    const watch = await viewer.subscribe(9n, NAME);
    await accept(publisher, track === undefined ? {} : { properties: track });
    await world.settle();
    return { publisher, viewer, watch };
  };

  const test = (name: string, run: (world: LiteWorld) => Promise<void>) =>
    Deno.test(`${protocol}: ${name}`, async () => {
      await using world = new LiteWorld(version);
      await run(world);
    });

  test("the objects of a group of one subgroup are its frames", async (world) => {
    const { publisher, viewer } = await setUp(world);
    await sendSubgroup(publisher, { group: 3n, endOfGroup: true }, ...objects(0, 1, 2));
    const group = { group: 3n, end: "fin", payloads: ["0", "1", "2"] };
    assert.deepEqual(await nextGroup(world, viewer), group);
  });

  test("groups whose numbers are beyond the version's cost their viewers no more than them", async (world) => {
    const { publisher, viewer } = await setUp(world);
    for (const group of [2n ** 62n - 1n, 2n ** 62n]) {
      await sendSubgroup(publisher, { group, endOfGroup: true }, ...objects(0));
      // The track has begun with it.
      await viewer.subscribe(group % 2n, NAME);
      await world.settle();
    }
    const nothing = await viewer.subscribe(3n, ["live", "nothing"]);
    await (await publisher.acceptRequest()).sendError("does_not_exist");
    assert.equal(typeof await nothing.next(version.messages.subscribeReply), "number");
  });

  test("the subgroups of a group are one stream, in the order of their objects", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const base = await openSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(0));
    const layer = await openSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1));
    await world.settle();
    await base.send(...objects(2, 4));
    await world.settle();
    await layer.send(...objects(3));
    await world.settle();
    await layer.finish();
    await base.finish();
    const group = { group: 1n, end: "fin", payloads: ["0", "1", "2", "3", "4"] };
    assert.deepEqual(await nextGroup(world, viewer), group);
  });

  test("gaps between objects are closed", async (world) => {
    const { publisher, viewer } = await setUp(world);
    await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(0, 4, 9));
    assert.deepEqual((await nextGroup(world, viewer)).payloads, ["0", "4", "9"]);
    const { gaps, object_properties: lost } = world.world.metrics.inexpressible;
    assert.deepEqual([gaps, lost], [1, 0]);
  });

  test("properties of objects are left out, and counted once for a group", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const said = properties([TIMESTAMP, 1], [0x22, 7]);
    const group = { hasProperties: true, endOfGroup: true };
    const both = objects(0, 1).map((object) => ({ ...object, properties: said }));
    await sendSubgroup(publisher, { group: 1n, ...group }, ...both);
    assert.deepEqual((await nextGroup(world, viewer)).payloads, ["0", "1"]);
    const { gaps, object_properties: lost } = world.world.metrics.inexpressible;
    assert.deepEqual([gaps, lost], [0, 1]);
  });

  test("an object that comes too late for the order is left out, counted, and said once", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const base = await openSubgroup(publisher, { group: 1n }, ...objects(0));
    const layer = await openSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1));
    await world.settle();
    const many = Array.from({ length: 20 }, (_, index) => 3 + index);
    await base.send(...objects(...many));
    await world.settle();
    await layer.send(...objects(2));
    await world.settle();
    await base.finish();
    await layer.finish();
    await sendSubgroup(publisher, { group: 2n, endOfGroup: true }, ...objects(0));
    const group = await world.nextGroup(viewer);
    assert.equal(group.frames.length, 22);
    assert.equal(world.world.metrics.skips.out_of_order, 1);
    const lines = world.world.lines.filter(({ fields }) => fields["reason"] === "out_of_order");
    assert.equal(lines.length, 1);
  });

  test("a group whose start is missing is left out, and the next one is sent", async (world) => {
    const { publisher, viewer } = await setUp(world);
    await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(5, 6));
    await sendSubgroup(publisher, { group: 2n, endOfGroup: true }, ...objects(0));
    assert.deepEqual((await nextGroup(world, viewer)).group, 2n);
    assert.equal(world.world.metrics.skips.inexpressible, 1);
  });

  test("a group that its publisher broke off is cut", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const stream = await openSubgroup(publisher, { group: 1n }, ...objects(0, 1));
    await world.settle();
    stream.reset("internal_error");
    await sendSubgroup(publisher, { group: 2n, endOfGroup: true }, ...objects(0));
    const groups = [await nextGroup(world, viewer), await nextGroup(world, viewer)];
    const broken = groups.find(({ group }) => group === 1n)!;
    assert.notEqual(broken.end, "fin");
    assert.deepEqual(broken.payloads, ["0", "1"]);
  });

  test("who comes late begins with the group that several subgroups have filled", async (world) => {
    const { publisher } = await setUp(world);
    const base = await openSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(0));
    await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1));
    await world.settle();
    await base.send(...objects(2));
    const late = await world.peer();
    await late.subscribe(0n, NAME);
    await world.settle();
    await base.send(...objects(3));
    await base.finish();
    assert.deepEqual((await nextGroup(world, late)).payloads, ["0", "1", "2", "3"]);
  });

  test("a datagram that is a group of one frame is one, and others are counted as what cannot be said", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const one = { group: 1n, object: 0, endOfGroup: true };
    const dated = { ...one, properties: properties([TIMESTAMP, 1_000]) };
    publisher.sendDatagram(datagram(publisher, { ...dated, text: "alone" }));
    publisher.sendDatagram(datagram(publisher, { ...dated, group: 2n, object: 1, text: "part" }));
    await world.settle();
    const { datagramsDropped, sent } = world.world.metrics;
    const isSaid = version.hasDatagrams;
    assert.deepEqual([sent.datagrams, datagramsDropped.inexpressible], isSaid ? [1, 1] : [0, 2]);
    if (!isSaid) return;
    const bytes = await viewer.connection.receiveDatagram();
    assert.deepEqual(decodeLiteDatagram(bytes!), {
      subscription: 9n,
      group: 1n,
      timestamp: 1_000n,
      payload: text.encode("alone"),
    });
  });

  if (version.hasDatagrams) {
    test("a group in a datagram reaches subscribers of both dialects as a datagram", async (world) => {
      const publisher = await world.publisher();
      const subscriber = await world.world.connect();
      await subscribe(subscriber);
      const viewer = await world.peer();
      const feed = await world.feedOf(publisher);
      await viewer.subscribe(70n, NAME);
      await world.settle();
      publisher.connection.sendDatagram(Uint8Array.of(Number(feed.id), 5, 0x43, 0xe8, 0x61));
      await world.settle();
      const { group, object, endOfGroup, payload, properties: block } = await nextDatagram(
        subscriber,
      );
      assert.deepEqual([group, object, endOfGroup], [5n, 0, true]);
      assert.deepEqual(block, properties([TIMESTAMP, 1_000]));
      assert.equal(new TextDecoder().decode(payload), "a");
      const bytes = await viewer.connection.receiveDatagram();
      assert.equal(bytes!.toHex(), "40460543e861");
    });
  }

  test("a group of several subgroups is fetched as it is sent, without its gaps", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const base = { group: 1n, hasProperties: true, endOfGroup: true };
    const [first, last] = objects(0, 5);
    const gap = properties([PRIOR_OBJECT_ID_GAP, 3]);
    await sendSubgroup(publisher, base, first!, { ...last!, properties: gap });
    await sendSubgroup(publisher, { group: 1n, subgroup: 1n }, ...objects(1));
    await world.settle();
    assert.deepEqual(await world.fetch(viewer, 1n), {
      payloads: [...text.encode("015")].map((byte) => [byte]),
      end: "fin",
    });
  });

  test("a late viewer of a publisher that sends only what is new has the newest group from its start", async (world) => {
    const publisher = await world.world.connect();
    await announce(publisher, "live");
    const viewer = await world.peer();
    const floor = version.number >= 6 ? { start: { kind: "floor", group: 0n } as const } : {};
    await viewer.subscribe(9n, NAME, floor);
    await accept(publisher, { largest: at(3, 0) });
    await world.advance(PAST_MS);
    const { request, message } = await publisher.expectRequest("fetch");
    await request.send({
      kind: "fetchOk",
      endOfTrack: false,
      end: at(3, 0),
      parameters: {},
      properties: new Uint8Array(0),
    });
    const stream = await publisher.openStream(
      encodeFetchHeader(message.requestId, publisher.draft.data),
    );
    // Everything of the object is said; its priority is 0.
    await stream.write(new Uint8Array([0x1f, 3, 0, 0, 0, 1, 0x61]));
    await stream.finish();
    await world.settle();
    publisher.close();
    assert.deepEqual((await nextGroup(world, viewer)).payloads, ["a"]);
  });

  test("a group of which objects are missing is not fetched", async (world) => {
    const { publisher, viewer } = await setUp(world);
    await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(0, 5));
    await world.settle();
    const fetching = world.fetch(viewer, 1n);
    await world.advance(10_000);
    assert.notEqual((await fetching).end, "fin");
  });

  test("timestamps and their units come along", async (world) => {
    const { publisher, viewer } = await setUp(world, properties([TIMESCALE, 90_000]));
    const timed = objects(0, 1).map((object) => ({
      ...object,
      properties: properties([TIMESTAMP, 7_000 + object.id]),
    }));
    await sendSubgroup(publisher, { group: 1n, hasProperties: true, endOfGroup: true }, ...timed);
    const { frames } = await world.nextGroup(viewer);
    if (!version.frames.hasTimestamps) return;
    assert.deepEqual(frames.map(({ timestamp }) => timestamp), [7_000n, 7_001n]);
    const { messages, requests } = version;
    const [broadcast, track] = NAME;
    const asked = await viewer.open(requests.track!, messages.track!.encode({ broadcast, track }));
    const info = await asked.next(messages.trackInfo!);
    assert.ok(typeof info === "object");
    assert.equal(info.timescale, 90_000n);
  });

  test("subscribers of moqt-18 see a group as a subgroup, with its timestamps as properties", async (world) => {
    const publisher = await world.publisher();
    const subscriber = await world.world.connect();
    await subscribe(subscriber);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 4n }, [
      text.encode("a"),
      text.encode("b"),
    ]);
    const reader = await SubgroupReader.next(subscriber);
    const { group, subgroup, endOfGroup, hasProperties } = reader.header;
    assert.deepEqual([group, subgroup, endOfGroup], [4n, 0n, true]);
    assert.equal(hasProperties, version.frames.hasTimestamps);
    const { objects, end } = await reader.objects();
    assert.deepEqual(objects.map(({ id, payload }) => `${id} ${payload}`), ["0 a", "1 b"]);
    assert.equal(end, "fin");
    if (!version.frames.hasTimestamps) return;
    assert.deepEqual(objects.map((object) => object.properties), [
      properties([TIMESTAMP, 1_000]),
      properties([TIMESTAMP, 1_001]),
    ]);
  });

  test("subscribers of moqt-18 are told what the publisher says of its track", async (world) => {
    const publisher = await world.publisher();
    const subscriber = await world.world.connect();
    const request = await subscribe(subscriber);
    await world.feedOf(publisher);
    const ok = await request.expect("subscribeOk");
    const { timescale, defaultPriority, groupOrder } = decodeTrackProperties(
      read(ok.properties, subscriber.draft.data),
      referenceData,
    );
    assert.deepEqual({ timescale, defaultPriority, groupOrder }, {
      timescale: version.frames.hasTimestamps ? 1_000n : undefined,
      defaultPriority: 252,
      groupOrder: "descending",
    });
  });

  test("subscribers of moqt-18 fetch the groups of moq-lite", async (world) => {
    const publisher = await world.publisher();
    const subscriber = await world.world.connect();
    await subscribe(subscriber);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 4n }, [text.encode("a")]);
    await nextSubgroup(subscriber);
    await fetch(subscriber, [4, 0], [4, "whole"], { fillTimeout: 0n });
    assert.deepEqual((await readFetch(subscriber)).items, ["4/0 a"]);
  });

  test("viewers of both dialects share what one publisher sends", async (world) => {
    const { publisher, viewer } = await setUp(world);
    const subscriber = await world.world.connect();
    await subscribe(subscriber);
    await world.settle();
    await sendSubgroup(publisher, { group: 1n, endOfGroup: true }, ...objects(0, 1));
    assert.deepEqual((await nextGroup(world, viewer)).payloads, ["0", "1"]);
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [0, 1]);
  });
}
