/**
 * Batches of which is kept what watchers were told: those who come back after a restart missed only
 * the newest ones.
 */
export const MAX_TOLD = 4096;

/** Characters of all of it: a restart reads them. The oldest are deleted first. */
export const MAX_TOLD_LENGTH = 4 * 1024 * 1024;

/** Kicks that wait to be written into etcd: they cut what is there now, so later they mean nothing. */
export const MAX_KICKS_WAITING = 100;

/** Seconds for which a kick is in etcd: a controller that was cut off for longer is not told of it. */
export const KICK_LEASE_SECONDS = 10;

/** Milliseconds between two times that a controller writes into etcd what tenants use at relays. */
export const USAGES_WRITE_MS = 2_000;
