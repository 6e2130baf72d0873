/**
 * The longest wait after a failure before a peer is told of access again: what was revoked while it was cut
 * off must not wait.
 */
export const MAX_ACCESS_WAIT_MS = 500;

/** Milliseconds between two reports of what tenants use. */
export const USAGES_MS = 2_000;

/** Kicks for a peer that does not answer: they cut what is there now, so later they mean nothing. */
export const MAX_KICKS = 100;
