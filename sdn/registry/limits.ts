/** Relays of one controller: ten times the largest published relay network. */
export const MAX_RELAYS = 20_000;

/** Announces of one controller, all relays together: about 100 MB beside their texts. */
export const MAX_ANNOUNCES = 200_000;

/** Bytes of the texts of all announces: 240 per announce. Several indexes and views hold a text. */
export const MAX_ANNOUNCE_BYTES = 48 * 1024 * 1024;

/** Flows of one controller, all relays together: a relay's list beyond it is dropped. */
export const MAX_FLOWS = 100_000;

/** Tombstones: they keep a late message from reviving an ended relay. */
export const MAX_TOMBSTONES = 50_000;

/** Ended relays that are distinguished from unknown ones: the oldest are evicted first. */
export const MAX_KNOWN_ENDS = 20_000;

/** Tracks that are named of those that only an ended relay had; all are counted. */
export const MAX_ONLY_HAD = 20;

/** Characters of those names: with the longest ones fewer are named. */
export const MAX_ONLY_HAD_LENGTH = 2048;

/** Withdrawn announces kept per relay: they keep a late message from restoring an announce. */
export const MAX_WITHDRAWN_PER_RELAY = 1_000;

/** Revocations, with those taken back that are not forgotten: a relay holds them all, some 10 MB. */
export const MAX_REVOCATIONS = 20_000;

/** Revocations of one kind: who revokes tokens by the thousand can still revoke a tenant. */
export const MAX_REVOCATIONS_PER_KIND = 15_000;

/** Policies of tenants, with deleted ones that are not forgotten. */
export const MAX_POLICIES = 10_000;

/** Characters of the texts of all revocations and policies. */
export const MAX_ACCESS_LENGTH = 4 * 1024 * 1024;

/** The life of a revocation that is given none: longer than tokens should live. */
export const DEFAULT_REVOCATION_MS = 30 * 24 * 3_600_000;

/** The longest life of a revocation: none is for good, or the list would only grow. */
export const MAX_REVOCATION_MS = 400 * 24 * 3_600_000;

/**
 * For how long it is known that a policy was deleted: a controller that was cut off for longer would
 * bring it back.
 */
export const POLICY_MEMORY_MS = 30 * 24 * 3_600_000;

/** Heartbeats that a relay is asked for in the time of one lease: two may be lost. */
export const BEATS_PER_LEASE = 3;

/**
 * Leases by which a relay that is not heard lives longer because the controller was late a moment ago,
 * and may not have read everything, or because a peer that may hear it is silent.
 */
export const MAX_DELAYS = 2;

/**
 * Leases by which a relay that is not heard lives longer because the controller could not run: one that
 * never can must not keep ended relays for good.
 */
export const MAX_STALLS = 20;
