import type { Clock, Timer } from "@qumo/shared/runtime";

/**
 * How long a link may be broken before the relays behind it count as out of reach, beside the time for
 * which it is not trusted when it is back, in milliseconds. A link that is down for a second costs no
 * more than one packet that opens a connection and is sent again.
 */
export const SHORT_OUTAGE_MS = 1_500;

/** What a {@linkcode Reach} works with. */
export interface ReachOptions {
  readonly clock: Clock;
  /** How long a relay without a way counts as within reach. */
  readonly patienceMs: number;
  /** The relays that have something. */
  readonly sources: () => Iterable<string>;
  /** Whether there is a way to a relay, as far as anybody knows. */
  readonly hasWay: (relay: string) => boolean;
  /** Whether somebody says what becomes of the ways. */
  readonly isCertain: () => boolean;
  readonly onChange: (relay: string, isReached: boolean) => void;
}

/**
 * Which relays are out of reach: those to which there has been no way for a while. While nobody says
 * what becomes of the ways none is added, since there may be one that is not known here.
 */
export class Reach {
  readonly #options: ReachOptions;
  readonly #waiting = new Map<string, Timer>();
  readonly #lost = new Set<string>();

  constructor(options: ReachOptions) {
    this.#options = options;
  }

  /** The relays that are out of reach. */
  get lost(): ReadonlySet<string> {
    return this.#lost;
  }

  /** Links, routes or what relays have is different. */
  review(): void {
    const { clock, patienceMs, sources, hasWay, onChange } = this.#options;
    const present = new Set(sources());
    for (const relay of this.#waiting.keys()) if (!present.has(relay)) this.#stopWaiting(relay);
    for (const relay of this.#lost) {
      if (present.has(relay) && !hasWay(relay)) continue;
      this.#lost.delete(relay);
      onChange(relay, true);
    }
    for (const relay of present) {
      if (this.#lost.has(relay)) continue;
      if (hasWay(relay)) this.#stopWaiting(relay);
      else if (!this.#waiting.has(relay)) {
        this.#waiting.set(relay, clock.after(patienceMs, () => this.#late(relay)));
      }
    }
  }

  /** Decides nothing more. */
  close(): void {
    for (const relay of this.#waiting.keys()) this.#stopWaiting(relay);
  }

  #late(relay: string): void {
    this.#waiting.delete(relay);
    const { hasWay, isCertain, onChange } = this.#options;
    // What is heard next begins the wait anew.
    if (hasWay(relay) || !isCertain()) return;
    this.#lost.add(relay);
    onChange(relay, false);
  }

  #stopWaiting(relay: string): void {
    this.#waiting.get(relay)?.cancel();
    this.#waiting.delete(relay);
  }
}
