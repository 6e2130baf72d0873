/** Limits of the model that are not for configuration, each with its reason. */

/** Bytes of a log's page: the maximum of one write to a subscriber. */
export const MAX_PAGE_BYTES = 65_536;

/** The first page of a log: most subgroups of audio and data fit into it. */
export const FIRST_PAGE_BYTES = 1_024;

/**
 * An object up to this size is forwarded when it is complete: its packets arrive within
 * milliseconds, and a write for each would cost every subscriber several times the work. Larger
 * objects are forwarded in pieces of at least this size while they arrive (cut-through).
 */
export const CUT_THROUGH_BYTES = 16_384;

/** Memory of an object beside its bytes: its entries in the indexes. */
export const OBJECT_OVERHEAD_BYTES = 80;

/**
 * Objects that wait in one group for one before them, which another subgroup has to deliver, where a
 * group is one stream: half a second at 30 frames a second. Then it is left out.
 */
export const MAX_OBJECTS_HELD = 16;

/**
 * Different filters of objects within subgroups that the subscribers of one track may have: what passes
 * each is kept once more, and every object is checked against each.
 */
export const MAX_FILTERS_OF_A_TRACK = 16;

/** Memory of an object's properties where the stream itself has no room for any, beside their bytes. */
export const PROPERTIES_ASIDE_BYTES = 160;

/**
 * Subgroups of one group. Each costs every subscriber a stream; at the limit the oldest are
 * dropped.
 */
export const MAX_SUBGROUPS_PER_GROUP = 4_096;

/** Subgroups that are dropped at once to make room: it costs as much as dropping one. */
export const SUBGROUPS_FORGOTTEN = 64;

/**
 * Ranges of dropped subgroups of one group that are remembered, so that late data of them does not
 * start new ones: a publisher that numbers them upwards needs one range. Beyond it the shortest is
 * forgotten.
 */
export const MAX_FORGOTTEN_ROWS = 64;

/** Gaps that a publisher declared in one group or between groups, kept to check later objects against. */
export const MAX_GAPS = 256;

/**
 * How many groups one of two redundant publishers may be behind the other while it sends: the last
 * group of one may still be arriving from the other.
 */
export const REDUNDANT_LAG_GROUPS = 1n;

/**
 * How many objects one of two redundant publishers may be behind the other, in one group or the
 * next, before both have sent the same object: a second at 60 frames a second.
 */
export const REDUNDANT_LAG_OBJECTS = 64;

/** A redundant publisher that sent nothing for longer counts as behind the other. */
export const REDUNDANT_SILENCE_MS = 1_000;

/**
 * How long after its last object a group counts as abandoned, when another publisher than its own
 * has sent a later one.
 */
export const ABANDONED_GROUP_MS = 2_000;

/**
 * Sources of one track that are distinguished. Each that ever delivered an object counts until the
 * track ends.
 */
export const MAX_SOURCES = 64;

/**
 * Times that a request starts again because the track's publisher was replaced while it was being
 * opened.
 */
export const MAX_REOPENINGS = 4;

/**
 * How long replaced publishers of one namespace are collected before subscribers are notified,
 * because they come in bursts.
 */
export const RENEWAL_MS = 50;

/** How long the collection may take in all: meanwhile subscribers do not see the namespace. */
export const MAX_RENEWAL_MS = 200;

/** Tracks of one scope. Each costs some kilobytes even when nothing of it is cached. */
export const MAX_TRACKS = 100_000;

/**
 * How long a request of another relay waits for the answer to one that is under way already: relays
 * that search for a track at the same time may wait for each other.
 */
export const RELAY_PATIENCE_MS = 1_000;

/** Scopes that a hint in a log line names, for a peer that may have connected to the wrong path. */
export const MAX_HINTS = 3;

/** Scopes that are searched for a hint, so that it costs little. */
export const MAX_HINT_SCOPES = 64;

/**
 * How long a publisher may take to send the past of a track that a subscription asked for, before
 * the relay fetches it: a publisher that supports it sends at once.
 */
export const PAST_PATIENCE_MS = 250;

/**
 * How long a publisher may take to answer a FETCH or TRACK_STATUS before the next one is asked too:
 * several times the usual, and short for the subscriber.
 */
export const ASK_NEXT_MS = 500;

/** Publishers that are asked in turn for one track: of many that share a namespace few have it. */
export const MAX_ASKED_IN_TURN = 8;

/** Fetches of a scope that others may join; beyond it each requests for itself. */
export const MAX_SHARED_FETCHES = 1_024;

/**
 * Bytes that a sharer of a fetch may lag behind the fastest. They are buffered once for all; a
 * slower sharer requests the rest itself.
 */
export const MAX_FETCH_LAG_BYTES = 1_048_576;

/** Groups that are fetched to fill a gap: enough for an outage, not for an archive. */
export const MAX_BACKFILL_GROUPS = 16n;

/**
 * Gaps between kept groups for which a publisher is asked in one fetch: publishers may number groups with
 * gaps, and each costs a request.
 */
export const MAX_GAPS_ASKED = 4;

/** Times that one fetch goes from the cache to what is kept on disk and back. */
export const MAX_NEAR_FILLS = 256;
