/** How long the controller may take to answer a request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 5000;

/** Bytes of an answer: the longest has one relay with its 256 links. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** The longest wait that a controller may ask for, in milliseconds: leases are about as long. */
export const MAX_RETRY_AFTER_MS = 60_000;

/** How long a deregistration may take, in milliseconds: without it the lease expires anyway. */
export const DEREGISTER_TIMEOUT_MS = 2000;

/** The interval of keep-alives that a controller is asked for on the event stream, in seconds. */
export const ASKED_KEEP_ALIVE_SEC = 1;

/** Interval of keep-alives of a controller that does not say it, as older ones, in milliseconds. */
export const KEEP_ALIVE_MS = 15_000;

/**
 * Keep-alives that may be missing before the controller is asked for a sign of life: less than three,
 * because TCP retries about as long after an outage as it lasted.
 */
export const MISSED_KEEP_ALIVES = 2.5;

/**
 * How long the answer to the request for an event stream may take before that, in milliseconds. Where
 * the controller was away it is as long as between two requests for a sign of life.
 */
export const OPENING_MS = 1000;

/**
 * The longest time between two requests for a sign of life, in milliseconds: each has a new
 * connection, because TCP would be late on an old one.
 */
export const PROBE_MS = 500;

/** How long a controller may take to answer such a request, in milliseconds. */
export const PROBE_TIMEOUT_MS = 2000;

/**
 * How much longer than the sign of life the event stream may take, in milliseconds: a controller that
 * stood still sends both.
 */
export const PROBE_GRACE_MS = 250;

/**
 * How long an event stream may take until it has told everything, in milliseconds: ten million
 * characters over a slow path take half of it.
 */
export const READY_MS = 120_000;

/** Requests for a sign of life without an answer before another controller is asked too. */
export const PROBES_OF_ONE = 5;

/** Requests for a sign of life without an answer before the event stream is given up. */
export const MAX_PROBES = 20;

/** Characters of one line of an event stream: a graph of ten thousand relays has some ten million. */
export const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/** Characters of one event, which is a line of data in most cases. */
export const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

/** Relays in the mirror: as many as a controller keeps. */
export const MAX_MIRRORED_RELAYS = 20_000;

/** Announces of all relays in the mirror: more than a controller keeps. */
export const MAX_MIRRORED_ANNOUNCES = 1_000_000;

/**
 * How long the mirror keeps entries that a new snapshot does not contain, in milliseconds. After a
 * restart a controller learns its relays again, which takes some seconds.
 */
export const STALE_MS = 30_000;

/** Up to this many announces are sent with every heartbeat; more are replaced by their digest. */
export const FEW_ANNOUNCES = 16;

/** Announces that are renewed one by one at a controller that takes no lists: each is a request. */
export const MAX_SINGLE_ANNOUNCES = 1000;

/**
 * How often a single announce is renewed, in milliseconds: the controller forgets it after 90
 * seconds.
 */
export const SINGLE_ANNOUNCE_MS = 25_000;

/** Polling interval of a controller without an event stream, in milliseconds. */
export const POLL_MS = 5000;

/** Next hops that are polled from such a controller at once: each is a request. */
export const MAX_POLLED_ROUTES = 64;

/** The shortest time between two heartbeats that a controller can ask for, in milliseconds. */
export const MIN_HEARTBEAT_MS = 100;

/**
 * Jitter of the heartbeat interval, as a share of it, so that relays do not send at the same
 * moment.
 */
export const JITTER = 0.1;

/**
 * New epochs in a row that a relay may try without a wait: the controller's time, and one above
 * that of a former process.
 */
export const MAX_EPOCHS_IN_A_ROW = 3;

/**
 * The waits of an event stream that failed, in milliseconds: who was revoked meanwhile is served
 * until it is back.
 */
export const FOLLOW_RETRY = { first: 250, cap: 800, healthyAfter: 10_000 } as const;

/** The first wait after another failure and the longest one, in milliseconds. */
export const RETRY = { first: 250, cap: 10_000, healthyAfter: 10_000 } as const;

/**
 * Interests of this relay: namespaces and prefixes that its sessions ask for. With more it follows all
 * announces.
 */
export const MAX_FOLLOWED = 8192;

/** How long an interest is kept after its last use, in milliseconds. */
export const INTEREST_MS = 300_000;

/** Milliseconds between two looks for interests that nobody has used for long. */
export const SWEEP_MS = 60_000;

/**
 * How long a request may wait for the controller to say who has a track that is asked for the first
 * time, in milliseconds. What comes later is found by who still waits.
 */
export const LOOKUP_MS = 2000;

/** The wait before a change of interests that the controller put off is sent again, in milliseconds. */
export const RESEND_MS = 100;

/**
 * Changes of interests in a row that come to another controller than the event stream, as behind a load
 * balancer that keeps no client at one, before all announces are followed instead.
 */
export const MAX_MISSES = 3;
