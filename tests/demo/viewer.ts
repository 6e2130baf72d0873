import { systemClock } from "@qumo/shared/runtime";
import { Latency } from "../../relay/client/bench/latency.ts";
import type { Peer, Watch } from "../support/peers/peer.ts";
import { Arrivals } from "./arrivals.ts";
import { GROUP_OBJECTS, readPicture } from "./video.ts";

// What was overtaken this long ago, in milliseconds, is not on its way any more.
const LOST_AFTER = 2_000;

/** Watches the track at one relay and checks every object of it. */
export class Viewer {
  /** The relay and the client. */
  readonly name: string;
  readonly relay: string;
  readonly latency = new Latency();
  /** The same, since it was cleared. */
  readonly lately = new Latency();
  /** Resolves when the track ended; nobody has asked for that. */
  readonly ended: Promise<void>;
  readonly #arrivals = new Arrivals(GROUP_OBJECTS);
  readonly #groups = new Set<number>();
  #bytes = 0;
  #damaged = 0;
  #repeated = 0;
  #stopped = false;
  #lastArrival = systemClock.now();
  #longestPause = 0;

  private constructor(relay: string, client: string, watch: Watch) {
    this.name = `${relay}, ${client}`;
    this.relay = relay;
    this.ended = this.#read(watch);
  }

  /** Subscribes, once the track's namespace is announced there. */
  static async watch(
    peer: Peer,
    relay: string,
    { client, path, track }: { client: string; path: string; track: string },
  ): Promise<Viewer> {
    await peer.announced(path);
    return new Viewer(relay, client, await peer.watch(path, track));
  }

  /** Objects that came, whole and for the first time. */
  get objects(): number {
    return this.#arrivals.count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Groups of which something came. */
  get groups(): number {
    return this.#groups.size;
  }

  /** Objects that came with other bytes than they left with, or twice. */
  get damaged(): number {
    return this.#damaged + this.#repeated;
  }

  /** Objects that did not come and will not. */
  get lost(): number {
    return this.#arrivals.missingSince(systemClock.now() - LOST_AFTER);
  }

  /** Objects that are missing now of all that were published, those that may still come included. */
  missingOf(published: number): number {
    return this.#arrivals.missingSince(Infinity) + Math.max(0, published - this.#arrivals.next);
  }

  /** The longest time in which nothing new came, since it was asked to measure; this moment included. */
  get longestPause(): number {
    return Math.max(this.#longestPause, systemClock.now() - this.#lastArrival);
  }

  /** Forgets the pauses there were. */
  measurePause(): void {
    this.#longestPause = 0;
  }

  /** Counts nothing from now on. */
  stop(): void {
    this.#stopped = true;
  }

  async #read(watch: Watch): Promise<void> {
    for (;;) {
      const object = await watch.next();
      if (object === undefined || this.#stopped) return;
      this.#take(object.group, object.payload);
    }
  }

  #take(group: number, payload: Uint8Array): void {
    const picture = readPicture(payload);
    const now = systemClock.now();
    if (picture === undefined) {
      this.#damaged++;
    } else if (!this.#arrivals.add(picture.number, now)) {
      this.#repeated++;
    } else {
      this.#groups.add(group);
      this.#bytes += payload.length;
      this.latency.add(now - picture.stamp);
      this.lately.add(now - picture.stamp);
      this.#longestPause = Math.max(this.#longestPause, now - this.#lastArrival);
      this.#lastArrival = now;
    }
  }
}
