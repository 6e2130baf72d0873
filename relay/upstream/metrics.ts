import type { LookupResult, RerouteReason } from "../vocabulary/mod.ts";

/** Counts of the mesh: plain numbers. */
export interface MeshMetrics {
  readonly reroutes: Record<RerouteReason, number>;
  readonly lookups: Record<LookupResult, number>;
  /** Times that a relay became unreachable. */
  unreachable: number;
  /** Records the failover gap of a rerouted track, in milliseconds. */
  failoverGap(milliseconds: number): void;
  /** Records the path length of a new remote track. */
  hops(count: number): void;
}
