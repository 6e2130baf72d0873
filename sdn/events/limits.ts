/** Listed events: a week of an ordinary mesh, or the last hours of a storm. */
export const MAX_EVENTS = 5000;

/** Bytes of all listed events as JSON: names and reasons come from relays and may be long. */
export const MAX_EVENTS_BYTES = 2 * 1024 * 1024;

/** Characters of one text in an event: a relay's name fits, longer texts are cut. */
export const MAX_FIELD = 255;

/**
 * Burst of events of one relay, and the milliseconds until it may cause one more: one relay must
 * not evict the events of others.
 */
export const RELAY_BURST = 50;
export const RELAY_REFILL_MS = 2000;

/** Relays with an event budget: the one that was idle for longest is evicted first. */
export const MAX_COUNTED_RELAYS = 20_000;

/** Milliseconds during which further refused requests are aggregated into one event. */
export const REFUSALS_WINDOW_MS = 60_000;

/** Milliseconds between counts of a relay's announces, which change in bursts. */
export const ANNOUNCES_SETTLE_MS = 5000;

/**
 * Milliseconds for which a relay must be unreachable before it is reported: both ends of a link
 * report a change within a second.
 */
export const UNREACHABLE_SETTLE_MS = 2000;

/** Milliseconds between health checks of a shared store: it can fail while nothing is written. */
export const STORE_LOOK_MS = 1000;
