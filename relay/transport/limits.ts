/** Limits of the transport, each with its reason. */

/**
 * Handshakes under way at a listener. Each costs an asymmetric signature and a TLS state, so a flood
 * of first packets must not grow without end; further ones are refused, which a client may retry.
 */
export const MAX_HANDSHAKES = 1024;

/** Milliseconds for a handshake: QUIC's, and again HTTP/3's and WebTransport's. Three lost flights of a far phone fit. */
export const HANDSHAKE_TIMEOUT = 10_000;

/** Connections that nobody has accepted yet. The program takes them at once, so more means that it hangs. */
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
