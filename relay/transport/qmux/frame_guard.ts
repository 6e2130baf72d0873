import { type Clock, TokenBucket } from "@qumo/shared/runtime";
import { QmuxCode, QmuxError } from "./codes.ts";
import { USELESS_FRAMES_AT_ONCE, USELESS_FRAMES_PER_SECOND } from "./limits.ts";

/** Limits the rate of frames and messages that have no use: they cost the sender nothing. */
export class FrameGuard {
  readonly #bucket: TokenBucket;

  constructor(clock: Clock) {
    this.#bucket = new TokenBucket(clock, {
      rate: USELESS_FRAMES_PER_SECOND,
      burst: USELESS_FRAMES_AT_ONCE,
    });
  }

  /** Counts one. Throws a {@linkcode QmuxError} above the limit. */
  count(): void {
    if (this.#bucket.take()) return;
    const reason = `more than ${USELESS_FRAMES_PER_SECOND} frames a second beside the data`;
    throw new QmuxError(QmuxCode.protocolViolation, reason, true);
  }
}
