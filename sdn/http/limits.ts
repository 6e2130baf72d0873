/** Bytes of an ordinary request body: no order or announce needs more. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Bytes of a registration: the most announces that a relay may have, at some 800 bytes each. */
export const MAX_REGISTRATION_BYTES = 8 * 1024 * 1024;

/** Bytes of one registration that is remembered to be known again: one with a hundred links. */
export const MAX_REMEMBERED_BODY = 16 * 1024;

/** Bytes of all registrations that are remembered: those of 20 000 relays with a few links each. */
export const MAX_REMEMBERED_BYTES = 32 * 1024 * 1024;

/** Bytes that a controller accepts from a peer at once: twice what it sends at once. */
export const MAX_SYNC_BYTES = 32 * 1024 * 1024;

/** Bytes of bodies that are worked on at once: reading one as JSON takes some five times as much. */
export const MAX_BODY_BYTES_IN_ALL = 40 * 1024 * 1024;

/** Of these, those of one client address, unless it is one request alone. */
export const MAX_BODY_BYTES_PER_CLIENT = 16 * 1024 * 1024;

/** Bytes of a body that count as one more request for a client's rate: what costs as much to read. */
export const BODY_BYTES_PER_REQUEST = 16 * 1024;

/** Relays that one search goes through in the time of one other request. */
export const RELAYS_PER_REQUEST = 50;

/** Entries on one page of the directory. */
export const MAX_PAGE = 1000;

/** Events in one answer. */
export const MAX_EVENTS_PAGE = 1000;

/** Seconds that a long poll may wait: below the idle limit of common proxies. */
export const MAX_WAIT_SECONDS = 60;

/** Milliseconds between two signs of life on a stream of events. */
export const KEEP_ALIVE_MS = 15_000;

/** Clients that follow events at once: one that does not read holds a connection and a few pieces. */
export const MAX_WATCHERS = 4000;

/** Of these, those of one client address: more than the relays that one controller carries well. */
export const MAX_WATCHERS_PER_CLIENT = 500;

/** Relays whose routes one watcher may follow: a relay follows its own. */
export const MAX_WATCHED_ROUTES = 16;

/** Characters of a stream that are written at once: a longer event is sent in pieces. */
export const MAX_WRITE_LENGTH = 8 * 1024;
