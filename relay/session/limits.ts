/** Limits of sessions that are not for configuration, each with its reason. */

/** What a stream is read into to begin with: many streams are short or silent. */
export const FIRST_BUFFER_BYTES = 1_024;

/** What a busy stream is read into: a few packets at once, and many streams still cost little. */
export const READ_BUFFER_BYTES = 16_384;

/** Messages that wait for a peer that does not read them; more and the request is cancelled. */
export const MAX_SEND_BACKLOG_BYTES = 1_048_576;

/** Request ids that arrived out of order: streams overtake each other, but not by thousands. */
export const MAX_REQUEST_ID_GAPS = 4_096;

/** How long data waits for the message that names its track. It is under way at the same time. */
export const UNKNOWN_ALIAS_MS = 2_000;

/** How long a request may be behind one that names it: streams overtake each other. */
export const OVERTAKEN_MS = 2_000;

/** Datagrams that wait for the message that names their track. */
export const MAX_WAITING_DATAGRAMS = 64;

/**
 * Tracks of one publisher whose subscriptions are kept although nobody watches, since they could not be
 * had again. With more, viewers of one moment could use up what a publisher may have.
 */
export const MAX_KEPT_SUBSCRIPTIONS = 64;

/** Track aliases of ended subscriptions that are remembered, to drop late objects at once. */
export const MAX_RETIRED_ALIASES = 1_024;

/** Scopes that another relay may ask about on one session: each holds some memory while it lasts. */
export const MAX_RELAY_SCOPES = 1_024;

/** How much more another relay may ask for than a client: it asks for all of its own. */
export const RELAY_LIMIT_FACTOR = 20;

/**
 * How long everything that a feed brings may be thrown away before the feed is ended: what comes late
 * for once is over sooner, and viewers should not wait for ever for what cannot come.
 */
export const MAX_ONLY_DROPS_MS = 5_000;

/**
 * Subgroups of one track that a publisher may begin at once, and a second: a stream for each packet of
 * audio and three layers of video, after half a minute without. Each costs every subscriber a stream.
 */
export const SUBGROUPS_AT_ONCE = 8_192;
/** See {@linkcode SUBGROUPS_AT_ONCE}. */
export const SUBGROUPS_A_SECOND = 256;

/**
 * Streams that all clients together may have open towards the relay: about 14 KB each, though nothing
 * comes on them. Six for each of as many sessions as there may be; links to relays do not count.
 */
export const MAX_CLIENT_STREAMS = 32_768;

/**
 * Streams of a group that is over, out of those that a peer may open, at which it is asked to begin a new
 * session: they do not end before something comes on them, and a new session begins with none.
 */
export const STUCK_STREAMS_SHARE = 1 / 2;

/** Streams open, out of those that a peer may open, at which one of its tracks is given up. */
export const OPEN_STREAMS_SHARE = 15 / 16;

/** How long a peer that was asked for a new session may take to leave the one that it has. */
export const MOVE_SESSION_MS = 30_000;

/** How long the streams of a track that was given up may take to end, before the session does. */
export const STREAMS_RELEASE_MS = 5_000;

/**
 * How long after the object that ends a group its stream is left to end by itself: the end mostly comes
 * with it, and a publisher that sends none is stopped.
 */
export const MARKED_STREAM_MS = 250;

/**
 * How long a stream may take to bring something whose group is over when it begins: it may be of a
 * publisher that counts anew, which its first object tells.
 */
export const LATE_STREAM_MS = 2_000;

/** Open streams of a feed that are looked at, whenever another begins, for such as are over. */
export const STREAMS_LOOKED_AT = 2;

/**
 * How long a group, of which a subscriber that was behind was left something out, may go on without a
 * newer one before the subscriber is given what begins in it: longer than most groups of video last,
 * and chat that is one group for ever goes on.
 */
export const LEFT_OUT_GROUP_MS = 2_000;

/** How long an ended subscription may take to send what it has begun. */
export const DRAIN_SUBSCRIPTION_MS = 5_000;

/** Bytes of authorization tokens kept under aliases for a peer. */
export const MAX_AUTH_TOKEN_CACHE_BYTES = 16_384;

/**
 * Objects of a group that came as datagrams and are sent to who joins, the newest: more at once the
 * path would drop.
 */
export const MAX_REPLAYED_DATAGRAMS = 64;

/** How long a PUBLISH may wait for a stream that the peer allows, before it is told that there is none. */
export const STREAM_CREDIT_MS = 1_000;

/**
 * How long after its control stream a peer's close may come before the end of the stream counts as a
 * violation: whoever leaves ends its streams first, and a page that is left resets them.
 */
export const CLOSE_AFTER_CONTROL_MS = 1_000;

/** How long a FETCH may wait for a publisher when it does not say. */
export const DEFAULT_FILL_TIMEOUT_MS = 5_000;

/**
 * How long a peer may have more to say than its rate allows. Whoever stays within the other limits has
 * long said everything by then, so this is somebody who makes requests in order to make requests.
 */
export const MAX_OVER_RATE_MS = 60_000;

/**
 * Data streams that wait until the peer allows them: a few for each subscription that a session may
 * have. Beyond it the peer will not catch up, and the least urgent one is given up for each new one.
 */
export const MAX_STREAMS_WAITING = 4_096;

/** How long the peer may allow no stream before those are finished that only wait for their end. */
export const STREAM_PATIENCE_MS = 250;

/**
 * Data streams of one session left open for want of a reset. Browsers allow about 100 streams at once,
 * and what is new must have room beside these. At the limit the oldest is finished.
 */
export const MAX_PARKED_STREAMS = 32;

/**
 * Streams of one kind that are looked at to learn what a peer speaks that did not say. It is the first
 * that tells; what a lost packet lets overtake it is no more than this.
 */
export const MAX_STREAMS_LOOKED_AT = 16;

/** Bytes of a CLIENT_SETUP that are waited for to name what a client offers: its list comes first. */
export const MAX_OFFER_BYTES = 512;

/**
 * How long a stream stays open at least whose group was followed by others and is gone from the cache:
 * a player that is behind may still be at it, and would take its end for the end of the group.
 */
export const PARKED_STREAM_MS = 10_000;

/** How often it is looked whether such streams may be finished. */
export const PARKED_CHECK_MS = 2_500;

/**
 * Datagrams of no use that a session may send a second, on average and at once: padding, and what is of
 * a track that is not taken any more. Hundreds fit into a packet, and each costs us a turn.
 */
export const USELESS_DATAGRAMS_PER_SECOND = 1_000;
/** See {@linkcode USELESS_DATAGRAMS_PER_SECOND}: some seconds of a busy track that was just left. */
export const USELESS_DATAGRAMS_AT_ONCE = 10_000;

/**
 * Requests of a session that were begun and not finished in time: nobody has that many by accident, and
 * each may keep its stream as long as the peer says nothing more on it.
 */
export const MAX_INCOMPLETE_REQUESTS = 64;

/**
 * Bytes that may be sent ahead of a request's next message to see whether the peer still takes them:
 * the longest form of the message's type without its last byte.
 */
export const MAX_PROBES = 8;

/** Of these, how many are sent because of time: two are kept for when something speaks for a stop. */
export const MAX_TIMED_PROBES = 6;

/** How long a request is quiet before it is asked whether it was stopped; then twice as long each time. */
export const FIRST_PROBE_MS = 2_000;

/** The longest time between two looks at a quiet request. */
export const MAX_PROBE_DELAY_MS = 64_000;

/** How long after a subscriber refused a stream it is asked: it may have stopped the request just after. */
export const SUSPECT_PROBE_MS = 500;

/**
 * Groups of a track that are remembered for one peer so that each is counted once: far more than are
 * under way at a time. Beyond it the oldest is forgotten, and would be counted again.
 */
export const MAX_COUNTED_GROUPS = 32;
