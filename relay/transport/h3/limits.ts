/** Limits of HTTP/3 and WebTransport, each with its reason. */

/**
 * Milliseconds until a stream must have sent its type; a lost first packet costs a few round trips.
 */
export const STREAM_HEADER_TIMEOUT = 10_000;

/**
 * Streams that may stay without a type beyond {@linkcode STREAM_HEADER_TIMEOUT}. Browsers open two
 * QPACK streams and never write to them; stopping those would end the connection.
 */
export const MAX_SILENT_STREAMS = 4;

/**
 * Streams of one direction between their arrival and the application's accept. At the limit no more
 * are accepted, so that QUIC's stream credit limits the peer.
 */
export const MAX_UNCLAIMED_STREAMS = 256;

/** Requests beside the session's; more close the connection. */
export const MAX_EXTRA_REQUESTS = 16;

/** Bytes of a field section, encoded and decoded: room for long paths and tokens in them. */
export const MAX_FIELD_SECTION_SIZE = 16 * 1024;

/** What RFC 9114 adds per field to the size of a field section. */
export const FIELD_OVERHEAD = 32;

/** Bytes of a SETTINGS frame: a few dozen settings with GREASE. */
export const MAX_SETTINGS_SIZE = 4 * 1024;

/** Bytes of GOAWAY and similar frames, which carry one integer. */
export const MAX_INTEGER_FRAME_SIZE = 8;

/** Protocols a client may offer: every draft of MoQT ever published, twice. */
export const MAX_OFFERED_PROTOCOLS = 64;

/** Characters of a peer's text that a log line quotes. */
export const MAX_QUOTED_LENGTH = 200;

/**
 * Frames, capsules, and datagrams without a session that a connection may send per second, on
 * average. A session needs a handful; thousands fit into a packet, and each costs a turn of the
 * event loop.
 */
export const FRAMES_PER_SECOND = 100;
/** The burst allowed above {@linkcode FRAMES_PER_SECOND}. */
export const FRAMES_AT_ONCE = 1_000;

/** Milliseconds for the last message (close capsule, refusal) to reach the peer. */
export const LINGER_TIMEOUT = 2_000;

/**
 * Milliseconds between the peer's answer to our close and the end of the QUIC connection. Chromium
 * answers before it notifies its page, and loses code and reason when the connection ends in
 * between.
 */
export const GOODBYE_GRACE = 500;

/**
 * Bytes of the first read of a stream: exactly the header of a data stream of the usual session.
 */
export const HEADER_READ_SIZE = 3;

/** Bytes per read when more is expected: one packet. */
export const READ_SIZE = 1536;
