import { sleep, systemClock } from "@qumo/shared/runtime";
import {
  compareLocations,
  type ControlMessageOf,
  encodeFetchHeader,
  ObjectStatus,
  trackKey,
} from "@qumo/shared/wire";
import { Queue } from "../peers/queue.ts";
import { datagram, openSubgroup, type SubgroupScript } from "../peers/scripted_objects.ts";
import { announce, publish, sendSubscribeOk } from "../peers/scripted_requests.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { objectsOf } from "./objects.ts";
import { DEFAULT_PRIORITY, nameOf, type TestTrack, trackProperties } from "./track.ts";

/** What a track goes by between two peers that have agreed on it. */
export interface Agreed {
  readonly request: RequestStream;
  readonly alias: bigint;
}

/**
 * Publishes moq-test-00 tracks: it announces the protocol's name as a namespace and makes up what is
 * asked for. When the objects of a subscription are sent is left to the test.
 */
export class TestPublisher {
  readonly #peer: ScriptedPeer;
  readonly #tracks: ReadonlyMap<string, TestTrack>;
  /** Those that were accepted, one for each SUBSCRIBE. */
  readonly subscriptions = new Queue<Agreed>();
  #nextAlias = 1n;
  /** How many fetches have been asked for. */
  fetches = 0;

  constructor(peer: ScriptedPeer, tracks: readonly TestTrack[]) {
    this.#peer = peer;
    this.#tracks = new Map(tracks.map((track) => [trackKey(nameOf(track)), track]));
  }

  /** Announces itself and answers from then on. */
  async announce(): Promise<void> {
    await announce(this.#peer, "moq-test-00");
    this.#serve().catch(() => {});
  }

  /** Offers a track with PUBLISH. */
  async offer(track: TestTrack): Promise<Agreed> {
    const alias = this.#nextAlias++;
    const properties = trackProperties(track);
    const request = await publish(this.#peer, { track: nameOf(track), alias, properties });
    return { request, alias };
  }

  /** Waits until the relay wants the objects of a track that it was offered. */
  async wanted({ request }: Agreed): Promise<void> {
    let { forward = true } = (await request.expect("requestOk")).parameters;
    while (!forward) {
      const update = await request.expect("requestUpdate");
      forward = update.parameters.forward ?? forward;
      await request.sendOk();
    }
  }

  /** Sends all objects of a track and says how many streams that took. */
  async send(track: TestTrack, { alias }: Agreed): Promise<bigint> {
    let streams = 0n;
    const hasProperties = (track.integerProperty ?? track.bytesProperty) !== undefined;
    for (const objects of Map.groupBy(objectsOf(track), ({ group }) => group).values()) {
      const open = new Map<bigint, SubgroupScript>();
      for (const { subgroup, ...object } of objects) {
        if (subgroup === undefined) {
          const { payload: text, ...fields } = object;
          this.#peer.sendDatagram(datagram(this.#peer, { ...fields, text, alias }));
        } else {
          const header = { ...object, alias, subgroup, hasProperties, firstObject: true };
          if (!open.has(subgroup)) open.set(subgroup, await openSubgroup(this.#peer, header));
          await open.get(subgroup)!.send({ ...object, id: object.object });
        }
        if (track.interval > 0) await sleep(systemClock, track.interval);
      }
      for (const subgroup of open.values()) await subgroup.finish();
      streams += BigInt(open.size);
    }
    return streams;
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
      case "subscribe": {
        const track = this.#tracks.get(trackKey(message.track))!;
        const alias = this.#nextAlias++;
        await sendSubscribeOk(request, { alias, properties: trackProperties(track) });
        return void this.subscriptions.push({ request, alias });
      }
      case "fetch":
        this.fetches++;
        return await this.#fetch(request, message);
      case "subscribeNamespace":
        return await request.sendOk();
    }
  }

  /** Answers with what of a track is in the range. */
  async #fetch(request: RequestStream, { range, requestId }: ControlMessageOf<"fetch">) {
    if (range.type !== "standalone") throw new Error(`Nobody asks for a ${range.type} range`);
    const { data } = this.#peer.draft;
    const track = this.#tracks.get(trackKey(range.track))!;
    const { group, object } = objectsOf(track).at(-1)!;
    const last = { group, object: BigInt(object) };
    const endOfTrack = compareLocations(range.end, last) >= 0;
    const end = endOfTrack ? last : range.end;
    const properties = trackProperties(track);
    await request.send({ kind: "fetchOk", endOfTrack, end, parameters: {}, properties });
    await request.finish();
    const stream = await this.#peer.openStream(encodeFetchHeader(requestId, data));
    const writer = data.fetch.writer("ascending", data);
    for (const object of objectsOf(track, range)) {
      if (object.status !== ObjectStatus.NORMAL) continue;
      const { payload, priority = DEFAULT_PRIORITY } = object;
      await stream.write(writer.object({ ...object, priority, payloadLength: payload.length }));
      if (payload !== "") await stream.write(new TextEncoder().encode(payload));
    }
    await stream.finish();
  }
}
