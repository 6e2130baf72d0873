/** Limits of QMux, each with its reason. */

/**
 * Bytes of a record: the draft's default, which every peer accepts and released ones enforce. A
 * record is the unit in which streams take turns, and what a peer can make us hold before it is
 * complete.
 */
export const MAX_RECORD_SIZE = 16_382;

/** Bytes of a message with one frame in `qmux-00`, which has no records. */
export const MAX_FRAME_SIZE = 16_384;

/**
 * Payload of one STREAM frame: released peers refuse larger ones whatever they declare. It also
 * leaves room for the frame's header.
 */
export const MAX_STREAM_PAYLOAD = 16_352;

/**
 * Bytes given to the socket at once. What is given cannot be overtaken by a more urgent stream, and
 * a connection that does not read holds this much and what the system buffers.
 */
export const BATCH_SIZE = 64 * 1024;

/**
 * Bytes of all streams that a peer may send before they are read: 160 Mbit/s at a round trip of
 * 200 ms. A publisher's streams are read at once.
 */
export const CONNECTION_WINDOW = 4 * 1024 * 1024;

/** Bytes of one stream that a peer may send before they are read: eight unread ones fill the window. */
export const STREAM_WINDOW = 512 * 1024;

/**
 * Frames about the connection and its streams that wait for the socket: a peer that stops our streams and
 * does not read is owed a reset of each. Credit of all streams that a peer may open fits many times.
 */
export const MAX_FRAMES_WAITING = 16_384;

/** Bytes of a DATAGRAM frame: as large as datagrams over QUIC get, so that they can be passed on. */
export const MAX_DATAGRAM_FRAME = 1_500;

/** Bytes of datagrams that wait for the socket; late ones are worthless, so more are dropped. */
export const MAX_DATAGRAM_BYTES_QUEUED = 64 * 1024;

/** Bytes of the transport parameters: a few dozen with GREASE. */
export const MAX_PARAMETERS_SIZE = 4 * 1024;

/**
 * Frames without use that a connection may send per second on average: pings, empty records and
 * frames, reports of being blocked, padding, frames of streams that have ended.
 */
export const USELESS_FRAMES_PER_SECOND = 200;
/** The burst allowed above {@linkcode USELESS_FRAMES_PER_SECOND}. */
export const USELESS_FRAMES_AT_ONCE = 2_000;

/** Milliseconds for the last message (the close) to reach the peer. */
export const LINGER_TIMEOUT = 2_000;

/**
 * Milliseconds that a write must have waited to prove that the peer is there: the system's buffer
 * was full, and the peer has taken something out of it. Writes into a free buffer prove nothing.
 */
export const WAITED_WRITE = 100;
