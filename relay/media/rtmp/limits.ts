/** Limits of RTMP that are not for configuration, each with its reason. */

/**
 * Connections that have not begun to publish: each costs up to a command's memory. Of the client that has
 * most of them the oldest goes first.
 */
export const MAX_RTMP_HANDSHAKES = 64;

/** Bytes of a message before an encoder was let in: commands are hundreds. */
export const MAX_COMMAND_BYTES = 65_536;

/** Messages of one connection that arrive in turns, chunk by chunk: encoders have five or six. */
export const MAX_CHUNK_STREAMS = 16;

/**
 * What a message is read into to begin with: its sender may announce megabytes and send nothing. All in
 * progress together have no more than so many bytes each, and those of one message of the greatest size.
 */
export const FIRST_MESSAGE_BYTES = 16_384;

/** Values of one AMF message, as those of its objects and lists: encoders send a few dozen. */
export const MAX_AMF_VALUES = 512;

/** Levels of objects in an AMF message: encoders have two. */
export const MAX_AMF_DEPTH = 8;

/** Bytes that a peer reads before it has to say so, as encoders expect it of a server. */
export const RTMP_WINDOW_BYTES = 2_500_000;

/** Bytes of a chunk that the relay sends: every answer fits into one. */
export const RTMP_CHUNK_BYTES = 65_536;

/** What is read of a connection at once. */
export const RTMP_READ_BYTES = 65_536;

/** Extensions of one packet of enhanced RTMP that are looked over. */
export const MAX_PACKET_EXTENSIONS = 8;

/** How long the relay tries to tell a peer why it ends its stream, in milliseconds. */
export const RTMP_FAREWELL_MS = 1_000;
