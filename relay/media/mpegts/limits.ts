/** Limits of MPEG-TS, each with its reason. */

/** Bytes of a table (ISO/IEC 13818-1, 2.4.4). */
export const MAX_SECTION_BYTES = 1_024;

/** Streams of a program that are read: an encoder with several renditions has a handful. */
export const MAX_PROGRAM_STREAMS = 32;

/** Bytes in a row among which no packets are found, before it is said that there are none. */
export const MAX_GARBAGE_BYTES = 4_194_304;

/** Bytes of packets that come before their program is known: tables come several times a second. */
export const MAX_BEFORE_PROGRAM_BYTES = 33_554_432;

/** How far timestamps may jump, in milliseconds: behind it they begin anew where the last one was. */
export const MAX_TIME_JUMP_MS = 30_000;

/** Frames of a program that are held until all of its streams have said what they are, in microseconds. */
export const MAX_HELD_US = 1_000_000;

/** Bytes of these frames. */
export const MAX_HELD_BYTES = 16_777_216;

/** These frames, and others that were lost meanwhile. */
export const MAX_HELD_STEPS = 4_096;
