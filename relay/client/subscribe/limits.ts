/** How long the catalog of a namespace is waited for before its tracks are raw, in milliseconds. */
export const CATALOG_MS = 3_000;

/** How long a track that is gone may come back after its last object, in milliseconds. */
export const GONE_MS = 15_000;

/** How long the first sample of a track is waited for before the others begin without it. */
export const FIRST_SAMPLE_MS = 2_000;

/** Samples that wait for the first one of another track. */
export const MAX_EARLY_SAMPLES = 1_024;

/** Bytes that wait for who reads the output; behind it groups are left out, which is said. */
export const MAX_WAITING_BYTES = 67_108_864;

/** The furthest that a timestamp may be from the time of day for a latency to be said, in milliseconds. */
export const MAX_LATENCY_MS = 60_000;

/** How far a timestamp may be ahead of the time of day, in milliseconds, before clocks are said to differ. */
export const CLOCK_ERROR_MS = 20;
