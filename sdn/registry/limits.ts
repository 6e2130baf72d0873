/** Relays one controller keeps: ten times the largest relay network that has been written about. */
export const MAX_RELAYS = 20_000;

/** Announces one controller keeps, all relays together: some 100 MB beside their texts. */
export const MAX_ANNOUNCES = 200_000;

/** Bytes of the texts of all announces: 240 for each. A text is held in several indexes and views. */
export const MAX_ANNOUNCE_BYTES = 48 * 1024 * 1024;

/** Flows one controller shows, all relays together: beyond, a relay's list is not taken. */
export const MAX_FLOWS = 100_000;

/** Ended relays remembered, so that a late word about them does not bring them back. */
export const MAX_TOMBSTONES = 50_000;

/** Ended relays that can still be told from those that never were: the oldest are forgotten first. */
export const MAX_KNOWN_ENDS = 20_000;

/** Withdrawn announces remembered for one relay, for the same reason. */
export const MAX_WITHDRAWN_PER_RELAY = 1_000;
