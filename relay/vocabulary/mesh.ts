/*
 * Names of what comes from other relays.
 */

/** The outcomes of a directory lookup for a track without a local publisher. */
export const LOOKUPS = [
  "found",
  "no_way", // A relay has the track, but none could deliver it.
  "unknown", // No relay has the track.
] as const;
/** One of {@linkcode LOOKUPS}. */
export type LookupResult = typeof LOOKUPS[number];

/** Why a remote track was rerouted. */
export const REROUTES = [
  "link_down", // The link failed or timed out.
  "lost", // The neighbor lost the track, or left.
  "better_route", // The routes changed; the old path was used until the new one took over.
  "nearer_gone", // A local publisher had the track for a while.
] as const;
/** One of {@linkcode REROUTES}. */
export type RerouteReason = typeof REROUTES[number];
