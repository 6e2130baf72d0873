/** Limits of HTTP/3 and WebTransport, each with its reason. */

/** Milliseconds a stream may take to say what it is; a lost first packet costs a few round trips. */
export const STREAM_HEADER_TIMEOUT = 10_000;

/**
 * Streams that may stay silent beyond {@linkcode STREAM_HEADER_TIMEOUT}. Browsers open their two
 * QPACK streams without ever writing to them, and stopping those ends the connection.
 */
export const MAX_SILENT_STREAMS = 4;

/**
 * Streams of the peer, of one direction, between their arrival and the application taking them.
 * At the limit no more are accepted, so that QUIC's own stream credit holds the peer back.
 */
export const MAX_UNCLAIMED_STREAMS = 256;

/** Requests beside the session before the connection is closed. */
export const MAX_EXTRA_REQUESTS = 16;

/** Bytes of a field section, encoded and decoded: room for long paths and tokens in them. */
export const MAX_FIELD_SECTION_SIZE = 16 * 1024;

/** What RFC 9114 adds to each field when it counts a field section. */
export const FIELD_OVERHEAD = 32;

/** Bytes of a SETTINGS frame: a few dozen settings with GREASE. */
export const MAX_SETTINGS_SIZE = 4 * 1024;

/** Bytes of GOAWAY and its like, which carry one integer. */
export const MAX_INTEGER_FRAME_SIZE = 8;

/** Protocols a client may offer: every draft of MoQT ever published, twice. */
export const MAX_OFFERED_PROTOCOLS = 64;

/** Characters of a peer's text that a log line repeats. */
export const MAX_QUOTED_LENGTH = 200;

/**
 * Frames, capsules, and datagrams of no session that a connection may send a second, on average and at
 * once. A session needs a handful; they come by the thousand in a packet, and each costs us a turn.
 */
export const FRAMES_PER_SECOND = 100;
/** See {@linkcode FRAMES_PER_SECOND}. */
export const FRAMES_AT_ONCE = 1_000;

/** Milliseconds that a last message (close capsule, refusal) may take to reach the peer. */
export const LINGER_TIMEOUT = 2_000;

/**
 * Milliseconds between a peer's answer to our close and the end of the QUIC connection. Chromium
 * answers before it notifies its page, and loses code and reason when the connection ends in
 * between.
 */
export const GOODBYE_GRACE = 500;

/** Bytes read first of a stream: just the header that a data stream of the usual session has. */
export const HEADER_READ_SIZE = 3;

/** Bytes read at once where more is awaited: one packet. */
export const READ_SIZE = 1536;
