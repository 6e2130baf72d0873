/** Bytes of one frame. */
export const MAX_FRAME_BYTES = 16_777_216;

/** Frames of a file that wait for their time. */
export const MAX_WAITING_FRAMES = 4_096;

/** How far ahead of their time the frames of a file are read, in milliseconds. */
export const AHEAD_MS = 3_000;

/** How long the relay may take to take the last of what is published, in milliseconds. */
export const LINGER_MS = 2_000;

/** Frames a second that may be said of H.264 without a container. */
export const MAX_FRAMERATE = 1_000;

/** How long a relay may take to say whether a name is published already, in milliseconds. */
export const LOOK_MS = 1_000;
