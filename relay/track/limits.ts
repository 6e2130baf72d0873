/** Limits of the model that are not for configuration, each with its reason. */

/** A page of a log: what one write to a subscriber takes at the most. */
export const MAX_PAGE_BYTES = 65_536;

/** The first page of a log: most subgroups of audio and data fit into it. */
export const FIRST_PAGE_BYTES = 1_024;

/**
 * An object up to this size is handed on when it is whole: its packets arrive within milliseconds of
 * each other, and a write for each of them would cost every subscriber several times the work.
 * Larger objects are handed on in pieces of at least this size, while their tail is on its way.
 */
export const CUT_THROUGH_BYTES = 16_384;

/** What an object costs beside its bytes: its place in the indexes. */
export const OBJECT_OVERHEAD_BYTES = 80;

/** Subgroups of one group. Each costs every subscriber a stream; beyond it the oldest are given up. */
export const MAX_SUBGROUPS_PER_GROUP = 4_096;

/** Subgroups that are given up at once where another needs room: it costs as much as for one. */
export const SUBGROUPS_FORGOTTEN = 64;

/**
 * Rows of subgroups of one group that were given up for others and are remembered, so that they do not
 * come back as new: a publisher that counts them up needs one row. Beyond it the shortest is forgotten.
 */
export const MAX_FORGOTTEN_ROWS = 64;

/** Gaps that a publisher declared in one group or between groups, kept to check later objects against. */
export const MAX_GAPS = 256;

/**
 * How many groups one of two publishers that send the same may be behind the other, while objects come:
 * what one has just ended is still on its way from the other.
 */
export const REDUNDANT_LAG_GROUPS = 1n;

/** The same of objects, in one group or the next: a second at 60 frames a second. */
export const REDUNDANT_LAG_OBJECTS = 64;

/** A publisher that brought nothing for longer is not ahead of anybody who sends the same. */
export const REDUNDANT_SILENCE_MS = 1_000;

/**
 * How long nothing has come of a group until nobody is expected to go on with it, when another publisher
 * than its own has brought a later one.
 */
export const ABANDONED_GROUP_MS = 2_000;

/** Sources of one track that are told apart. Each that ever brought an object is one until the track ends. */
export const MAX_SOURCES = 64;

/** Times that a request begins anew because the track was taken over while it was being opened. */
export const MAX_REOPENINGS = 4;

/** How long takeovers of tracks of one namespace are gathered before watchers are told: they come together. */
export const RENEWAL_MS = 50;

/** How long that may take in all: meanwhile watchers do not see the namespace. */
export const MAX_RENEWAL_MS = 200;

/** Tracks of one scope at a time. Each costs some kilobytes even when nothing of it is cached. */
export const MAX_TRACKS = 100_000;

/**
 * How long a request of another relay waits for the answer to one that is under way already: relays
 * that look for a track at the same time may be waiting for each other.
 */
export const RELAY_PATIENCE_MS = 1_000;

/** Scopes that a hint names, for a peer that perhaps connected to the wrong path. */
export const MAX_HINTS = 3;

/** Scopes that are looked through for a hint: it must cost nothing that a peer could notice. */
export const MAX_HINT_SCOPES = 64;

/**
 * How long a publisher that was asked for what there is of a track may take before it is fetched: it
 * sends it at once if it does so at all.
 */
export const PAST_PATIENCE_MS = 250;

/**
 * How long a publisher may think about a FETCH or TRACK_STATUS before the next that may have the track
 * is asked too: several times what an answer takes, and little for who waits.
 */
export const ASK_NEXT_MS = 500;

/** Publishers that are asked in turn for one thing: namespaces that many share hold few that have it. */
export const MAX_ASKED_IN_TURN = 8;

/** Fetches of a scope that others may join, at a time; beyond it each asks for itself. */
export const MAX_SHARED_FETCHES = 1_024;

/**
 * Bytes that one who shares a fetch may be behind the fastest. They are held once for all, and who is
 * further behind asks for the rest itself.
 */
export const MAX_FETCH_LAG_BYTES = 1_048_576;

/** Groups that are fetched for one that misses them: enough for an outage, and no archive. */
export const MAX_BACKFILL_GROUPS = 16n;
