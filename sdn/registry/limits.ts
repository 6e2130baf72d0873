/** Relays one controller keeps: ten times the largest relay network that has been written about. */
export const MAX_RELAYS = 20_000;

/** Announces one controller keeps, all relays together: some 300 MB at ordinary name lengths. */
export const MAX_ANNOUNCES = 1_000_000;

/** Flows one controller shows, all relays together: beyond, a relay's list is not taken. */
export const MAX_FLOWS = 100_000;

/** Ended relays remembered, so that a late word about them does not bring them back. */
export const MAX_TOMBSTONES = 50_000;

/** Ended relays that can still be told from those that never were: the oldest are forgotten first. */
export const MAX_KNOWN_ENDS = 20_000;

/** Withdrawn announces remembered for one relay, for the same reason. */
export const MAX_WITHDRAWN_PER_RELAY = 1_000;
