import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { MirrorView } from "../control_plane/mod.ts";
import type { Session } from "../session/session.ts";
import type { SessionLink } from "../session/session_options.ts";
import type { Connection } from "../transport/types.ts";
import type { LinkTarget } from "./link.ts";
import type { MeshMetrics } from "./metrics.ts";
import type { MeshSettings } from "./settings.ts";

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
  readonly startSession: (connection: Connection, link: SessionLink) => Session;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A link or the way of a track is different. */
  readonly onChange: () => void;
}
