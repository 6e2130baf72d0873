/** Expired relays in a listing: operators look at the newest. */
export const MAX_EXPIRED = 1000;

/**
 * For how long a process that was refused as the older one of its name is told of to the newer one, in
 * milliseconds: the older one asks again within a third of that as long as it is there.
 */
export const RIVAL_MS = 90_000;

/**
 * Milliseconds of repairing routes before heartbeats and other requests have their turn: a heartbeat
 * takes some four turns.
 */
export const REPAIR_MS = 5;

/**
 * How long that turn is at least, as a share of the time that repairing took. All who wait then have
 * their turn, however long: a longer pause would let the news of a dead relay wait for nothing.
 */
export const REPAIR_PAUSE = 0.25;

/** Watchers that are told of each change at once. */
export const FEW_WATCHERS = 32;

/**
 * Milliseconds between two rounds of telling watchers, for each of them, when they are more: a write
 * to one takes some 30 microseconds, so most of the time is left for heartbeats.
 */
export const WAKE_MS_PER_WATCHER = 0.1;

/**
 * Characters of events that a watcher is given at once, unless one alone is longer: a watcher that does
 * not read holds them.
 */
export const BATCH_LENGTH = 8 * 1024;

/** Watchers that are given their snapshot at a time; the others wait for their turn. */
export const MAX_OPENING = 32;

/**
 * Watchers that begin before heartbeats and other requests have their turn: to find the routes of one
 * among a thousand and to write them down takes some 2 milliseconds.
 */
export const OPENINGS_PER_TURN = 4;

/** Milliseconds after which one that reads its snapshot slowly holds up nobody any more. */
export const OPENING_MS = 2000;

/** A snapshot of more characters than this is shared by all who begin within the time below. */
export const SHARED_SNAPSHOT_LENGTH = 64 * 1024;

/** Milliseconds for which a snapshot is kept and shared; the changes since follow it. */
export const SHARED_SNAPSHOT_MS = 5000;

/** Announces of one change that are told in one event: a watcher that does not read holds one. */
export const ANNOUNCES_PER_EVENT = 32;

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
 * Milliseconds by which a timer may fire too late without the controller counting as stalled: leases
 * are as much longer as it was stalled while they ran.
 */
export const STALL_MS = 10;

/**
 * Milliseconds by which a timer may fire too late before the controller counts as busy or stopped:
 * heartbeats wait in its sockets then.
 */
export const LATE_MS = 250;

/** Milliseconds between two looks at whether timers fire in time: a shorter stall may be missed. */
export const LOOK_MS = 100;

/**
 * Milliseconds after a late timer for which leases are prolonged instead of ended: a relay whose request
 * was not answered gives up after 5 seconds, and tries again some seconds later.
 */
export const BUSY_MS = 10_000;

/** Interests of one watcher: namespaces and prefixes that the sessions of a relay ask for. */
export const MAX_INTERESTS = 8192;

/** Characters of the texts of one watcher's interests: 128 for each of the maximum number. */
export const MAX_INTEREST_LENGTH = 1024 * 1024;

/** Interests of the watchers of one client address: half of all, so that others have room. */
export const MAX_INTERESTS_PER_CLIENT = 100_000;

/** Characters of their texts. */
export const MAX_INTEREST_LENGTH_PER_CLIENT = 12 * 1024 * 1024;

/** Interests of all watchers: 200 for each of a thousand relays, at some 500 bytes. */
export const MAX_INTERESTS_IN_ALL = 200_000;

/** Characters of the texts of all interests. */
export const MAX_INTEREST_LENGTH_IN_ALL = 24 * 1024 * 1024;

/**
 * Changes of one watcher's interests of which it was not told yet what they added: a relay sends one
 * after the other, and more only when it reads slowly. With more it is to come again.
 */
export const MAX_PENDING_REVISIONS = 16;

/** Changes that concern a watcher which does not read; one that is behind more ends. */
export const MAX_PENDING_CHANGES = 10_000;

/**
 * Changes of access that a watcher has not read: with more it is told the whole list anew, and of kicks
 * meanwhile nothing.
 */
export const MAX_PENDING_ACCESS = 1000;

/** Reports of what one tenant uses at one relay: a hundred tenants at each of a thousand relays. */
export const MAX_USAGES = 100_000;
