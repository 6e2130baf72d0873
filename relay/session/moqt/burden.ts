import { SessionCode } from "@qumo/shared/wire";
import type { SendStream } from "../../transport/types.ts";
import {
  MAX_OVER_RATE_MS,
  MAX_PARKED_STREAMS,
  MAX_STREAMS_WAITING,
  RELAY_LIMIT_FACTOR,
} from "../limits.ts";
import type { SessionEnd } from "../metrics.ts";
import type { SessionContext } from "./context.ts";
import { RateLimit } from "./rate_limit.ts";

/** Ends a session whose peer is too great a burden. */
export type GiveUp = (code: SessionCode, reason: string, end: SessionEnd) => void;

/** How much a peer may burden us: the messages that it sends, and the streams that it lets wait. */
export class Burden {
  readonly #context: SessionContext;
  readonly #giveUp: GiveUp;
  readonly #rate: RateLimit;
  #streamsWaiting = 0;

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

  /** Opens a stream for objects, once the peer allows it. */
  async openStream(): Promise<SendStream> {
    this.#streamsWaiting++;
    if (this.#streamsWaiting > MAX_STREAMS_WAITING) {
      const reason = "too many streams wait to be allowed";
      this.#giveUp(SessionCode.DATA_STREAM_TIMEOUT, reason, "too_slow");
    }
    try {
      return await this.#context.connection.openUni();
    } finally {
      this.#streamsWaiting--;
    }
  }

  /** A stream had to be left open. A link carries the tracks of many, each of which may leave one behind. */
  streamParked(isLink: boolean): void {
    const limit = MAX_PARKED_STREAMS * (isLink ? RELAY_LIMIT_FACTOR : 1);
    if (this.#context.connection.parkedStreams <= limit) return;
    const reason = "too many streams were left unfinished";
    this.#giveUp(SessionCode.DATA_STREAM_TIMEOUT, reason, "too_slow");
  }
}
