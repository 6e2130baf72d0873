import type { Clock, Timer } from "@qumo/shared/runtime";
import { MAX_SLEEP_MS } from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Renewal } from "./renewal.ts";

/** Renews the policies that somebody uses, each when its time has come, and tells when one ends. */
export class Renewals {
  readonly #clock: Pick<Clock, "wall" | "after">;
  readonly #onDue: () => void;
  readonly #underWay = new Set<Renewal>();
  #timer: Timer | undefined;
  // When that is due which the timer is for.
  #due = Infinity;

  /** `onDue` is called when the policies must be looked at again. */
  constructor(clock: Pick<Clock, "wall" | "after">, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Tells when the first of these, or of those before, is due. */
  watch(policies: Iterable<Policy>): void {
    for (const policy of policies) {
      // What is over stays with a request that other policies allow, and nothing comes of it any more.
      if (policy.until <= this.#clock.wall()) continue;
      const due = this.#dueOf(policy);
      if (due === Infinity || this.#timer !== undefined && due >= this.#due) continue;
      this.stop();
      this.#due = due;
      // The clock of the machine may be corrected meanwhile.
      const delay = Math.min(Math.max(due - this.#clock.wall(), 0), MAX_SLEEP_MS);
      this.#timer = this.#clock.after(delay, this.#onDue);
    }
  }

  /** Watches none any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** When a policy must be looked at next: at its end, or before to renew it. */
  #dueOf({ until, renewal }: Policy): number {
    const isWaiting = renewal !== undefined && !this.#underWay.has(renewal);
    return isWaiting ? Math.min(until, renewal.at) : until;
  }

  /** Begins to renew those of these whose time has come. */
  renew(policies: Iterable<Policy>): void {
    const now = this.#clock.wall();
    for (const { renewal, until } of policies) {
      if (renewal === undefined || renewal.at > now || until <= now) continue;
      if (this.#underWay.has(renewal)) continue;
      this.#underWay.add(renewal);
      void renewal.renew().then(() => {
        this.#underWay.delete(renewal);
        this.#onDue();
      });
    }
  }
}
