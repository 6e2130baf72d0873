import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { MirrorView } from "../control_plane/mod.ts";
import type { Connection } from "../transport/types.ts";
import type { LinkSession, LinkTarget } from "./link.ts";
import type { MeshMetrics } from "./metrics.ts";
import type { MeshSettings } from "./settings.ts";

/** What a session with a neighbor is to be like. */
export interface LinkSessionOptions {
  /** What the neighbor's URL says. */
  readonly authority: string;
  readonly path: string;
  /** The scope of what the neighbor announces and asks for, unless it names others. */
  readonly scope: string;
  /** Which namespaces the neighbor is told of: none where the controller tells. */
  readonly shows: "local" | "none";
  /** Takes up what the neighbor announces; absent where the controller tells. */
  readonly advertise?: (namespace: Namespace) => () => void;
  /** The neighbor is going away. */
  readonly onLeaving: () => void;
}

/** What the mesh of one relay is made of. */
export interface MeshOptions {
  /** What this relay calls itself towards others. */
  readonly name: string;
  readonly settings: MeshSettings;
  /** What the controller knows; undefined for a relay without one. */
  readonly mirror: MirrorView | undefined;
  /** The neighbors of the configuration. */
  readonly neighbors: Iterable<string>;
  /** URLs of neighbors that count more than those that the controller has. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Whether neighbors are known by the hash that they registered: one without is not called. */
  readonly byHash: boolean;
  /** URLs of relays to take tracks from, where there is no controller. */
  readonly origins: readonly string[];
  /** Hashes of the certificates that origins must show, by URL. */
  readonly pins?: ReadonlyMap<string, string>;
  /** Rejects when no connection comes about. */
  readonly dial: (target: LinkTarget) => Promise<Connection>;
  readonly startSession: (connection: Connection, options: LinkSessionOptions) => LinkSession;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A link or the way of a track is different. */
  readonly onChange: () => void;
}
