/** How long another program may take to answer. */
export const ANSWER_MS = 3_000;

/** The difference to the controller's clock above which something is said. */
export const CLOCK_OFF_MS = 2_000;

/** How long before a certificate's end something is said. */
export const EXPIRES_SOON_MS = 14 * 86_400_000;

/** Bytes of receive buffer that a process may ask for, below which bursts are lost. */
export const RECEIVE_BUFFER = 2_097_152;

/** Files that a process may have open, below which sessions are refused. */
export const OPEN_FILES = 4_096;

/** The neighbors and origins that are called. */
export const MAX_CALLED = 64;

/** The most characters of another program's answer that are shown. */
export const MAX_ANSWER = 200;
