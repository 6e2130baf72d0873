/** Expired relays in a listing: operators look at the newest. */
export const MAX_EXPIRED = 1000;

/**
 * For how long a process that was refused as the older one of its name is told of to the newer one, in
 * milliseconds: the older one asks again within a third of that as long as it is there.
 */
export const RIVAL_MS = 90_000;

/** Entries in one event of a snapshot: a watcher that does not read holds at most one event. */
export const SNAPSHOT_PAGE = 100;

/**
 * Sources of a track that one assignment considers: each costs a search through the whole graph.
 */
export const MAX_SOURCES = 8;

/** Route searches waiting to run. */
export const MAX_WAITING_SEARCHES = 64;

/** Characters of a relay's name in an error message: the longest name fits. */
export const MAX_NAME_SHOWN = 255;

/**
 * Characters of the reasons in an error message: several relay names and what is wrong with each.
 */
export const MAX_REASON_SHOWN = 4096;

/**
 * Milliseconds by which the end of a lease may be noticed too late before the controller counts as
 * busy or stopped, and the relays as heard: their heartbeats wait in its sockets.
 */
export const LATE_MS = 250;
