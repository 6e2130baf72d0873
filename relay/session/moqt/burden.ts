import { SessionCode } from "@qumo/shared/wire";
import { MAX_OVER_RATE_MS } from "../limits.ts";
import type { SessionEnd } from "../metrics.ts";
import type { SessionContext } from "./context.ts";
import { RateLimit } from "./rate_limit.ts";

/** Ends a session whose peer is too great a burden. */
export type GiveUp = (code: SessionCode, reason: string, end: SessionEnd) => void;

/** How much a peer may burden us with the messages that it sends. */
export class Burden {
  readonly #context: SessionContext;
  readonly #giveUp: GiveUp;
  readonly #rate: RateLimit;

  constructor(context: SessionContext, giveUp: GiveUp) {
    const { clock, settings } = context;
    const { controlMessageRate, controlMessageBurst } = settings.limits;
    this.#context = context;
    this.#giveUp = giveUp;
    this.#rate = new RateLimit(clock, controlMessageRate, controlMessageBurst);
  }

  /** Waits until the peer may be listened to again; one that never stops is given up. */
  async admit(): Promise<void> {
    await this.#rate.take(this.#context.tasks.signal);
    if (this.#rate.emptyFor < MAX_OVER_RATE_MS) return;
    this.#giveUp(SessionCode.INTERNAL_ERROR, "too many requests for too long", "limit");
  }
}
