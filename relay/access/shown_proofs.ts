import type { Clock } from "@qumo/shared/runtime";
import { MAX_SHOWN_PROOFS, MAX_SHOWN_RELAYS } from "./limits.ts";

/** A proof that was shown: whose it is, and when it is over, in milliseconds since 1970. */
export interface Proof {
  readonly name: string;
  readonly tokenId: string;
  readonly until: number;
}

/**
 * The proofs of relays' names that were shown here and are not over: a relay signs another one for each
 * session and each renewal, so that one that comes again comes from who saw it. No relay's proofs
 * take the places of another one's.
 */
export class ShownProofs {
  readonly #clock: Pick<Clock, "wall">;
  /** By relay, the one that proved its name last at the end; its proofs in the order in which they came. */
  readonly #relays = new Map<string, Map<string, number>>();

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  /** Notes a good proof; false when it was shown before. */
  take({ name, tokenId, until }: Proof): boolean {
    const shown = this.#relays.get(name) ?? new Map<string, number>();
    const now = this.#clock.wall();
    for (const [id, end] of shown) if (end <= now) shown.delete(id);
    if (shown.has(tokenId)) return false;
    shown.set(tokenId, until);
    this.#relays.delete(name);
    this.#relays.set(name, shown);
    forgetOldest(shown, MAX_SHOWN_PROOFS);
    forgetOldest(this.#relays, MAX_SHOWN_RELAYS);
    return true;
  }
}

function forgetOldest(map: Map<string, unknown>, limit: number): void {
  const [oldest] = map.keys();
  if (map.size > limit) map.delete(oldest!);
}
