import { type Clock, TokenBucket } from "@qumo/shared/runtime";
import { Http3Code, Http3Error } from "./codes.ts";
import { FRAMES_AT_ONCE, FRAMES_PER_SECOND } from "./limits.ts";

/**
 * Limits the rate of frames, capsules and datagrams that have no use: they cost the sender nothing.
 */
export class FrameGuard {
  readonly #bucket: TokenBucket;

  constructor(clock: Clock) {
    this.#bucket = new TokenBucket(clock, { rate: FRAMES_PER_SECOND, burst: FRAMES_AT_ONCE });
  }

  /** Counts one. Throws above the limit. */
  count(): void {
    if (this.#bucket.take()) return;
    throw new Http3Error(
      Http3Code.excessiveLoad,
      `more than ${FRAMES_PER_SECOND} frames or capsules a second beside the data`,
    );
  }
}
