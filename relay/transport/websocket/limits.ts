/** Limits of WebSocket connections, each with its reason. */

/** Bytes of a message: a frame of `qmux-00`, which is a little more than a record of later drafts. */
export const MAX_MESSAGE_SIZE = 16_384;

/** Bytes of a control frame's payload (RFC 6455, section 5.5). */
export const MAX_CONTROL_SIZE = 125;

/** Protocols a client may offer: every draft of MoQT over every draft of QMux, twice. */
export const MAX_OFFERED_PROTOCOLS = 128;

/** Bytes of a message's buffer at first; it grows with what arrives, not with what was announced. */
export const FIRST_BUFFER = 1_024;
