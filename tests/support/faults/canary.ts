import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { namespace, trackName, WirePeer } from "../peers/wire_peer.ts";
import type { IncomingSubgroup } from "../peers/wire_streams.ts";

const TRACK = trackName(["canary"], "track");
const ALIAS = 1n;

const INTERVAL = 20;
const OBJECTS_PER_GROUP = 25;
const PAYLOAD_BYTES = 400;

/**
 * A publisher and a subscriber that mind their own business while others do their worst: fifty objects
 * a second, every one of which must arrive.
 */
export class Canary {
  readonly #publisher: WirePeer;
  readonly #subscriber: WirePeer;
  readonly #enough = new AbortController();
  // As they came: a busy machine may hand over a group before the one that was sent before it.
  readonly #arrived: number[] = [];
  readonly #work: Promise<unknown>;
  #sent = 0;
  #groups = 0;

  private constructor(publisher: WirePeer, subscriber: WirePeer) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#work = Promise.all([this.#publish(), this.#watch()]);
    this.#work.catch(() => {});
  }

  /** Connects both, and returns when objects may flow. */
  static async start(server: QuicServerAddress): Promise<Canary> {
    const publisher = await offer(server, TRACK.namespace, ALIAS);
    const subscriber = await WirePeer.connect(server);
    const requestId = subscriber.requestId();
    const request = await subscriber.request({
      kind: "subscribe",
      requestId,
      track: TRACK,
      parameters: {},
    });
    await request.expect("subscribeOk");
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
      const subgroup = await this.#publisher.openSubgroup({
        alias: ALIAS,
        group: BigInt(this.#groups++),
        subgroup: 0n,
        priority: 0,
        hasProperties: false,
        endOfGroup: true,
        firstObject: true,
      });
      for (let object = 0; object < OBJECTS_PER_GROUP; object++) {
        await subgroup.write({ object, payload: payloadOf(this.#sent++) });
        await sleep(systemClock, INTERVAL, signal);
      }
      await subgroup.finish();
    }
  }

  async #watch(): Promise<void> {
    const groups: IncomingSubgroup[] = [];
    for (;;) {
      if (this.#enough.signal.aborted && groups.length === this.#groups) break;
      const stream = await this.#subscriber.streams.next();
      assert.ok(stream?.kind === "subgroup", "The canary's connection ended");
      groups.push(stream);
      await this.#read(stream);
    }
  }

  async #read({ header, objects, ended }: IncomingSubgroup): Promise<void> {
    for (let expected = 0;; expected++) {
      const object = await objects.next();
      if (object === undefined) break;
      assert.equal(object.object, expected, "The canary's objects are out of order");
      const index = Number(header.group) * OBJECTS_PER_GROUP + object.object;
      assert.deepEqual(object.payload, payloadOf(index), "The canary's bytes are damaged");
      this.#arrived.push(index);
    }
    await ended;
  }
}

/** A peer that announces a namespace and delivers whatever track of it is asked for, once, as `alias`. */
export async function offer(
  server: QuicServerAddress,
  name: ReturnType<typeof namespace>,
  alias: bigint,
): Promise<WirePeer> {
  const publisher = await WirePeer.connect(server);
  void answerRequests(publisher, alias).catch(() => {});
  const requestId = publisher.requestId();
  const announcement = await publisher.request({
    kind: "publishNamespace",
    requestId,
    namespace: name,
    parameters: {},
  });
  await announcement.expect("requestOk");
  return publisher;
}

async function answerRequests(publisher: WirePeer, alias: bigint): Promise<void> {
  for (;;) {
    const request = await publisher.requests.next();
    if (request === undefined) return;
    const message = await request.next();
    const properties = new Uint8Array(0);
    if (message?.kind === "subscribe") {
      await request.send({ kind: "subscribeOk", alias, parameters: {}, properties });
    } else {
      await request.send({ kind: "requestOk", parameters: {}, properties });
    }
  }
}

function placeOf(index: number): string {
  return `${Math.floor(index / OBJECTS_PER_GROUP)}/${index % OBJECTS_PER_GROUP}`;
}

function payloadOf(index: number): Uint8Array {
  return new Uint8Array(PAYLOAD_BYTES).fill(index);
}
