import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { openSubgroup, SubgroupReader } from "../peers/scripted_objects.ts";
import { announce, sendSubscribeOk, subscribe } from "../peers/scripted_requests.ts";
import { ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";

const NAMESPACE = "canary";
const TRACK = trackOf(NAMESPACE, "track");
const ALIAS = 1n;

const INTERVAL = 20;
const OBJECTS_PER_GROUP = 25;
const PAYLOAD_BYTES = 400;

/**
 * A publisher and a subscriber that mind their own business while others do their worst: fifty objects
 * a second, every one of which must arrive.
 */
export class Canary {
  readonly #publisher: ScriptedPeer;
  readonly #subscriber: ScriptedPeer;
  readonly #enough = new AbortController();
  // As they came: a busy machine may hand over a group before the one that was sent before it.
  readonly #arrived: number[] = [];
  readonly #work: Promise<unknown>;
  #sent = 0;
  #groups = 0;

  private constructor(publisher: ScriptedPeer, subscriber: ScriptedPeer) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#work = Promise.all([this.#publish(), this.#watch()]);
    this.#work.catch(() => {});
  }

  /** Connects both, and returns when objects may flow. */
  static async start(server: QuicServerAddress): Promise<Canary> {
    const publisher = await offer(server, NAMESPACE, ALIAS);
    const subscriber = await ScriptedPeer.dial(server);
    await (await subscribe(subscriber, {}, TRACK)).expect("subscribeOk");
    return new Canary(publisher, subscriber);
  }

  /** Ends the track, waits for its last object, and says how many there were if none is missing. */
  async finish(): Promise<number> {
    this.#enough.abort();
    await this.#work;
    this.close();
    const arrived = this.#arrived.toSorted((a, b) => a - b).map(placeOf);
    const expected = Array.from({ length: this.#sent }, (_, index) => placeOf(index));
    assert.deepEqual(arrived, expected, "The canary lost objects");
    return this.#sent;
  }

  /** Leaves. */
  close(): void {
    this.#enough.abort();
    this.#publisher.close();
    this.#subscriber.close();
  }

  async #publish(): Promise<void> {
    const { signal } = this.#enough;
    while (!signal.aborted) {
      const subgroup = await openSubgroup(this.#publisher, {
        alias: ALIAS,
        group: BigInt(this.#groups++),
        priority: 0,
        endOfGroup: true,
        firstObject: true,
      });
      for (let id = 0; id < OBJECTS_PER_GROUP; id++) {
        await subgroup.send({ id, payload: payloadOf(this.#sent++) });
        await sleep(systemClock, INTERVAL, signal);
      }
      await subgroup.finish();
    }
  }

  async #watch(): Promise<void> {
    for (let groups = 0; !this.#enough.signal.aborted || groups < this.#groups; groups++) {
      await this.#read(await SubgroupReader.next(this.#subscriber));
    }
  }

  async #read(reader: SubgroupReader): Promise<void> {
    for (let expected = 0;; expected++) {
      const object = await reader.nextBytes();
      if (typeof object !== "object") return assert.equal(object, "fin", "A group was cut off");
      assert.equal(object.id, expected, "The canary's objects are out of order");
      const index = Number(reader.header.group) * OBJECTS_PER_GROUP + object.id;
      assert.deepEqual(object.payload, payloadOf(index), "The canary's bytes are damaged");
      this.#arrived.push(index);
    }
  }
}

/** A peer that announces a namespace and delivers whatever track of it is asked for, once, as `alias`. */
export async function offer(
  server: QuicServerAddress,
  path: string,
  alias: bigint,
): Promise<ScriptedPeer> {
  const publisher = await ScriptedPeer.dial(server);
  void answerRequests(publisher, alias).catch(() => {});
  await announce(publisher, path);
  return publisher;
}

/** Says yes to whatever is asked of a publisher, and that its track has this alias. */
export async function answerRequests(publisher: ScriptedPeer, alias: bigint): Promise<void> {
  for (;;) {
    const request = await publisher.acceptRequest();
    const message = await request.next();
    if (message.kind === "subscribe") await sendSubscribeOk(request, { alias });
    else await request.sendOk();
  }
}

function placeOf(index: number): string {
  return `${Math.floor(index / OBJECTS_PER_GROUP)}/${index % OBJECTS_PER_GROUP}`;
}

function payloadOf(index: number): Uint8Array {
  return new Uint8Array(PAYLOAD_BYTES).fill(index);
}
