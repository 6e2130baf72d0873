import { type Clock, TokenBucket } from "@qumo/shared/runtime";
import { Http3Code, Http3Error } from "./codes.ts";
import { FRAMES_AT_ONCE, FRAMES_PER_SECOND } from "./limits.ts";

/** Ends a connection that sends frames, capsules or datagrams without use, which cost the sender nothing. */
export class FrameGuard {
  readonly #bucket: TokenBucket;

  constructor(clock: Clock) {
    this.#bucket = new TokenBucket(clock, { rate: FRAMES_PER_SECOND, burst: FRAMES_AT_ONCE });
  }

  /** Another one came. Throws when they are too many. */
  count(): void {
    if (this.#bucket.take()) return;
    throw new Http3Error(
      Http3Code.excessiveLoad,
      `more than ${FRAMES_PER_SECOND} frames or capsules a second beside the data`,
    );
  }
}
