/** Events that can be asked for: an operator's week of an ordinary mesh, and a storm's last hours. */
export const MAX_EVENTS = 5000;

/** Bytes of all of them, as JSON: names and reasons come from relays and may be long. */
export const MAX_EVENTS_BYTES = 2 * 1024 * 1024;

/** Characters of one text in an event: a relay's name fits in, what is longer is cut. */
export const MAX_FIELD = 255;

/** Events of one relay at once, and one more for each of so many milliseconds: a relay must not push out others'. */
export const RELAY_BURST = 50;
export const RELAY_REFILL_MS = 2000;

/** Relays whose events are counted: the one that was quiet for longest is forgotten first. */
export const MAX_COUNTED_RELAYS = 20_000;

/** Milliseconds for which refused tokens are gathered into one event after the first. */
export const REFUSALS_WINDOW_MS = 60_000;

/** Milliseconds after which a relay's announces are counted anew: they come in crowds. */
export const ANNOUNCES_SETTLE_MS = 5000;

/**
 * Milliseconds for which nobody must reach a relay before that is told: both ends of a link that comes
 * up or goes say so within a second.
 */
export const UNREACHABLE_SETTLE_MS = 2000;

/** Milliseconds between two looks at a store that is shared: it can be lost although nothing is written. */
export const STORE_LOOK_MS = 1000;
