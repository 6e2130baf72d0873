import type { RefusalKind, TrackEndKind } from "../vocabulary.ts";

/**
 * A publisher broke the model: what it sends cannot be the track it claims to be
 * (#malformed-tracks). Ends that track for everybody, and nothing else.
 */
export class MalformedTrack extends Error {
  override readonly name = "MalformedTrack";
}

/** A publisher brings what lies behind what another brought: it counts in another way. */
export class OtherNumbering extends MalformedTrack {}

/** A refusal, with a sentence for people. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: string;
  /** Milliseconds after which the same request may succeed; absent when it will not. */
  readonly retryAfter?: number;
}

/** The end of a track, with a sentence for people. */
export interface TrackEnd {
  readonly kind: TrackEndKind;
  readonly reason: string;
}
