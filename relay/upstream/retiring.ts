import type { Clock } from "@qumo/shared/runtime";
import type { Track } from "../track/mod.ts";
import type { Leg } from "./leg.ts";
import type { Link } from "./link.ts";

/** How long a leg may take to deliver its last group, in milliseconds: a group may never end. */
const RETIREMENT_MS = 5_000;

interface Entry {
  readonly done: (() => void) | undefined;
}

/**
 * Legs that were replaced, each until it has delivered its last groups: the current one and the
 * next, which the new leg may not have from the start.
 */
export class Retiring {
  readonly #track: Track;
  readonly #clock: Clock;
  readonly #legs = new Map<Leg, Entry>();

  constructor(track: Track, clock: Clock) {
    this.#track = track;
    this.#clock = clock;
  }

  get size(): number {
    return this.#legs.size;
  }

  /** Adds a leg that is to end; `done` is called when it has. */
  add(leg: Leg, done?: () => void): void {
    const { largest } = this.#track;
    this.#legs.set(leg, { done });
    leg.retirement = this.#clock.after(RETIREMENT_MS, () => this.#end(leg));
    if (largest === undefined) return;
    leg.endGroup = largest.group + 1n;
    leg.feed.update({ endGroup: leg.endGroup });
  }

  /** Ends the legs that have delivered their last group. */
  sweep(): void {
    const group = this.#track.largest?.group;
    for (const leg of [...this.#legs.keys()]) {
      const isBeyond = leg.endGroup === undefined || (group !== undefined && group > leg.endGroup);
      if (isBeyond && leg.feed.isQuiet) this.#end(leg);
    }
  }

  /** Removes a leg that ended by itself; returns whether it was one of these. */
  drop(leg: Leg): boolean {
    leg.retirement?.cancel();
    return this.#legs.delete(leg);
  }

  /** Cancels the legs on `link`, which gets a new subscription. */
  cancelOn(link: Link): void {
    for (const leg of [...this.#legs.keys()]) {
      if (leg.route.link !== link) continue;
      this.#legs.delete(leg);
      leg.cancel();
    }
  }

  /** Cancels all legs at once. */
  close(): void {
    for (const leg of [...this.#legs.keys()]) {
      this.#legs.delete(leg);
      leg.cancel();
    }
  }

  #end(leg: Leg): void {
    const entry = this.#legs.get(leg);
    this.#legs.delete(leg);
    leg.cancel();
    entry?.done?.();
  }
}
