/**
 * Batches of which is kept what watchers were told: those who come back after a restart missed only
 * the newest ones.
 */
export const MAX_TOLD = 4096;

/** Characters of all of it: a restart reads them. The oldest are deleted first. */
export const MAX_TOLD_LENGTH = 4 * 1024 * 1024;
