/** Limits of the transport, each with its reason. */

/**
 * Handshakes under way at a listener, of QUIC and again of HTTP/3 with WebTransport: a connection costs
 * about 50 KB, and 50 more for every thousand streams that it may have. Beyond it the oldest of the address with the most is given up, so this divided by the
 * first packets a second of a flood is the time that a client has: a phone far away needs one second.
 */
export const MAX_HANDSHAKES = 1_024;

/** Milliseconds for a handshake: QUIC's, and again HTTP/3's and WebTransport's. Three lost flights of a far phone fit. */
export const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Connections that the program has not accepted yet. It accepts them at once, so more means that it
 * hangs.
 */
export const MAX_CONNECTIONS_WAITING = 256;

/**
 * Streams the peer may have open, each way. QUIC keeps about 10 KiB for every slot that was ever
 * used and up to 1.25 MB of unread bytes for a stream, so this bounds what a peer can make us hold;
 * tracks that are subscribed to (a bidirectional stream each) and groups in flight must fit.
 */
export const MAX_BIDI_STREAMS = 512;
/** See {@linkcode MAX_BIDI_STREAMS}. */
export const MAX_UNI_STREAMS = 512;

/** Milliseconds of silence after which a connection is lost. The lower of both sides' values counts. */
export const MAX_IDLE_TIMEOUT = 15_000;
/** Milliseconds between packets that keep a quiet connection alive: three may be lost. */
export const KEEP_ALIVE_INTERVAL = 4_000;

/**
 * Datagrams handed over and not yet taken, about 1.4 MB on a full-size path. They are fresh or
 * worthless, so beyond it they are dropped instead of queued.
 */
export const MAX_DATAGRAMS_WAITING = 1024;

/** Bytes of a close reason: WebTransport allows no more, and it must fit one packet on QUIC. */
export const MAX_CLOSE_REASON = 1024;

/** Bytes that QUIC buffers for an unread stream: Deno cannot set a smaller window. */
export const STREAM_WINDOW = 1_250_000;

/**
 * Bytes that are read ahead of a stream that nobody reads now, to see how much waits in it. No message
 * and few small objects are longer; a stream with more waiting counts with its whole window.
 */
export const READ_AHEAD_BYTES = 16_384;

/** Bytes read ahead at once: most streams have no unread data. */
export const READ_AHEAD_STEP = 1_024;

/**
 * Interval of the check of unread bytes, in milliseconds. A peer on a fast network may exceed the
 * budgets by some tens of megabytes in between.
 */
export const UNREAD_CHECK_INTERVAL = 250;

/**
 * Unread bytes of one connection: about fifty streams that are not read fast enough. A peer within
 * the other limits is read at once.
 */
export const MAX_UNREAD_BYTES_PER_CONNECTION = 67_108_864;

/** Unread bytes of all connections together: with a full cache half of 2 GiB is left. */
export const MAX_UNREAD_BYTES = 402_653_184;

/**
 * Weight of a handshake from an unknown address against one from a known address, so that links
 * between relays come up during a flood, and a forged relay address only gets a part of the slots.
 */
export const KNOWN_ADDRESS_WEIGHT = 64;

/**
 * Connections that one address of clients may have: a whole school or office comes from one. An
 * address that stands for more, like that of a load balancer, is named in the configuration.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 500;
