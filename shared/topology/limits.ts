/** Characters of a relay's name, counted in UTF-8 bytes: what a DNS name or a file name may have. */
export const MAX_RELAY_NAME_BYTES = 255;

/**
 * How far an epoch may be ahead of the controller's time, in milliseconds: synchronised clocks
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

/** Characters of a region's name: a label for people, not a document. */
export const MAX_REGION_LENGTH = 128;

/** Characters of a relay's address: a URL, with the bound that browsers and servers share. */
export const MAX_ADDRESS_LENGTH = 2048;

/** Neighbors one relay may declare: a full mesh of that size is beyond what one machine peers with. */
export const MAX_NEIGHBORS = 256;

/** Announces one relay may hold. */
export const MAX_ANNOUNCES_PER_RELAY = 10_000;

/** Bytes of the texts of one relay's announces: 400 for each of the most that it may hold. */
export const MAX_ANNOUNCE_BYTES_PER_RELAY = 4 * 1024 * 1024;

/** Tracks that one relay may say it takes from its neighbors now: a list for people to look at. */
export const MAX_FLOWS_PER_RELAY = 1000;

/** Characters of a track's text in a flow: people read names, and longer ones are left out. */
export const MAX_FLOW_TRACK_LENGTH = 512;

/** Bytes of a relay's flows as JSON: 1000 for each, so that a heartbeat stays within its body's bound. */
export const MAX_FLOW_BYTES_PER_RELAY = 1024 * 1024;

/**
 * The highest cost of one link. With {@linkcode COST_STEP} and the longest path that the relay limit
 * allows, the sum stays an exact integer of steps below 2^53.
 */
export const MAX_COST = 1e7;

/** The smallest difference between two costs: sums of whole steps are exact, whatever their order. */
export const COST_STEP = 1e-4;

/** The highest round-trip time worth reporting, in milliseconds: beyond an hour a link is not up. */
export const MAX_RTT_MS = 3_600_000;

/** The most alternates one route query may ask for. */
export const MAX_ALTERNATES = 16;

/**
 * The highest sequence number that a relay may send. Controllers count on from it for heartbeats
 * without one, and every number stays an exact integer.
 */
export const MAX_SEQUENCE = 2 ** 52;
