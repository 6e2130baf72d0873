import {
  type ControlMessageOf,
  equalBytes,
  ObjectStatus,
  type SubgroupHeader,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Deadline } from "../deadline.ts";
import { nextFetch } from "../peers/scripted_fetches.ts";
import { nextDatagram, SubgroupReader } from "../peers/scripted_objects.ts";
import { at, subscribe } from "../peers/scripted_requests.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { checkFetch, checkSubscription } from "./check.ts";
import { isLast, objectsOf, type TestObject } from "./objects.ts";
import type { Scenario } from "./scenarios.ts";
import { DEFAULT_PRIORITY, Forwarding, nameOf, type TestTrack } from "./track.ts";

const TRACK_ENDED = "track_ended";

/** Told of what a subscription comes to, so that the publisher can be led by it. */
export interface SubscriptionEvents {
  /** The request was accepted. */
  readonly accepted: () => void;
  /** Every object has come; what this finds wrong counts too. */
  readonly complete: () => Promise<string[]>;
}

/**
 * Subscribes to a scenario's track and returns what was wrong with what came, a sentence for each
 * thing.
 */
export async function subscribeTo(
  peer: ScriptedPeer,
  { track, deliveryTimeout }: Scenario,
  { accepted, complete }: SubscriptionEvents,
  deadline: Deadline,
): Promise<string[]> {
  const parameters: ControlMessageOf<"subscribe">["parameters"] = {
    filter: { type: "absolute_start", start: at(0, 0) },
    ...(deliveryTimeout !== undefined && { objectDeliveryTimeout: BigInt(deliveryTimeout) }),
  };
  const request = await subscribe(peer, parameters, nameOf(track));
  const { alias } = await deadline.for("SUBSCRIBE_OK", request.expect("subscribeOk"));
  accepted();
  return await readTrack(peer, { request, track, alias, complete }, deadline);
}

/**
 * Asks for every track in the namespace of a scenario, takes the one that is published, and returns
 * what was wrong with what came. `asked` is called as soon as the request for tracks was accepted.
 */
export async function subscribeTracks(
  peer: ScriptedPeer,
  { track }: Scenario,
  { asked, accepted, complete }: SubscriptionEvents & { readonly asked: () => void },
  deadline: Deadline,
): Promise<string[]> {
  const { namespace: prefix } = nameOf(track);
  const tracks = await peer.request({ kind: "subscribeTracks", prefix, parameters: {} });
  await deadline.for("REQUEST_OK", tracks.expect("requestOk"));
  asked();
  const { request, publish } = await deadline.for("PUBLISH", nextPublish(peer));
  const named = publish.track.namespace.every((field, at) => equalBytes(field, prefix[at]!));
  await request.sendOk();
  accepted();
  const incoming = { request, track, alias: publish.alias, complete };
  const problems = await readTrack(peer, incoming, deadline);
  return named ? problems : ["PUBLISH names another track", ...problems];
}

interface IncomingTrack extends Pick<SubscriptionEvents, "complete"> {
  readonly request: RequestStream;
  readonly track: TestTrack;
  readonly alias: bigint;
}

/** Reads all objects of a track, then its PUBLISH_DONE. */
async function readTrack(
  peer: ScriptedPeer,
  { request, track, alias, complete }: IncomingTrack,
  deadline: Deadline,
): Promise<string[]> {
  const expected = objectsOf(track);
  const arrived: TestObject[] = [];
  const problems: string[] = [];
  let streams = 0n;
  while (arrived.length < expected.length) {
    const left = `the last ${expected.length - arrived.length} objects`;
    if (track.forwarding === Forwarding.DATAGRAM) {
      const datagram = await deadline.for(left, nextDatagram(peer));
      if (datagram.alias !== alias) problems.push(`a datagram has alias ${datagram.alias}`);
      // A mark of the end says it by its status.
      const isEnd = isLast(track, datagram.object) && datagram.status === ObjectStatus.NORMAL;
      if (datagram.endOfGroup !== isEnd) {
        problems.push(`the end of group ${datagram.group} is wrong`);
      }
      arrived.push({ ...datagram, subgroup: undefined });
    } else {
      const stream = await deadline.for(left, SubgroupReader.next(peer));
      const { header } = stream;
      if (header.alias !== alias) problems.push(`a stream has alias ${header.alias}`);
      const objects = await deadline.for("the end of a stream", readSubgroup(stream));
      problems.push(...headerProblems(header, objects, track));
      arrived.push(...objects);
      streams++;
    }
  }
  problems.push(...await complete());
  const done = await deadline.for("PUBLISH_DONE", request.expect("publishDone"));
  if (done.code !== TRACK_ENDED) problems.push(`PUBLISH_DONE has code ${done.code}`);
  if (done.streamCount !== streams) {
    problems.push(`PUBLISH_DONE tells of ${done.streamCount} streams`);
  }
  await request.finish();
  return [...problems, ...checkSubscription(expected, arrived)];
}

/** Fetches the range of a scenario, and returns what was wrong with what came. */
export async function fetchFrom(
  peer: ScriptedPeer,
  { track, range }: Scenario,
  deadline: Deadline,
): Promise<string[]> {
  const everything = { start: at(0, 0), end: { ...at(track.lastGroup, 0), object: WHOLE_GROUP } };
  const requestId = peer.takeRequestId();
  const request = await peer.request({
    kind: "fetch",
    requestId,
    range: { type: "standalone", track: nameOf(track), ...range ?? everything },
    parameters: {},
  });
  await deadline.for("FETCH_OK", request.expect("fetchOk"));
  const came = await deadline.for("the fetch's stream", nextFetch(peer));
  const problems = came.requestId === requestId ? [] : ["the stream is of another fetch"];
  if (came.end !== "fin") problems.push("the fetch's stream was reset");
  const objects: TestObject[] = [];
  for (const item of came.items) {
    if (item.kind === "object") objects.push({ ...item, status: ObjectStatus.NORMAL });
    else if (item.kind === "unknown") problems.push(`unknown up to ${item.group}/${item.object}`);
  }
  return [...problems, ...checkFetch(objectsOf(track, range), objects, DEFAULT_PRIORITY)];
}

/** The next PUBLISH; the relay may ask for our namespaces first, of which there are none. */
async function nextPublish(peer: ScriptedPeer) {
  for (;;) {
    const request = await peer.acceptRequest();
    const message = await request.next();
    if (message.kind === "publish") return { request, publish: message };
    await request.sendOk();
  }
}

async function readSubgroup(reader: SubgroupReader): Promise<TestObject[]> {
  const { group, subgroup, priority } = reader.header;
  const read: TestObject[] = [];
  for (;;) {
    const next = await reader.nextBytes();
    if (typeof next !== "object") {
      assert.equal(next, "fin", "A subgroup was cut off");
      return read;
    }
    const { id: object, properties = new Uint8Array(), ...rest } = next;
    const first = read[0]?.object ?? object;
    read.push({
      group,
      subgroup: subgroup ?? BigInt(first),
      object,
      properties,
      priority,
      ...rest,
    });
  }
}

function headerProblems(
  header: SubgroupHeader,
  objects: readonly TestObject[],
  track: TestTrack,
): string[] {
  const problems: string[] = [];
  const hasLast = objects.some(({ object }) => isLast(track, object));
  if (header.endOfGroup !== hasLast) problems.push(`the end of group ${header.group} is wrong`);
  if (!header.firstObject) problems.push(`a stream of group ${header.group} has no beginning`);
  return problems;
}
