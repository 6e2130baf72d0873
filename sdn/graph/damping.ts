import type { Hysteresis } from "./cost.ts";

interface Held {
  /** The cost that counts, in steps. */
  readonly steps: number;
  /** The configured cost it was taken with: when that changes, somebody meant it. */
  readonly configured: number;
  /** Since when the measured cost has been away from the one that counts, and on which side. */
  readonly since?: number;
  readonly isBetter?: boolean;
}

/** The costs that count, by the two ends of the link. */
export type Damping = ReadonlyMap<string, ReadonlyMap<string, Held>>;

/** No cost is held back yet. */
export const undamped: Damping = new Map();

/**
 * Holds costs back until a difference has lasted. It works on links, not on routes: every route is
 * then the shortest one over the same costs, whoever asks, so that two relays never send a track
 * round in a circle because one of them still holds to an older route.
 */
export class Damper {
  readonly #hysteresis: Hysteresis;
  readonly #before: Damping;
  readonly #now: number;
  readonly #after = new Map<string, Map<string, Held>>();
  #settlesAt = Infinity;

  /** Continues from the costs held `before`; times are in milliseconds on the caller's scale. */
  constructor(hysteresis: Hysteresis, before: Damping, now: number) {
    this.#hysteresis = hysteresis;
    this.#before = before;
    this.#now = now;
  }

  /** The costs held now, for those links that {@linkcode Damper.damp} was asked about. */
  get after(): Damping {
    return this.#after;
  }

  /** When a difference that lasts will have lasted long enough; `Infinity` when none does. */
  get settlesAt(): number {
    return this.#settlesAt;
  }

  /** The cost that counts for a link whose measured cost is `steps`. */
  damp(from: string, to: string, cost: { steps: number; configured: number }): number {
    const held = this.#next(this.#before.get(from)?.get(to), cost);
    const links = this.#after.get(from) ?? new Map<string, Held>();
    links.set(to, held);
    this.#after.set(from, links);
    if (held.since !== undefined) {
      this.#settlesAt = Math.min(this.#settlesAt, held.since + this.#hysteresis.holdMs);
    }
    return held.steps;
  }

  #next(before: Held | undefined, { steps, configured }: { steps: number; configured: number }) {
    const { minGain, holdMs } = this.#hysteresis;
    if (before === undefined || before.configured !== configured) return { steps, configured };
    const calm: Held = { steps: before.steps, configured };
    const difference = Math.abs(steps - before.steps);
    if (difference === 0 || difference < minGain * before.steps) return calm;
    const isBetter = steps < before.steps;
    const since = before.isBetter === isBetter ? before.since ?? this.#now : this.#now;
    if (this.#now - since >= holdMs) return { steps, configured };
    return { ...calm, since, isBetter };
  }
}
