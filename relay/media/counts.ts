import type { HlsLoss, HlsOutcome, LookupOutcome } from "../vocabulary/mod.ts";

/** What is counted of media over HTTP. */
export interface MediaCounts {
  /** Answers of `/announced` and `/fetch`. */
  readonly lookups: Record<LookupOutcome, number>;
  /** Answers under `/hls/`. */
  readonly hls: Record<HlsOutcome, number>;
  /** What players of HLS were not given. */
  readonly hlsLosses: Record<HlsLoss, number>;
}
