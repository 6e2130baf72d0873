import type { Clock } from "@qumo/shared/runtime";
import type { Policy } from "./policy.ts";
import type { Renewal } from "./renewal.ts";

/** Renews the policies that somebody uses, each when its time has come. */
export class Renewals {
  readonly #clock: Pick<Clock, "wall">;
  readonly #onRenewed: () => void;
  readonly #underWay = new Set<Renewal>();

  constructor(clock: Pick<Clock, "wall">, onRenewed: () => void) {
    this.#clock = clock;
    this.#onRenewed = onRenewed;
  }

  /** When a policy must be looked at next: at its end, or before to renew it. */
  dueOf({ until, renewal }: Policy): number {
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
        this.#onRenewed();
      });
    }
  }
}
