import type { Clock } from "@qumo/shared/runtime";
import { TransportError } from "../../../transport/errors.ts";
import { MAX_OVER_RATE_MS } from "../../limits.ts";
import type { SessionLimits } from "../../settings.ts";
import { RateLimit } from "./rate_limit.ts";

/** What {@linkcode PeerQuota} works with. */
export interface PeerQuotaParts {
  readonly clock: Clock;
  readonly limits: SessionLimits;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** Ends a session whose peer is too great a burden. */
  readonly giveUp: (reason: string) => void;
}

/** How much a peer may burden us with the messages that it sends. */
export class PeerQuota {
  readonly #parts: PeerQuotaParts;
  readonly #rate: RateLimit;

  constructor(parts: PeerQuotaParts) {
    const { clock, limits } = parts;
    this.#parts = parts;
    this.#rate = new RateLimit(clock, limits.controlMessageRate, limits.controlMessageBurst);
  }

  /**
   * Waits until the peer may be listened to again; one that never stops is given up. Rejects when the
   * session has ended: what it still has in its buffers concerns nobody.
   */
  async admit(): Promise<void> {
    const { signal, giveUp } = this.#parts;
    await this.#rate.take(signal);
    if (signal.aborted) throw new TransportError("closed", 0, "The session ended");
    if (this.#rate.emptyFor < MAX_OVER_RATE_MS) return;
    giveUp("too many requests for too long");
  }
}
