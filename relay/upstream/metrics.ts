/** Why a remote track moved to another way, or should have. */
export type RerouteReason =
  /** The link broke or fell silent. */
  | "link_down"
  /** The neighbour lost the track, or went away. */
  | "lost"
  /** The routes changed: the old way went on until the new one had taken over. */
  | "better_route"
  /** A publisher here had the track for a while, and is gone. */
  | "nearer_gone";

/** What came of looking a track up in the directory. */
export type LookupResult = "found" | "no_way" | "unknown";

/** Counts that the mesh adds to: plain numbers, read by whoever shows them. */
export interface MeshMetrics {
  readonly reroutes: Record<RerouteReason, number>;
  readonly lookups: Record<LookupResult, number>;
  /** Told how long nothing came of a track that moved, in milliseconds. */
  failoverGap(milliseconds: number): void;
  /** Told how many relays a track comes by that was just subscribed to. */
  hops(count: number): void;
}
