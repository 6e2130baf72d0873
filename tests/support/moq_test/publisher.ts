import { sleep, systemClock } from "@qumo/shared/runtime";
import { type ControlMessageOf, ObjectStatus } from "@qumo/shared/wire";
import { datagram, openSubgroup, type SubgroupScript } from "../peers/scripted_objects.ts";
import { announce, publish, publishDone, sendSubscribeOk } from "../peers/scripted_requests.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { RequestStream } from "../peers/scripted_streams.ts";
import { answerFetch } from "./fetch_answer.ts";
import { groupsOf, objectsOf, type TestObject } from "./objects.ts";
import { namespaceOf, type TestTrack } from "./track.ts";
import { nameOf, propertiesOf, refuse, trackNamed } from "./wire_form.ts";

/**
 * Publishes every moq-test-00 track there is: it announces the protocol's name as a namespace and
 * makes up what is asked for. The objects of a subscription wait for {@linkcode start}, so that a
 * test knows that nobody came too late, and the end of the track waits for {@linkcode end}.
 */
export class TestPublisher {
  readonly #peer: ScriptedPeer;
  readonly #cues = new Map<string, PromiseWithResolvers<void>>();
  #nextAlias = 1n;
  /** How many fetches have been asked for. */
  fetches = 0;

  private constructor(peer: ScriptedPeer) {
    this.#peer = peer;
  }

  /** Announces itself on a connection and answers from then on. */
  static async announce(peer: ScriptedPeer): Promise<TestPublisher> {
    const publisher = new TestPublisher(peer);
    await announce(peer, "moq-test-00");
    publisher.#serve().catch(() => {});
    return publisher;
  }

  /** Offers a track with PUBLISH; resolves when everything was sent. */
  async publish(track: TestTrack): Promise<void> {
    const alias = this.#nextAlias++;
    const properties = propertiesOf(track);
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
    const name = [kind, ...namespaceOf(track)].join("/");
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
        return await answerFetch(this.#peer, request, message);
      case "subscribeNamespace":
        return await request.sendOk();
    }
  }

  async #subscribe(
    request: RequestStream,
    { track }: ControlMessageOf<"subscribe">,
  ): Promise<void> {
    const wanted = trackNamed(track);
    if (wanted === undefined) return await refuse(request);
    const alias = this.#nextAlias++;
    const properties = propertiesOf(wanted);
    await sendSubscribeOk(request, { alias, properties });
    await this.#deliver(request, alias, wanted);
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
    for (const group of groupsOf(track)) {
      const open = new Map<number, SubgroupScript>();
      const objects = [...objectsOf(track, group)];
      for (const object of objects) {
        if (object.subgroup === undefined) {
          this.#peer.sendDatagram(datagramOf(this.#peer, alias, object));
        } else {
          let subgroup = open.get(object.subgroup);
          if (subgroup === undefined) {
            subgroup = await openSubgroup(this.#peer, {
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
          await subgroup.send({ ...object, id: object.object });
        }
        if (track.interval > 0) await sleep(systemClock, track.interval);
      }
      for (const subgroup of open.values()) await subgroup.finish();
    }
    return streams;
  }
}

function hasProperties(track: TestTrack): boolean {
  return track.integerProperty !== undefined || track.bytesProperty !== undefined;
}

function datagramOf(peer: ScriptedPeer, alias: bigint, object: TestObject): Uint8Array {
  const { last, status } = object;
  const endOfGroup = last && status === ObjectStatus.NORMAL;
  return datagram(peer, { ...object, alias, group: BigInt(object.group), endOfGroup });
}
