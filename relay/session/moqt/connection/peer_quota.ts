import { SessionCode } from "@qumo/shared/wire";
import { TransportError } from "../../../transport/errors.ts";
import { MAX_OVER_RATE_MS } from "../../limits.ts";
import type { SessionContext } from "../context.ts";
import { RateLimit } from "./rate_limit.ts";
import type { SessionEnd } from "../../../vocabulary.ts";

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

  /**
   * Waits until the peer may be listened to again; one that never stops is given up. Rejects when the
   * session has ended: what it still has in its buffers concerns nobody.
   */
  async admit(): Promise<void> {
    const { signal } = this.#context.tasks;
    await this.#rate.take(signal);
    if (signal.aborted) throw new TransportError("closed", 0, "The session ended");
    if (this.#rate.emptyFor < MAX_OVER_RATE_MS) return;
    this.#giveUp(SessionCode.INTERNAL_ERROR, "too many requests for too long", "limit");
  }
}
