/** Milliseconds between two samples: relays report as often, by default. */
export const HISTORY_STEP_MS = 30_000;

/** Samples of each history: those of an hour. */
export const HISTORY_POINTS = 120;

/** Relays with a history, each of some 3.5 KB: twice a large mesh. */
export const MAX_RELAY_HISTORIES = 2000;

/** Directions of links with a history, each of some 2.5 KB: ten of each of a thousand relays. */
export const MAX_LINK_HISTORIES = 10_000;

/** Tracks with a history, each of some 1.5 KB: of those that cross a link. */
export const MAX_TRACK_HISTORIES = 5000;

/** Milliseconds of sampling before heartbeats and other requests have their turn. */
export const SLICE_MS = 5;
