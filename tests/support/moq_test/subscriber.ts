import { equalBytes, type Parameters, WHOLE_GROUP } from "@qumo/shared/wire";
import type { Deadline } from "../deadline.ts";
import { namespace, trackName, type WirePeer } from "../peers/wire_peer.ts";
import type { WireRequest } from "../peers/wire_request.ts";
import type { FetchRangeEnd, IncomingFetch, IncomingSubgroup } from "../peers/wire_streams.ts";
import { type ArrivedObject, checkFetch, checkSubscription, expectedOf } from "./check.ts";
import type { TestObject } from "./objects.ts";
import type { Scenario } from "./scenarios.ts";
import { Forwarding, namespaceOf, type TestTrack, TRACK_NAME } from "./track.ts";
import { DEFAULT_PRIORITY } from "./wire_form.ts";

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
  peer: WirePeer,
  { track, deliveryTimeout }: Scenario,
  { accepted, complete }: SubscriptionEvents,
  deadline: Deadline,
): Promise<string[]> {
  const parameters: Parameters = {
    filter: { type: "absolute_start", start: { group: 0n, object: 0n } },
    ...(deliveryTimeout !== undefined && { objectDeliveryTimeout: BigInt(deliveryTimeout) }),
  };
  const request = await peer.request({
    kind: "subscribe",
    requestId: peer.requestId(),
    track: trackName(namespaceOf(track), TRACK_NAME),
    parameters,
  });
  const { alias } = await deadline.for("SUBSCRIBE_OK", request.expect("subscribeOk"));
  accepted();
  return await readTrack(peer, { request, track, alias, complete }, deadline);
}

/**
 * Asks for every track in the namespace of a scenario, takes the one that is published, and returns
 * what was wrong with what came. `asked` is called as soon as the request for tracks was accepted.
 */
export async function subscribeTracks(
  peer: WirePeer,
  { track }: Scenario,
  { asked, accepted, complete }: SubscriptionEvents & { readonly asked: () => void },
  deadline: Deadline,
): Promise<string[]> {
  const prefix = namespace(...namespaceOf(track));
  const tracks = await peer.request({
    kind: "subscribeTracks",
    requestId: peer.requestId(),
    prefix,
    parameters: {},
  });
  await deadline.for("REQUEST_OK", tracks.expect("requestOk"));
  asked();
  const { request, publish } = await deadline.for("PUBLISH", nextPublish(peer));
  const named = publish.track.namespace.every((field, at) => equalBytes(field, prefix[at]!));
  await request.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array() });
  accepted();
  const incoming = { request, track, alias: publish.alias, complete };
  const problems = await readTrack(peer, incoming, deadline);
  return named ? problems : ["PUBLISH names another track", ...problems];
}

interface IncomingTrack extends Pick<SubscriptionEvents, "complete"> {
  readonly request: WireRequest;
  readonly track: TestTrack;
  readonly alias: bigint;
}

/** Reads all objects of a track, then its PUBLISH_DONE. */
async function readTrack(
  peer: WirePeer,
  { request, track, alias, complete }: IncomingTrack,
  deadline: Deadline,
): Promise<string[]> {
  const expected = expectedOf(track);
  const arrived: ArrivedObject[] = [];
  const problems: string[] = [];
  let streams = 0n;
  while (arrived.length < expected.length) {
    const left = `the last ${expected.length - arrived.length} objects`;
    if (track.forwarding === Forwarding.DATAGRAM) {
      const datagram = await deadline.for(left, peer.datagrams.next());
      if (datagram === undefined) throw new Error("The connection ended before the datagrams");
      if (datagram.alias !== alias) problems.push(`a datagram has alias ${datagram.alias}`);
      if (datagram.endOfGroup !== endsGroup(expected, datagram)) {
        problems.push(`the end of group ${datagram.group} is wrong`);
      }
      arrived.push({ ...datagram, subgroup: undefined });
    } else {
      const stream = await deadline.for(left, peer.streams.next());
      if (stream?.kind !== "subgroup") throw new Error("A stream is none of a subgroup");
      if (stream.header.alias !== alias) problems.push(`a stream has alias ${stream.header.alias}`);
      const objects = await deadline.for("the end of a stream", readSubgroup(stream));
      problems.push(...headerProblems(stream, objects, expected));
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

/** Whether the flag for it belongs on this datagram; a mark of the end says it by its status. */
function endsGroup(
  expected: readonly TestObject[],
  { group, object }: { readonly group: bigint; readonly object: number },
): boolean {
  return expected.some((candidate) =>
    candidate.last && candidate.status === 0 && BigInt(candidate.group) === group &&
    candidate.object === object
  );
}

/** Fetches the range of a scenario, and returns what was wrong with what came. */
export async function fetchFrom(
  peer: WirePeer,
  { track, range }: Scenario,
  deadline: Deadline,
): Promise<string[]> {
  const expected = expectedOf(track, range);
  const requestId = peer.requestId();
  const request = await peer.request({
    kind: "fetch",
    requestId,
    range: {
      type: "standalone",
      track: trackName(namespaceOf(track), TRACK_NAME),
      start: range === undefined ? { group: 0n, object: 0n } : location(range.start),
      end: range === undefined
        ? { group: BigInt(track.lastGroup), object: WHOLE_GROUP }
        : location(range.end),
    },
    parameters: {},
  });
  await deadline.for("FETCH_OK", request.expect("fetchOk"));
  const stream = await deadline.for("the fetch's stream", peer.streams.next());
  if (stream?.kind !== "fetch") throw new Error("The stream is none of a fetch");
  const problems = stream.requestId === requestId ? [] : ["the stream is of another fetch"];
  const items = await deadline.for("the end of the fetch's stream", readFetch(stream));
  const objects: ArrivedObject[] = [];
  for (const item of items) {
    if (!("range" in item)) objects.push(item);
    else if (item.range === "unknown") problems.push(`unknown up to ${item.group}/${item.object}`);
  }
  return [...problems, ...checkFetch(expected, objects, DEFAULT_PRIORITY)];
}

/** The next PUBLISH; the relay may ask for our namespaces first, of which there are none. */
async function nextPublish(peer: WirePeer) {
  for (;;) {
    const request = await peer.requests.next();
    const message = await request?.next();
    if (request === undefined) throw new Error("The connection ended before PUBLISH");
    if (message?.kind === "publish") return { request, publish: message };
    await request.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array() });
  }
}

async function readSubgroup({ objects, ended }: IncomingSubgroup): Promise<ArrivedObject[]> {
  await ended;
  const read: ArrivedObject[] = [];
  for (let next = await objects.next(); next !== undefined; next = await objects.next()) {
    read.push(next);
  }
  return read;
}

async function readFetch(
  { items, ended }: IncomingFetch,
): Promise<(ArrivedObject | FetchRangeEnd)[]> {
  await ended;
  const read: (ArrivedObject | FetchRangeEnd)[] = [];
  for (let next = await items.next(); next !== undefined; next = await items.next()) {
    read.push(next);
  }
  return read;
}

function headerProblems(
  { header }: IncomingSubgroup,
  objects: readonly ArrivedObject[],
  expected: readonly TestObject[],
): string[] {
  const problems: string[] = [];
  const last = expected.find((object) => object.last && BigInt(object.group) === header.group);
  const hasLast = objects.some(({ object }) => object === last?.object);
  if (header.endOfGroup !== hasLast) problems.push(`the end of group ${header.group} is wrong`);
  if (!header.firstObject) problems.push(`a stream of group ${header.group} has no beginning`);
  return problems;
}

function location({ group, object }: { readonly group: number; readonly object: number }) {
  return { group: BigInt(group), object: BigInt(object) };
}
