import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { openSubgroup, type SubgroupScript } from "../peers/scripted_objects.ts";
import { announce, sendSubscribeOk, subscribe } from "../peers/scripted_requests.ts";
import { ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";
import { until } from "../until.ts";
import type { HonestObject, HonestPeer } from "./honest_peer.ts";

const PATH = "canary";
const ALIAS = 1n;
const INTERVAL = 20;
const PAYLOAD_BYTES = 400;

/** A publisher and a subscriber that mind their own business while others do their worst. */
export class Canary {
  readonly #publisher: HonestPeer;
  readonly #subscriber: HonestPeer;
  readonly #objectsPerGroup: number;
  /** What was sent since somebody looked. */
  readonly #sent: HonestObject[] = [];
  #subgroup: SubgroupScript | undefined;
  #count = 0;

  private constructor(publisher: HonestPeer, subscriber: HonestPeer, objectsPerGroup: number) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#objectsPerGroup = objectsPerGroup;
  }

  /** Has both connected, and returns when objects may flow. */
  static async start(connect: () => Promise<HonestPeer>, objectsPerGroup = 25): Promise<Canary> {
    const publisher = await connect();
    await publisher.offer(PATH, ALIAS);
    const subscriber = await connect();
    await (await subscribe(subscriber.peer, {}, trackOf(PATH, "track"))).expect("subscribeOk");
    return new Canary(publisher, subscriber, objectsPerGroup);
  }

  /** Sends the next object. */
  async send(): Promise<void> {
    const object = this.#count % this.#objectsPerGroup;
    const group = BigInt(Math.floor(this.#count / this.#objectsPerGroup));
    const payload = new Uint8Array(PAYLOAD_BYTES).fill(this.#count++);
    if (object === 0) {
      await this.#subgroup?.finish();
      const header = { alias: ALIAS, group, endOfGroup: true, firstObject: true, priority: 0 };
      this.#subgroup = await openSubgroup(this.#publisher.peer, header);
    }
    this.#sent.push({ group, object, payload });
    await this.#subgroup!.send({ id: object, payload });
  }

  /** Sends fifty objects a second until it is told otherwise; then all must have come. */
  async run(enough: AbortSignal): Promise<void> {
    while (!enough.aborted) {
      await this.send();
      await sleep(systemClock, INTERVAL, enough);
    }
    await this.#subgroup?.finish();
    const subscriber = this.#subscriber;
    const groups = Math.ceil(this.#count / this.#objectsPerGroup);
    const isOver = () => subscriber.ends.length >= groups || subscriber.closed !== undefined;
    await until("the canary's last object", isOver);
    this.check();
  }

  /** Every object that was sent since the last time has come, and nothing else. */
  check(): void {
    const { objects, ends, faults } = this.#subscriber;
    // A busy machine may hand over a group before the one that was sent before it.
    const arrived = objects.splice(0).sort((a, b) => Number(a.group - b.group));
    assert.deepEqual(arrived, this.#sent.splice(0), "The canary lost objects");
    assert.ok(ends.every((end) => end === "fin"), "A group was cut off");
    assert.deepEqual(faults, [], "The canary was sent what is not well formed");
  }

  /** Leaves. */
  close(): void {
    this.#publisher.peer.close();
    this.#subscriber.peer.close();
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
