/** Sessions that are opened at the same time. */
export const OPENING_SESSIONS = 16;

/** The most sessions of one run. */
export const MAX_SESSIONS = 10_000;

/** The most tracks of one publisher. */
export const MAX_BENCH_TRACKS = 1_000;

/** The most bytes of an object. */
export const MAX_OBJECT_BYTES = 1_048_576;

/** The most objects of a track a second. */
export const MAX_RATE = 10_000;

/** The longest run, in seconds. */
export const MAX_SECONDS = 86_400;

/** How long objects flow before it is measured, in milliseconds. */
export const WARM_UP_MS = 1_000;

/** How long all subscribers may take to have a first object, in milliseconds. */
export const FIRST_OBJECT_MS = 15_000;

/** How long the last objects are waited for, in milliseconds. */
export const LAST_OBJECT_MS = 2_000;

/** How often a line is written while it is measured, in milliseconds. */
export const LIVE_LINE_MS = 1_000;

/** Publishers that are later than this, in milliseconds, do not keep the rate that was asked for. */
export const BEHIND_MS = 250;
