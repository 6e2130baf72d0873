import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { openSubgroup } from "../peers/scripted_objects.ts";
import { announce, sendSubscribeOk, subscribe } from "../peers/scripted_requests.ts";
import { ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";
import { until } from "../until.ts";
import { type HonestObject, HonestPeer } from "./honest_peer.ts";

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
  readonly #subscriber: HonestPeer;
  readonly #enough = new AbortController();
  readonly #sent: HonestObject[] = [];
  readonly #work: Promise<void>;

  private constructor(publisher: ScriptedPeer, subscriber: HonestPeer) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#work = this.#publish();
    this.#work.catch(() => {});
  }

  /** Connects both, and returns when objects may flow. */
  static async start(server: QuicServerAddress): Promise<Canary> {
    const publisher = await offer(server, NAMESPACE, ALIAS);
    const subscriber = await ScriptedPeer.dial(server);
    await (await subscribe(subscriber, {}, TRACK)).expect("subscribeOk");
    return new Canary(publisher, new HonestPeer(subscriber));
  }

  /** Ends the track, waits for its last object, and says how many there were if none is missing. */
  async finish(): Promise<number> {
    this.#enough.abort();
    await this.#work;
    const subscriber = this.#subscriber;
    const groups = Math.ceil(this.#sent.length / OBJECTS_PER_GROUP);
    const isOver = () => subscriber.ends.length >= groups || subscriber.closed !== undefined;
    await until("the canary's last object", isOver);
    this.close();
    // A busy machine may hand over a group before the one that was sent before it.
    const arrived = subscriber.objects.toSorted((a, b) => Number(a.group - b.group));
    assert.deepEqual(arrived, this.#sent, "The canary lost objects");
    assert.deepEqual(new Set(subscriber.ends), new Set(["fin"]), "A group was cut off");
    assert.deepEqual(subscriber.faults, [], "The canary was sent what is not well formed");
    return this.#sent.length;
  }

  /** Leaves. */
  close(): void {
    this.#enough.abort();
    this.#publisher.close();
    this.#subscriber.peer.close();
  }

  async #publish(): Promise<void> {
    const { signal } = this.#enough;
    for (let group = 0n; !signal.aborted; group++) {
      const header = { alias: ALIAS, group, endOfGroup: true, firstObject: true };
      const subgroup = await openSubgroup(this.#publisher, { ...header, priority: 0 });
      for (let object = 0; object < OBJECTS_PER_GROUP; object++) {
        const payload = new Uint8Array(PAYLOAD_BYTES).fill(this.#sent.length);
        this.#sent.push({ group, object, payload });
        await subgroup.send({ id: object, payload });
        await sleep(systemClock, INTERVAL, signal);
      }
      await subgroup.finish();
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
