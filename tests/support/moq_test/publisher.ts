import { sleep, systemClock } from "@qumo/shared/runtime";
import {
  compareLocations,
  type ControlMessageOf,
  encodeFetchHeader,
  type FullTrackName,
  ObjectStatus,
  trackKey,
} from "@qumo/shared/wire";
import { datagram, openSubgroup, type SubgroupScript } from "../peers/scripted_objects.ts";
import { announce, publish, publishDone, sendSubscribeOk } from "../peers/scripted_requests.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { isLast, objectsOf, type TestObject } from "./objects.ts";
import { DEFAULT_PRIORITY, nameOf, type TestTrack, trackProperties } from "./track.ts";

/**
 * Publishes moq-test-00 tracks: it announces the protocol's name as a namespace and makes up what is
 * asked for. The objects of a subscription wait for {@linkcode start}, so that a
 * test knows that nobody came too late, and the end of the track waits for {@linkcode end}.
 */
export class TestPublisher {
  readonly #peer: ScriptedPeer;
  readonly #tracks: ReadonlyMap<string, TestTrack>;
  readonly #cues = new Map<string, PromiseWithResolvers<void>>();
  #nextAlias = 1n;
  /** How many fetches have been asked for. */
  fetches = 0;

  private constructor(peer: ScriptedPeer, tracks: readonly TestTrack[]) {
    this.#peer = peer;
    this.#tracks = new Map(tracks.map((track) => [trackKey(nameOf(track)), track]));
  }

  /** Announces itself on a connection and answers from then on. */
  static async announce(
    peer: ScriptedPeer,
    tracks: readonly TestTrack[],
  ): Promise<TestPublisher> {
    const publisher = new TestPublisher(peer, tracks);
    await announce(peer, "moq-test-00");
    publisher.#serve().catch(() => {});
    return publisher;
  }

  /** Offers a track with PUBLISH; resolves when everything was sent. */
  async publish(track: TestTrack): Promise<void> {
    const alias = this.#nextAlias++;
    const properties = trackProperties(track);
    const request = await publish(this.#peer, { track: nameOf(track), alias, properties });
    let { forward = true } = (await request.expect("requestOk")).parameters;
    while (!forward) {
      const update = await request.expect("requestUpdate");
      forward = update.parameters.forward ?? forward;
      await request.sendOk();
    }
    await this.#deliver(request, alias, track);
  }

  /** Lets the objects of a track flow to whoever has subscribed to it or will. */
  start(track: TestTrack): void {
    this.#cue("start", track).resolve();
  }

  /** Lets the track end, once all its objects were sent. */
  end(track: TestTrack): void {
    this.#cue("end", track).resolve();
  }

  #cue(kind: "start" | "end", track: TestTrack): PromiseWithResolvers<void> {
    const name = `${kind} ${trackKey(nameOf(track))}`;
    const cue = this.#cues.get(name) ?? Promise.withResolvers<void>();
    this.#cues.set(name, cue);
    return cue;
  }

  async #serve(): Promise<void> {
    for (;;) {
      const request = await this.#peer.acceptRequest();
      this.#answer(request).catch(() => {});
    }
  }

  async #answer(request: RequestStream): Promise<void> {
    const message = await request.next();
    switch (message.kind) {
      case "subscribe":
        return await this.#subscribe(request, message);
      case "fetch":
        this.fetches++;
        return await this.#fetch(request, message);
      case "subscribeNamespace":
        return await request.sendOk();
    }
  }

  async #subscribe(
    request: RequestStream,
    { track }: ControlMessageOf<"subscribe">,
  ): Promise<void> {
    const wanted = this.#trackOf(track);
    const alias = this.#nextAlias++;
    await sendSubscribeOk(request, { alias, properties: trackProperties(wanted) });
    await this.#deliver(request, alias, wanted);
  }

  #trackOf(name: FullTrackName): TestTrack {
    return this.#tracks.get(trackKey(name))!;
  }

  /** Answers with what of a track is in the range. */
  async #fetch(request: RequestStream, { range, requestId }: ControlMessageOf<"fetch">) {
    if (range.type !== "standalone") throw new Error(`Nobody asks for a ${range.type} range`);
    const { data } = this.#peer.draft;
    const track = this.#trackOf(range.track);
    const wanted = objectsOf(track, range);
    const last = objectsOf(track).at(-1)!;
    const known = { group: last.group, object: BigInt(last.object) };
    await request.send({
      kind: "fetchOk",
      endOfTrack: wanted.at(-1)?.group === last.group && wanted.at(-1)?.object === last.object,
      end: compareLocations(range.end, known) > 0 ? known : range.end,
      parameters: {},
      properties: trackProperties(track),
    });
    await request.finish();
    const stream = await this.#peer.openStream(encodeFetchHeader(requestId, data));
    const writer = data.fetch.writer("ascending", data);
    for (const object of wanted.filter(({ status }) => status === ObjectStatus.NORMAL)) {
      const { payload, priority = DEFAULT_PRIORITY } = object;
      await stream.write(writer.object({ ...object, priority, payloadLength: payload.length }));
      if (payload.length > 0) await stream.write(payload);
    }
    await stream.finish();
  }

  /** Sends everything between the cues for the start and the end, then PUBLISH_DONE. */
  async #deliver(request: RequestStream, alias: bigint, track: TestTrack): Promise<void> {
    await this.#cue("start", track).promise;
    const streamCount = await this.#sendObjects(alias, track);
    await this.#cue("end", track).promise;
    await publishDone(request, "track_ended", streamCount);
  }

  /** Sends all objects of a track and says how many streams that took. */
  async #sendObjects(alias: bigint, track: TestTrack): Promise<bigint> {
    let streams = 0n;
    for (const [group, objects] of Map.groupBy(objectsOf(track), (object) => object.group)) {
      const open = new Map<bigint, SubgroupScript>();
      for (const object of objects) {
        if (object.subgroup === undefined) {
          this.#peer.sendDatagram(this.#datagramOf(alias, track, object));
        } else {
          let subgroup = open.get(object.subgroup);
          if (subgroup === undefined) {
            subgroup = await openSubgroup(this.#peer, {
              alias,
              group,
              subgroup: object.subgroup,
              priority: object.priority,
              hasProperties: hasProperties(track),
              endOfGroup: objects.at(-1)!.subgroup === object.subgroup,
              firstObject: true,
            });
            open.set(object.subgroup, subgroup);
            streams++;
          }
          await subgroup.send({ ...object, id: object.object });
        }
        if (track.interval > 0) await sleep(systemClock, track.interval);
      }
      for (const subgroup of open.values()) await subgroup.finish();
    }
    return streams;
  }

  #datagramOf(alias: bigint, track: TestTrack, object: TestObject): Uint8Array {
    const endOfGroup = isLast(track, object.object) && object.status === ObjectStatus.NORMAL;
    return datagram(this.#peer, { ...object, alias, endOfGroup });
  }
}

function hasProperties(track: TestTrack): boolean {
  return track.integerProperty !== undefined || track.bytesProperty !== undefined;
}
