import { systemClock } from "@qumo/shared/runtime";
import { Latency } from "../bench/latency.ts";
import type { Peer, Watch } from "../support/peer.ts";
import { Arrivals } from "./arrivals.ts";
import { GROUP_OBJECTS, readPicture } from "./video.ts";

/** What a viewer has had so far, or in a while. */
export interface Share {
  readonly objects: number;
  readonly bytes: number;
}

// What was overtaken this long ago, in milliseconds, is not on its way any more.
const LOST_AFTER = 2_000;

/** Watches the track and checks every object of it. */
export class Viewer {
  readonly name: string;
  readonly latency = new Latency();
  /** Resolves when the track ended; nobody has asked for that. */
  readonly ended: Promise<void>;
  readonly #onLatency: (milliseconds: number) => void;
  readonly #arrivals = new Arrivals(GROUP_OBJECTS);
  readonly #groups = new Set<number>();
  #bytes = 0;
  #damaged = 0;
  #repeated = 0;
  #stopped = false;

  private constructor(name: string, watch: Watch, onLatency: (milliseconds: number) => void) {
    this.name = name;
    this.#onLatency = onLatency;
    this.ended = this.#read(watch);
  }

  /** Subscribes; `onLatency` is told how long each object took, in milliseconds. */
  static async watch(
    peer: Peer,
    path: string,
    track: string,
    onLatency: (milliseconds: number) => void,
  ): Promise<Viewer> {
    await peer.announced(path);
    return new Viewer(peer.name, await peer.watch(path, track), onLatency);
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
      this.#onLatency(now - picture.stamp);
    }
  }
}
