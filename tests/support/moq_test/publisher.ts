import {
  type ControlMessageOf,
  encodeFetchHeader,
  FetchObjectWriter,
  type Location,
  ObjectStatus,
} from "@qumo/shared/wire";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { namespace, WirePeer } from "../wire_peer.ts";
import type { WireRequest } from "../wire_request.ts";
import type { OutgoingSubgroup } from "../wire_subgroup.ts";
import { expectedOf } from "./check.ts";
import { groupsOf, objectsOf, type TestObject } from "./objects.ts";
import { namespaceOf, type TestTrack, TRACK_NAME, trackOf } from "./track.ts";

/** The priority of whatever says nothing of its own, as the tracks' properties say. */
export const DEFAULT_PRIORITY = 100;

const TRACK_ENDED = 0x2n;
const DOES_NOT_EXIST = 0x10n;

/**
 * Publishes every moq-test-00 track there is: it announces the protocol's name as a namespace and
 * makes up what is asked for. The objects of a subscription wait until {@linkcode start} is called,
 * so that a test knows that nobody came too late.
 */
export class TestPublisher {
  readonly #peer: WirePeer;
  readonly #started = new Map<string, PromiseWithResolvers<void>>();
  #nextAlias = 1n;
  /** How many fetches have been asked for. */
  fetches = 0;

  private constructor(peer: WirePeer) {
    this.#peer = peer;
  }

  /** Announces itself on a connection and answers from then on. */
  static async announce(peer: WirePeer): Promise<TestPublisher> {
    const publisher = new TestPublisher(peer);
    const request = await peer.request({
      kind: "publishNamespace",
      requestId: peer.requestId(),
      namespace: namespace("moq-test-00"),
      parameters: {},
    });
    await request.expect("requestOk");
    publisher.#serve().catch(() => {});
    return publisher;
  }

  /** Lets the objects of a track flow to whoever has subscribed to it or will. */
  start(track: TestTrack): void {
    this.#start(track).resolve();
  }

  #start(track: TestTrack): PromiseWithResolvers<void> {
    const name = namespaceOf(track).join("/");
    const start = this.#started.get(name) ?? Promise.withResolvers<void>();
    this.#started.set(name, start);
    return start;
  }

  async #serve(): Promise<void> {
    for (;;) {
      const request = await this.#peer.requests.next();
      if (request === undefined) return;
      this.#answer(request).catch(() => {});
    }
  }

  async #answer(request: WireRequest): Promise<void> {
    const message = await request.next();
    switch (message?.kind) {
      case "subscribe":
        return await this.#subscribe(request, message);
      case "fetch":
        return await this.#fetch(request, message);
      case "subscribeNamespace":
        return await request.send({ kind: "requestOk", parameters: {}, properties: NOTHING });
    }
  }

  async #subscribe(request: WireRequest, { track }: ControlMessageOf<"subscribe">): Promise<void> {
    const wanted = trackNamed(track);
    if (wanted === undefined) return await refuse(request);
    const alias = this.#nextAlias++;
    const properties = propertiesOf(wanted);
    await request.send({ kind: "subscribeOk", alias, parameters: {}, properties });
    await this.#start(wanted).promise;
    const streamCount = await this.#publish(alias, wanted);
    const reason = "all was said";
    await request.send({ kind: "publishDone", code: TRACK_ENDED, streamCount, reason });
    await request.finish();
  }

  /** Sends all objects of a track and says how many streams that took. */
  async #publish(alias: bigint, track: TestTrack): Promise<bigint> {
    let streams = 0n;
    for (const group of groupsOf(track)) {
      const open = new Map<number, OutgoingSubgroup>();
      const objects = [...objectsOf(track, group)];
      for (const object of objects) {
        if (object.subgroup === undefined) {
          await this.#peer.sendDatagram(datagramOf(alias, object));
        } else {
          let subgroup = open.get(object.subgroup);
          if (subgroup === undefined) {
            subgroup = await this.#peer.openSubgroup({
              alias,
              group: BigInt(group),
              subgroup: BigInt(object.subgroup),
              priority: object.priority,
              hasProperties: hasProperties(track),
              endOfGroup: objects.at(-1)!.subgroup === object.subgroup,
              firstObject: true,
            });
            open.set(object.subgroup, subgroup);
            streams++;
          }
          await subgroup.write(object);
        }
        if (track.interval > 0) await sleep(systemClock, track.interval);
      }
      for (const subgroup of open.values()) await subgroup.finish();
    }
    return streams;
  }

  async #fetch(request: WireRequest, message: ControlMessageOf<"fetch">): Promise<void> {
    this.fetches++;
    const { range, requestId } = message;
    const track = range.type === "standalone" ? trackNamed(range.track) : undefined;
    if (track === undefined || range.type !== "standalone") return await refuse(request);
    const all = expectedOf(track);
    const wanted = all.filter((object) => isWithin(object, range.start, range.end));
    const last = all.at(-1)!;
    await request.send({
      kind: "fetchOk",
      endOfTrack: wanted.at(-1) === last,
      end: endWithin(range.end, last),
      parameters: {},
      properties: propertiesOf(track),
    });
    await request.finish();
    const stream = await this.#peer.openStream();
    await stream.write(encodeFetchHeader(requestId));
    const writer = new FetchObjectWriter("ascending");
    for (const object of wanted) {
      if (object.status !== ObjectStatus.NORMAL) continue;
      const { payload, subgroup } = object;
      await stream.write(writer.object({
        ...object,
        group: BigInt(object.group),
        subgroup: subgroup === undefined ? undefined : BigInt(subgroup),
        priority: object.priority ?? DEFAULT_PRIORITY,
        payloadLength: payload.length,
      }));
      if (payload.length > 0) await stream.write(payload);
    }
    await stream.close();
  }
}

const NOTHING = new Uint8Array();

// DEFAULT_PUBLISHER_PRIORITY, and OBJECT_DELIVERY_TIMEOUT before it where there is one.
function propertiesOf({ deliveryTimeout }: TestTrack): Uint8Array {
  if (deliveryTimeout === 0) return Uint8Array.of(0x0e, DEFAULT_PRIORITY);
  const [high, low] = [0x80 | (deliveryTimeout >> 8), deliveryTimeout & 0xff];
  return Uint8Array.of(0x02, high, low, 0x0e - 0x02, DEFAULT_PRIORITY);
}

function hasProperties(track: TestTrack): boolean {
  return track.integerProperty !== undefined || track.bytesProperty !== undefined;
}

function datagramOf(alias: bigint, object: TestObject) {
  const { last, status } = object;
  const endOfGroup = last && status === ObjectStatus.NORMAL;
  return { ...object, alias, group: BigInt(object.group), endOfGroup };
}

function trackNamed({ namespace, name }: { namespace: readonly Uint8Array[]; name: Uint8Array }) {
  const text = new TextDecoder();
  if (text.decode(name) !== TRACK_NAME) return undefined;
  return trackOf(namespace.map((field) => text.decode(field)));
}

async function refuse(request: WireRequest): Promise<void> {
  const reason = "no such track";
  await request.send({ kind: "requestError", code: DOES_NOT_EXIST, retryAfter: 0n, reason });
  await request.finish();
}

/** A fetch's end is the last object plus 1; object 0 is the whole group. */
function isWithin({ group, object }: TestObject, start: Location, end: Location): boolean {
  const [groupId, objectId] = [BigInt(group), BigInt(object)];
  if (groupId < start.group || (groupId === start.group && objectId < start.object)) return false;
  return groupId < end.group ||
    (groupId === end.group && (end.object === 0n || objectId < end.object));
}

function endWithin(end: Location, last: TestObject): Location {
  const known = { group: BigInt(last.group), object: BigInt(last.object) + 1n };
  const whole = end.object === 0n;
  const beyond = end.group > known.group ||
    (end.group === known.group && (whole || end.object > known.object));
  return beyond ? known : end;
}
