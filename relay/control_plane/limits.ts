/** How long the controller may take to answer a request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 5000;

/** Bytes of an answer: the longest says one relay and its 256 links, or why it refuses. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** How long leaving the controller may take, in milliseconds: its lease ends by itself anyway. */
export const DEREGISTER_TIMEOUT_MS = 2000;

/** How often a stream of events that has nothing to say says so, in milliseconds. */
export const KEEP_ALIVE_MS = 15_000;

/** Signs of life in a row that may be missing before a stream of events counts as dead. */
export const MISSED_KEEP_ALIVES = 3;

/** Characters of one line of a stream of events: a graph of ten thousand relays has some ten million. */
export const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** Characters of one event, which is a line of data in most cases. */
export const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

/** Relays that the mirror takes in: what a controller keeps. */
export const MAX_MIRRORED_RELAYS = 20_000;

/** Announces that the mirror takes in, all relays together: what a controller keeps. */
export const MAX_MIRRORED_ANNOUNCES = 1_000_000;

/**
 * How long what a new snapshot does not confirm is still believed, in milliseconds. A controller that
 * has begun anew learns again who is there, and the relays need some seconds to tell it.
 */
export const DOUBT_MS = 30_000;

/** Announces that are sent whole with each heartbeat: up to here a list is no larger than its reasons. */
export const FEW_ANNOUNCES = 16;

/** Announces that are kept up one by one at a controller that takes no lists: each is a request. */
export const MAX_SINGLE_ANNOUNCES = 1000;

/** How often such an announce is renewed, in milliseconds: the controller forgets it after 90 seconds. */
export const SINGLE_ANNOUNCE_MS = 25_000;

/** How often a controller without a stream of events is asked for everything, in milliseconds. */
export const POLL_MS = 5000;

/** Relays whose next hops such a controller is asked for at a time: each is a request. */
export const MAX_POLLED_ROUTES = 64;

/** The shortest time between two heartbeats that a controller can ask for, in milliseconds. */
export const MIN_HEARTBEAT_MS = 100;

/** The share of an interval by which it is made longer or shorter, so that relays do not beat as one. */
export const JITTER = 0.1;

/** Epochs that a relay may take in a row without a wait: the controller's time, and one above a former. */
export const MAX_EPOCHS_IN_A_ROW = 3;

/** The first wait after a failure and the longest one, in milliseconds. */
export const RETRY = { first: 250, cap: 10_000, healthyAfter: 10_000 } as const;
