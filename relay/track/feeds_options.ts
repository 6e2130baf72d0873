import type { Clock } from "@qumo/shared/runtime";
import type { Publisher } from "./publisher.ts";

/** Settings of a track's {@linkcode Feeds}. */
export interface FeedsOptions {
  readonly clock: Clock;
  /** Milliseconds that a track is kept flowing after the last subscriber left. */
  readonly linger: number;
  /** The track is over, or nobody wants it and nobody offers it. */
  readonly onGone: () => void;
  /** Who could deliver the track when this publisher is lost, or when nobody is but a subscription. */
  readonly others: (lost: Publisher | undefined) => readonly Publisher[];
  /** Publishers that are here begin to offer the track, or the last of them ends. */
  readonly onOffered: (offered: boolean) => void;
}
