import type { Clock } from "@qumo/shared/runtime";
import { TransportError } from "../../transport/errors.ts";
import { MAX_OVER_RATE_MS } from "../limits.ts";
import type { SessionLimits } from "../settings.ts";
import { RateLimit } from "./rate_limit.ts";

/** The dependencies of {@linkcode PeerQuota}. */
export interface PeerQuotaParts {
  readonly clock: Clock;
  readonly limits: SessionLimits;
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  /** Closes the session because the peer exceeds its quota. */
  readonly giveUp: (reason: string) => void;
}

/** Limits the rate of a peer's messages. */
export class PeerQuota {
  readonly #parts: PeerQuotaParts;
  readonly #rate: RateLimit;

  constructor(parts: PeerQuotaParts) {
    const { clock, limits } = parts;
    this.#parts = parts;
    this.#rate = new RateLimit(clock, limits.controlMessageRate, limits.controlMessageBurst);
  }

  /**
   * Waits until the next message may be read; closes the session of a peer that exceeds its rate
   * for too long. Rejects when the session has ended, so that buffered messages are dropped.
   */
  async admit(): Promise<void> {
    const { signal, giveUp } = this.#parts;
    await this.#rate.take(signal);
    if (signal.aborted) throw new TransportError("closed", 0, "The session ended");
    if (this.#rate.emptyFor < MAX_OVER_RATE_MS) return;
    giveUp("too many requests for too long");
  }
}
