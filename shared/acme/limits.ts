/** How long an answer of the authority may take. */
export const ACME_TIMEOUT_MS = 30_000;

/** Characters of an answer of the authority: a chain is some kilobytes. */
export const MAX_ANSWER_CHARACTERS = 262_144;

/** How often the state of an order is asked for: with the waits below, some minutes. */
export const MAX_POLLS = 40;

/** The wait before the state is asked for again, where the authority names none. */
export const POLL_MS = 2_000;

/** The longest wait that the authority may name while an order is under way. */
export const MAX_POLL_MS = 30_000;

/**
 * Requests of an order for each of its names and one more: its state is asked for as often as it may,
 * each time with a nonce that is asked for too.
 */
export const MAX_REQUESTS = 200;

/** Characters of the reason that is logged of an order that failed. */
export const MAX_REASON_CHARACTERS = 500;

/** The first wait after an order that failed: authorities allow few failures an hour. */
export const FIRST_RETRY_MS = 60_000;

/** The longest wait after an order that failed. */
export const MAX_RETRY_MS = 6 * 3_600_000;

/** Answers to challenges that are kept: one for each name of an order. */
export const MAX_CHALLENGES = 100;
