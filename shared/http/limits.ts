/** Default limit of connections: each costs a file descriptor and some kilobytes. */
export const MAX_CONNECTIONS = 10_000;

/** Connections of one client address: the relays of one site behind one address, twice over. */
export const MAX_CONNECTIONS_PER_ADDRESS = 2000;

/** How long the head of a request may take from its first byte on, in milliseconds. */
export const HEAD_TIMEOUT_MS = 10_000;

/**
 * How long a connection may wait between two requests, in milliseconds: longer than relays wait
 * between two heartbeats, and shorter than clients keep connections that they do not use.
 */
export const IDLE_TIMEOUT_MS = 75_000;

/** How long a client may not read although data is waiting for it, in milliseconds. */
export const STALL_TIMEOUT_MS = 30_000;

/** Bytes that it must read in that time while more of them wait: 17 kbit/s. */
export const MIN_READ_BYTES = 65_536;

/**
 * Bytes of answers that wait for their clients to read them, of all together: some hundred segments of
 * video, or scrapes of a large mesh.
 */
export const MAX_UNSENT_BYTES = 268_435_456;

/** Interval at which connections are checked, in milliseconds. */
export const LOOK_MS = 1000;

/** Bytes of a request's head: a URL with a track's name of 8 KiB, percent-encoded, fits. */
export const MAX_HEAD_BYTES = 32 * 1024;

/** Bytes read at once from an idle connection, and from one in the middle of a request. */
export const READ_BYTES = { waiting: 2048, busy: 64 * 1024 } as const;

/** The waits between two attempts to accept when the system has no descriptor left, in milliseconds. */
export const ACCEPT_RETRY = { first: 20, cap: 1000, healthyAfter: 1000 } as const;

/** Bytes of a body that is read whole before its request is answered: a heartbeat of a busy relay. */
export const EAGER_BODY_BYTES = 8 * 1024;

/** How long a client may take to end a connection that was ended here, in milliseconds. */
export const END_TIMEOUT_MS = 2000;
