/** Limits of the transport, each with its reason. */

/**
 * Handshakes in progress at a listener, for QUIC and again for HTTP/3 with WebTransport: a
 * connection costs about 50 KB, and 50 KB more per thousand streams that it may have. At the limit
 * the oldest handshake of the address with the most is evicted. So this number divided by a flood's
 * handshakes per second is the time that a client has to complete its own; a slow mobile client
 * needs one second.
 */
export const MAX_HANDSHAKES = 1_024;

/**
 * Milliseconds for QUIC's handshake, and again for that of HTTP/3 and WebTransport: three lost
 * flights of a slow mobile client fit.
 */
export const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Connections that the program has not accepted yet. It accepts them at once, so a backlog means
 * that it hangs.
 */
export const MAX_CONNECTIONS_WAITING = 256;

/**
 * Streams the peer may have open, each way. QUIC keeps about 10 KiB for every slot that was ever
 * used and up to 1.25 MB of unread bytes for a stream, so this bounds what a peer can make us hold;
 * tracks that are subscribed to (a bidirectional stream each) and groups in flight must fit.
 */
export const MAX_BIDI_STREAMS = 512;
/** As {@linkcode MAX_BIDI_STREAMS}, for unidirectional streams. */
export const MAX_UNI_STREAMS = 512;

/**
 * Milliseconds without packets after which a connection is lost; the lower value of both sides
 * counts.
 */
export const MAX_IDLE_TIMEOUT = 15_000;
/** Milliseconds between keep-alive packets: three may be lost. */
export const KEEP_ALIVE_INTERVAL = 4_000;

/**
 * Received datagrams that the application has not taken, about 1.4 MB at full size. Late datagrams
 * are worthless, so more are dropped.
 */
export const MAX_DATAGRAMS_WAITING = 1024;

/** Bytes of a close reason: WebTransport's maximum, and it fits one QUIC packet. */
export const MAX_CLOSE_REASON = 1024;

/** Bytes that QUIC buffers per unread stream: Deno cannot set a smaller window. */
export const STREAM_WINDOW = 1_250_000;

/**
 * Bytes read ahead from a stream without a reader, to estimate how much is buffered. Messages and
 * most small objects are shorter; a stream with more data counts with its whole window.
 */
export const READ_AHEAD_BYTES = 16_384;

/** Bytes per read ahead: most streams have no unread data. */
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
 * Connections of one client address: a whole school or office may share one. Addresses that stand
 * for more clients, such as load balancers, are listed in the configuration.
 */
export const MAX_CONNECTIONS_PER_ADDRESS = 500;
