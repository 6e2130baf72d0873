import { ObjectStatus, trackKey, WHOLE_GROUP } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { nextFetch } from "../peers/scripted_fetches.ts";
import { nextDatagram, NO_PROPERTIES, SubgroupReader } from "../peers/scripted_objects.ts";
import { at, subscribe } from "../peers/scripted_requests.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import { objectsOf, type TestObject } from "./objects.ts";
import type { Agreed } from "./publisher.ts";
import type { Scenario } from "./scenarios.ts";
import { DEFAULT_PRIORITY, Forwarding, nameOf, type TestTrack } from "./track.ts";

/** Subscribes to a scenario's track. */
export async function subscribeTo(
  peer: ScriptedPeer,
  { track, subscriberTimeout }: Scenario,
): Promise<Agreed> {
  const timeout = subscriberTimeout && { objectDeliveryTimeout: BigInt(subscriberTimeout) };
  const filter = { type: "absolute_start", start: at(0, 0) } as const;
  const request = await subscribe(peer, { filter, ...timeout }, nameOf(track));
  return { request, alias: (await request.expect("subscribeOk")).alias };
}

/** Asks for every track in the namespace of a track. */
export async function subscribeTracks(peer: ScriptedPeer, track: TestTrack): Promise<void> {
  const { namespace: prefix } = nameOf(track);
  const tracks = await peer.request({ kind: "subscribeTracks", prefix, parameters: {} });
  await tracks.expect("requestOk");
}

/** Accepts the next PUBLISH; the relay may ask for our namespaces first, of which there are none. */
export async function acceptPublish(peer: ScriptedPeer, track: TestTrack): Promise<Agreed> {
  for (;;) {
    const request = await peer.acceptRequest();
    const message = await request.next();
    await request.sendOk();
    if (message.kind !== "publish") continue;
    assert.equal(trackKey(message.track), trackKey(nameOf(track)), "PUBLISH names another track");
    return { request, alias: message.alias };
  }
}

/** Reads all objects of a track, each of which must come once, and in order within its subgroup. Says on how many streams. */
export async function readTrack(
  peer: ScriptedPeer,
  track: TestTrack,
  { alias }: Agreed,
): Promise<bigint> {
  const expected = objectsOf(track);
  const arrived: TestObject[] = [];
  let streams = 0n;
  while (arrived.length < expected.length) {
    if (track.forwarding === Forwarding.DATAGRAM) {
      const { alias: named, payload, ...fields } = await nextDatagram(peer);
      assert.equal(named, alias, "a datagram has another track's alias");
      arrived.push({ ...fields, subgroup: undefined, payload: text.decode(payload) });
    } else {
      arrived.push(...await readSubgroup(await SubgroupReader.next(peer), alias));
      streams++;
    }
  }
  assert.deepEqual(arrived.toSorted(bySubgroup), expected.toSorted(bySubgroup));
  return streams;
}

/** Streams come in any order, and so do datagrams. */
function bySubgroup(one: TestObject, other: TestObject): number {
  const subgroup = (object: TestObject) => object.subgroup ?? BigInt(object.object);
  return Number(one.group - other.group || subgroup(one) - subgroup(other));
}

const text = new TextDecoder();

async function readSubgroup(reader: SubgroupReader, alias: bigint): Promise<TestObject[]> {
  const { header } = reader;
  assert.equal(header.alias, alias, "a stream has another track's alias");
  assert.ok(header.firstObject, `a stream of group ${header.group} has no beginning`);
  const { group, priority, endOfGroup } = header;
  const { objects, end } = await reader.objects();
  assert.equal(end, "fin", "A subgroup was cut off");
  const subgroup = header.subgroup ?? BigInt(objects[0]!.id);
  const place = { group, subgroup, priority, endOfGroup };
  return objects.map(({ id: object, status = 0, properties = NO_PROPERTIES, payload }) => (
    { ...place, object, status, properties, payload }
  ));
}

/**
 * Fetches the range of a scenario, whose objects must come in order. A fetch has no status, so it
 * brings no marks of a group's end, and no defaults, so every object has a priority.
 */
export async function fetchTrack(
  peer: ScriptedPeer,
  { track, range }: Scenario,
): Promise<void> {
  const everything = { start: at(0, 0), end: { ...at(track.lastGroup, 0), object: WHOLE_GROUP } };
  const requestId = peer.takeRequestId();
  const asked = { type: "standalone", track: nameOf(track), ...range ?? everything } as const;
  const request = await peer.request({ kind: "fetch", requestId, range: asked, parameters: {} });
  await request.expect("fetchOk");
  const came = await nextFetch(peer);
  assert.deepEqual([came.requestId, came.end], [requestId, "fin"]);
  const known = came.items.filter(({ kind }) => kind !== "non_existent");
  const expected = objectsOf(track, range).filter(({ status }) => status === ObjectStatus.NORMAL);
  assert.deepEqual(
    known.map((item) => ({ ...item, payload: text.decode(item.payload) })),
    expected.map(({ status: _, endOfGroup: __, priority = DEFAULT_PRIORITY, ...object }) => (
      { ...object, priority, kind: "object" }
    )),
  );
}
