import type { LookupResult, RerouteReason } from "../vocabulary.ts";

/** Counts that the mesh adds to: plain numbers, read by whoever shows them. */
export interface MeshMetrics {
  readonly reroutes: Record<RerouteReason, number>;
  readonly lookups: Record<LookupResult, number>;
  /** How often a relay was found to be out of reach. */
  unreachable: number;
  /** Told how long nothing came of a track that moved, in milliseconds. */
  failoverGap(milliseconds: number): void;
  /** Told how many relays a track comes by that was just subscribed to. */
  hops(count: number): void;
}
