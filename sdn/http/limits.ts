/** Bytes of a request body, except registrations: no order or announce needs more. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Bytes of a registration: the maximum number of announces at some 800 bytes each. */
export const MAX_REGISTRATION_BYTES = 8 * 1024 * 1024;

/** Bytes of one cached registration: one with a hundred links. */
export const MAX_REMEMBERED_BODY = 16 * 1024;

/** Bytes of all cached registrations: 20 000 relays with a few links each. */
export const MAX_REMEMBERED_BYTES = 32 * 1024 * 1024;

/** Bytes of a message from a peer controller: twice what a controller sends at once. */
export const MAX_SYNC_BYTES = 32 * 1024 * 1024;

/** Bytes of all bodies in progress: parsing JSON takes about five times as much. */
export const MAX_BODY_BYTES_IN_ALL = 40 * 1024 * 1024;

/** Bytes of one client's bodies in progress, unless it has a single request. */
export const MAX_BODY_BYTES_PER_CLIENT = 16 * 1024 * 1024;

/** Body bytes that count as one more request in the rate limit: they cost as much to parse. */
export const BODY_BYTES_PER_REQUEST = 16 * 1024;

/** Relays that one route search visits in the time of one other request. */
export const RELAYS_PER_REQUEST = 50;

/** Entries on a page of the directory. */
export const MAX_PAGE = 1000;

/** Events in one answer. */
export const MAX_EVENTS_PAGE = 1000;

/** When a client that was refused for want of room is to come again, in milliseconds. */
export const RETRY_AFTER_MS = 1000;

/** Seconds of a long poll: below the idle timeout of common proxies. */
export const MAX_WAIT_SECONDS = 60;

/** Milliseconds between keep-alive comments on an event stream. */
export const KEEP_ALIVE_MS = 15_000;

/** The shortest time between two that a client may ask for, in seconds. */
export const MIN_KEEP_ALIVE_SEC = 1;

/** Watchers in all: one that does not read holds a connection and a few chunks. */
export const MAX_WATCHERS = 4000;

/** Watchers of one client address: the relays of one site, or behind one translated address. */
export const MAX_WATCHERS_PER_CLIENT = 2000;

/** Relays whose routes one watcher may follow: a relay follows its own. */
export const MAX_WATCHED_ROUTES = 16;

/** Bytes of events from which on they are compressed for a client that reads gzip: fewer are one packet. */
export const MIN_COMPRESSED = 1200;

/** Bytes per write to an event stream: a longer event is written in chunks. */
export const MAX_WRITE_LENGTH = 8 * 1024;

/** Bytes of a list of interests: those of one watcher, with quotes and what is not ASCII. */
export const MAX_INTEREST_BYTES = 2 * 1024 * 1024;
