import type { RefusalKind, TrackEndKind } from "../vocabulary/mod.ts";

/**
 * A publisher's data contradicts the model (#malformed-tracks). Ends that track for all
 * subscribers, and nothing else.
 */
export class MalformedTrack extends Error {
  override readonly name = "MalformedTrack";
}

/**
 * A publisher's objects lie behind those of another publisher: it numbers its groups differently.
 */
export class OtherNumbering extends MalformedTrack {}

/** A refusal with a reason for people. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly reason: string;
  /** Milliseconds after which the same request may succeed; absent when it will not. */
  readonly retryAfter?: number;
}

/** The end of a track with a reason for people. */
export interface TrackEnd {
  readonly kind: TrackEndKind;
  readonly reason: string;
}

const OF_TRACK: ReadonlySet<TrackEnd["kind"]> = new Set(["ended", "replaced", "malformed"]);

/** Whether an end is of the track, not only of its publisher. */
export function isOfTrack({ kind }: TrackEnd): boolean {
  return OF_TRACK.has(kind);
}
