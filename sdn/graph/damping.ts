import type { Hysteresis } from "./cost.ts";

interface Held {
  /** The effective cost, in steps. */
  readonly steps: number;
  /** The configured cost at that time: a change of configuration takes effect at once. */
  readonly configured: number;
  /** Since when the measured cost has deviated from the effective one, and in which direction. */
  readonly since?: number;
  readonly isBetter?: boolean;
}

/** The effective costs by the link's two ends. */
export type Damping = ReadonlyMap<string, ReadonlyMap<string, Held>>;

/** No damped costs. */
export const undamped: Damping = new Map();

/**
 * Damps measured costs until a difference has lasted (hysteresis). It damps links, not routes:
 * every route is then the shortest over the same costs, so that two relays cannot form a loop
 * because one of them keeps an older route.
 */
export class Damper {
  readonly #hysteresis: Hysteresis;
  readonly #before: Damping;
  readonly #now: number;
  readonly #after = new Map<string, Map<string, Held>>();
  #settlesAt = Infinity;

  /** Continues from the costs `before`; times are milliseconds of the caller's clock. */
  constructor(hysteresis: Hysteresis, before: Damping, now: number) {
    this.#hysteresis = hysteresis;
    this.#before = before;
    this.#now = now;
  }

  /** The effective costs of all links that were passed to {@linkcode Damper.damp}. */
  get after(): Damping {
    return this.#after;
  }

  /** When the next damped difference takes effect; `Infinity` when there is none. */
  get settlesAt(): number {
    return this.#settlesAt;
  }

  /** The effective cost of a link whose measured cost is `steps`. */
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
