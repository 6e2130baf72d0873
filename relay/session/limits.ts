/** Limits of sessions that are not for configuration, each with its reason. */

/** What a stream is read into to begin with: many streams are short or silent. */
export const FIRST_BUFFER_BYTES = 1_024;

/** What messages are read into to begin with: most are short, and every request waits with such a buffer. */
export const MESSAGE_BUFFER_BYTES = 256;

/**
 * How long a WebTransport session that is refused stays open: a tab of Chromium 156 crashes when its
 * session is closed while it opens the first streams.
 */
export const REFUSAL_DELAY_MS = 500;

/** What a busy stream is read into: a few packets at once, and many streams still cost little. */
export const READ_BUFFER_BYTES = 16_384;

/** Messages that wait for a peer that does not read them; more and the request is cancelled. */
export const MAX_SEND_BACKLOG_BYTES = 1_048_576;

/**
 * Messages of all requests that wait for a peer that does not read the control stream which they
 * share (drafts up to 16); more and the session is closed.
 */
export const MAX_CONTROL_BACKLOG_BYTES = 1_048_576;

/**
 * How much of `limits.max_requests` must end before a peer is allowed as many more (MAX_REQUEST_ID),
 * so that not each end costs a message.
 */
export const REQUEST_CREDIT_SHARE = 1 / 4;

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

/** Ranges of all filters of one request (MAX_FILTER_RANGES): every object is checked against each. */
export const MAX_FILTER_RANGES = 64;

/**
 * Subscriptions that a client may have to one track where its draft allows several, or it is moq-dev's,
 * whose players may share a session.
 * All second ones share one rendering beside the first's, and so on: each takes room in the cache.
 */
export const MAX_SUBSCRIPTIONS_OF_A_TRACK = 4;

/**
 * Aliases that the subscriptions of one session to one track have in turn; more than it may have at a
 * time. Each has renderings of its own while it is in use.
 */
export const ALIASES_IN_TURN = 8;

/** Track aliases of ended subscriptions that are remembered, to drop late objects at once. */
export const MAX_RETIRED_ALIASES = 1_024;

/** Scopes that another relay may ask about on one session: each holds some memory while it lasts. */
export const MAX_RELAY_SCOPES = 1_024;

/** Factor of another relay's limits over a client's: it requests for all of its own clients. */
export const RELAY_LIMIT_FACTOR = 20;

/**
 * How long every object of a feed may be dropped before the feed is ended: a short delay is over
 * sooner, and subscribers should not wait for ever.
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
 * Streams that all clients together may have open to the relay: about 14 KB each, even when idle.
 * Six for each session of `server.max_sessions`; links to relays do not count.
 */
export const MAX_CLIENT_STREAMS = 32_768;

/**
 * Share of a peer's allowed streams that are open for groups that are over, at which the peer is
 * asked for a new session: such streams do not end by themselves, and a new session starts with
 * none.
 */
export const STUCK_STREAMS_SHARE = 1 / 2;

/** Share of a peer's allowed streams that are open at which one of its tracks is ended. */
export const OPEN_STREAMS_SHARE = 15 / 16;

/** How long a peer that was asked for a new session may take to leave the one that it has. */
export const MOVE_SESSION_MS = 30_000;

/** How long the streams of an ended track may take to end before the session is closed. */
export const STREAMS_RELEASE_MS = 5_000;

/**
 * How long after the object that ends a group its stream may take to end by itself; then it is
 * stopped.
 */
export const MARKED_STREAM_MS = 250;

/**
 * How long a stream whose group is over at its start may take to deliver an object: it may come
 * from a publisher that restarted its numbering, which the first object shows.
 */
export const LATE_STREAM_MS = 2_000;

/** Open streams of a feed that are checked for groups that are over, whenever another stream starts. */
export const STREAMS_LOOKED_AT = 2;

/**
 * How long a group that a late subscriber has skipped may continue without a newer one before the
 * subscriber gets its new subgroups: longer than most groups of video, and short enough for chat in
 * one endless group.
 */
export const LEFT_OUT_GROUP_MS = 2_000;

/** How long an ended subscription may take to send what it has started. */
export const DRAIN_SUBSCRIPTION_MS = 5_000;

/** Bytes of authorization tokens kept under aliases for a peer. */
export const MAX_AUTH_TOKEN_CACHE_BYTES = 16_384;

/**
 * The newest datagrams of a group that are sent to a late joiner: the network would drop more at
 * once.
 */
export const MAX_REPLAYED_DATAGRAMS = 64;

/** How long a PUBLISH may wait for the peer's stream credit before PUBLISH_BLOCKED is sent. */
export const STREAM_CREDIT_MS = 1_000;

/**
 * How long after the end of its control stream a peer's close may come before that end counts as a
 * violation: a leaving peer ends its streams first, and a closed page resets them.
 */
export const CLOSE_AFTER_CONTROL_MS = 1_000;

/** How long a FETCH may wait for a publisher when it does not say. */
export const DEFAULT_FILL_TIMEOUT_MS = 5_000;

/**
 * How long a peer may exceed its message rate. A peer within the other limits is done by then, so
 * longer means a flood.
 */
export const MAX_OVER_RATE_MS = 60_000;

/**
 * Data streams that wait for the peer's stream credit: a few for each subscription of a session.
 * Beyond it the peer will not catch up, and each new stream replaces the least urgent one.
 */
export const MAX_STREAMS_WAITING = 4_096;

/** How long the peer may give no stream credit before parked streams are finished. */
export const STREAM_PATIENCE_MS = 250;

/**
 * Parked streams of one session. Browsers allow about 100 streams at once, and new ones need room
 * beside these. At the limit the oldest is finished.
 */
export const MAX_PARKED_STREAMS = 32;

/**
 * Streams of one kind that are inspected to detect the dialect of a peer that negotiated none. The
 * first one decides; a lost packet lets no more than this overtake it.
 */
export const MAX_STREAMS_LOOKED_AT = 16;

/** Bytes of a CLIENT_SETUP that are read to report the offered versions, which come first. */
export const MAX_OFFER_BYTES = 512;

/**
 * How long a stream stays parked at least after its group was superseded and evicted: a late player
 * may still be reading it, and would take its end for the end of the group.
 */
export const PARKED_STREAM_MS = 10_000;

/**
 * Milliseconds that a group of moq-lite may begin before the newest one and still be wanted, and be
 * kept for subscribers: as long as the cache keeps groups by default.
 */
export const LITE_MAX_AGE_MS = 30_000;

/**
 * Text of announcements of a publisher of moq-lite that are not taken, and are remembered until they
 * are withdrawn: thousands of them. More and all of its announcements are given up.
 */
export const MAX_REFUSED_ANNOUNCE_BYTES = 1_048_576;

/**
 * Groups that one fetch may ask a publisher of moq-lite for, each with a request of its own: no more
 * than are fetched for a late subscriber, and for a player that seeks.
 */
export const MAX_LITE_FETCH_GROUPS = 64n;

/** Interval of the check whether parked streams may be finished. */
export const PARKED_CHECK_MS = 2_500;

/**
 * Useless datagrams that a session may send a second, on average and in a burst: padding, and those
 * of tracks that are no longer subscribed to. Hundreds fit into a packet, and each costs a turn of
 * the event loop.
 */
export const USELESS_DATAGRAMS_PER_SECOND = 1_000;
/** See {@linkcode USELESS_DATAGRAMS_PER_SECOND}: some seconds of a busy track that was just left. */
export const USELESS_DATAGRAMS_AT_ONCE = 10_000;

/**
 * Requests of a session whose first message did not arrive in time: so many are no accident, and
 * each may keep its stream open.
 */
export const MAX_INCOMPLETE_REQUESTS = 64;

/**
 * Probe bytes that may be sent ahead of a request's next message to see whether the peer has
 * stopped it: the longest form of the message's type without its last byte.
 */
export const MAX_PROBES = 8;

/** Probes that a timer may send: two are kept for when there is a sign of a stop. */
export const MAX_TIMED_PROBES = 6;

/** How long a request is quiet before the first probe; then twice as long each time. */
export const FIRST_PROBE_MS = 2_000;

/** The longest time between two probes of a quiet request. */
export const MAX_PROBE_DELAY_MS = 64_000;

/**
 * How long after a subscriber refused a stream its request is probed: it may have been stopped just
 * after.
 */
export const SUSPECT_PROBE_MS = 500;

/**
 * Groups of a track that are remembered for one peer so that each is counted once: far more than are
 * under way at a time. Beyond it the oldest is forgotten, and would be counted again.
 */
export const MAX_COUNTED_GROUPS = 32;
