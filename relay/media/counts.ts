import type { LookupOutcome } from "../vocabulary.ts";

/** What is counted of media over HTTP. */
export interface MediaCounts {
  /** Answers of `/announced` and `/fetch`. */
  readonly lookups: Record<LookupOutcome, number>;
}
