import type { Clock, Timer } from "@qumo/shared/runtime";

/**
 * How long a link may be down, in addition to its hold time, before the relays behind it count as
 * unreachable, in milliseconds. One lost packet of a new connection, which is sent again, takes a
 * link down for a second.
 */
export const SHORT_OUTAGE_MS = 1_500;

/** What a {@linkcode Reachability} works with. */
export interface ReachabilityOptions {
  readonly clock: Clock;
  /** How long a relay without a route still counts as reachable, in milliseconds. */
  readonly patienceMs: number;
  /** Returns the relays that have announces. */
  readonly sources: () => Iterable<string>;
  /** Whether there is a route to a relay. */
  readonly hasRoute: (relay: string) => boolean;
  /** Whether routes are up to date: a controller is being followed. */
  readonly isCertain: () => boolean;
  readonly onChange: (relay: string, isReached: boolean) => void;
}

/**
 * Decides which relays are unreachable: those to which there has been no route for a while. While
 * no controller is followed none is added, since there may be a route that is not known here.
 */
export class Reachability {
  readonly #options: ReachabilityOptions;
  readonly #waiting = new Map<string, Timer>();
  readonly #lost = new Set<string>();

  constructor(options: ReachabilityOptions) {
    this.#options = options;
  }

  /** The unreachable relays. */
  get lost(): ReadonlySet<string> {
    return this.#lost;
  }

  /** Links, routes or announces have changed. */
  review(): void {
    const { clock, patienceMs, sources, hasRoute, onChange } = this.#options;
    const present = new Set(sources());
    for (const relay of this.#waiting.keys()) if (!present.has(relay)) this.#stopWaiting(relay);
    for (const relay of this.#lost) {
      if (present.has(relay) && !hasRoute(relay)) continue;
      this.#lost.delete(relay);
      onChange(relay, true);
    }
    for (const relay of present) {
      if (this.#lost.has(relay)) continue;
      if (hasRoute(relay)) this.#stopWaiting(relay);
      else if (!this.#waiting.has(relay)) {
        this.#waiting.set(relay, clock.after(patienceMs, () => this.#late(relay)));
      }
    }
  }

  /** Stops deciding. */
  close(): void {
    for (const relay of this.#waiting.keys()) this.#stopWaiting(relay);
  }

  #late(relay: string): void {
    this.#waiting.delete(relay);
    const { hasRoute, isCertain, onChange } = this.#options;
    // The next change starts the wait again.
    if (hasRoute(relay) || !isCertain()) return;
    this.#lost.add(relay);
    onChange(relay, false);
  }

  #stopWaiting(relay: string): void {
    this.#waiting.get(relay)?.cancel();
    this.#waiting.delete(relay);
  }
}
