import type { HttpMetrics } from "@qumo/shared/http";
import type { Clock } from "@qumo/shared/runtime";
import type { EventLog } from "../events/mod.ts";
import type { CostPolicy } from "../graph/mod.ts";
import type { AccessCapacity } from "../registry/mod.ts";
import type { Store, Timeline } from "../store/types.ts";
import type { GeoPoint } from "./assign.ts";

/** The controller's settings. */
export interface ControllerOptions {
  /** Unique among all controllers. */
  readonly name: string;
  readonly leaseMs: number;
  readonly tombstoneMs: number;
  readonly smoothing: number;
  readonly policy: CostPolicy;
  readonly oneWayLinks: boolean;
  readonly spfHoldMs: number;
  readonly regions: ReadonlyMap<string, GeoPoint>;
  /** How many changes a watcher may fall behind before it needs a new snapshot. */
  readonly history: number;
  /** How many bytes of changes are kept for watchers. */
  readonly historyBytes: number;
  /** How much is held of what is about access; absent: as much as can be. */
  readonly capacity?: Partial<AccessCapacity>;
}

/** The controller's dependencies. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly timeline: Timeline;
  readonly events: EventLog;
  readonly onStoreFailure: (error: unknown) => void;
  /** Counters of the HTTP listener, which starts before the store is read. */
  readonly http?: HttpMetrics;
}
