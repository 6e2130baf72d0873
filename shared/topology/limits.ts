/** UTF-8 bytes of a relay's name: what a DNS name or a file name may have. */
export const MAX_RELAY_NAME_BYTES = 255;

/**
 * How far an epoch may be ahead of the controller's time, in milliseconds: synchronized clocks
 * differ by seconds, and a registered epoch excludes all lower ones.
 */
export const MAX_EPOCH_AHEAD_MS = 600_000;

/** Bytes of all parts of a track's text: MoQT's 4096 for a full name, and as many for its scope. */
export const MAX_TRACK_BYTES = 8192;

/**
 * Parts of a track's text: MoQT's 32 namespace fields and the track name, the empty part between
 * them, and the two that name a scope.
 */
export const MAX_TRACK_PARTS = 36;

/** Characters of a track's text: every byte percent-encoded, every part empty or after a slash. */
export const MAX_TRACK_TEXT_LENGTH = 3 * MAX_TRACK_BYTES + 2 * MAX_TRACK_PARTS;

/** Characters of a region's name, which is a short label. */
export const MAX_REGION_LENGTH = 128;

/** Characters of a relay's address: the limit of URLs in browsers and servers. */
export const MAX_ADDRESS_LENGTH = 2048;

/** Characters of the version that a relay says it is: numbers, a commit and what was made of it. */
export const MAX_VERSION_LENGTH = 64;

/** Neighbors of one relay: a larger full mesh is more than one machine can serve. */
export const MAX_NEIGHBORS = 256;

/** Announces of one relay. */
export const MAX_ANNOUNCES_PER_RELAY = 10_000;

/** Bytes of the texts of one relay's announces: 400 for each of the maximum number. */
export const MAX_ANNOUNCE_BYTES_PER_RELAY = 4 * 1024 * 1024;

/**
 * Sessions or tracks of a tenant that one relay may report: what all relays say together stays an exact
 * integer, which relays are told.
 */
export const MAX_REPORTED_COUNT = 1e9;

/** Bits a second of a tenant that one relay may report: no machine has a petabit. */
export const MAX_REPORTED_BPS = 1e15;

/** Flows that one relay may report: the list is for operators. */
export const MAX_FLOWS_PER_RELAY = 1000;

/** Characters of a track's text in a flow; longer names are omitted. */
export const MAX_FLOW_TRACK_LENGTH = 512;

/**
 * Bytes of a relay's flows as JSON: 1000 for each, so that a heartbeat stays within its size limit.
 */
export const MAX_FLOW_BYTES_PER_RELAY = 1024 * 1024;

/**
 * The maximum cost of one link. With {@linkcode COST_STEP} and the longest possible path, the sum
 * stays an exact integer of steps below 2^53.
 */
export const MAX_COST = 1e7;

/** The smallest difference between two costs: sums of whole steps are exact in any order. */
export const COST_STEP = 1e-4;

/** The maximum reported round-trip time, in milliseconds: beyond an hour a link is not up. */
export const MAX_RTT_MS = 3_600_000;

/** Alternates in one route query. */
export const MAX_ALTERNATES = 16;

/**
 * The maximum sequence number of a relay. Controllers continue from it for heartbeats without one,
 * and every number stays an exact integer.
 */
export const MAX_SEQUENCE = 2 ** 52;

/** Characters of what is revoked, unless it is a namespace: ids and names are shorter. */
export const MAX_REVOKED_NAME_LENGTH = 1024;

/** Characters of a revoked namespace: a whole one of MoQT, with some of it percent-encoded. */
export const MAX_REVOKED_NAMESPACE_LENGTH = 8192;

/** Characters of the reason of a revocation: a sentence. */
export const MAX_REVOCATION_REASON_LENGTH = 512;

/** Regions of one policy: a list that a person writes. */
export const MAX_REGIONS_PER_POLICY = 64;

/** Tenants of which one relay reports what they use: those that have sessions there. */
export const MAX_TENANTS_PER_RELAY = 1000;
