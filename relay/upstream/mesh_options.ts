import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { InterestTable, MirrorView } from "../control_plane/mod.ts";
import type { LinkToken } from "../session/rights.ts";
import type { Session } from "../session/session.ts";
import type { SessionLink } from "../session/session_options.ts";
import type { Connection } from "../transport/types.ts";
import type { LinkTarget } from "./link_options.ts";
import type { MeshMetrics } from "./metrics.ts";
import type { MeshSettings } from "./settings.ts";

/** How an origin is called, as far as the configuration says it. */
export interface OriginTerms {
  /** SHA-256 in hex of its certificate. */
  readonly certificateSha256: string | undefined;
  /** The protocols to offer it, in order of preference. */
  readonly protocols: readonly string[] | undefined;
  /** The name by which it must identify itself; undefined: any, or none. */
  readonly name: string | undefined;
  /** What it is shown; undefined: the proof of this relay's name, if it has a name itself. */
  readonly token: LinkToken | undefined;
}

/** What a {@linkcode Mesh} works with. */
export interface MeshOptions {
  /** The name that this relay sends to others. */
  readonly name: string;
  /** Its id among relays of other programs. */
  readonly hop: bigint;
  readonly settings: MeshSettings;
  /** The mirror of the controller's state; undefined for a relay without a controller. */
  readonly mirror: MirrorView | undefined;
  /** What the mirror is to have of the announces; undefined where it has all. */
  readonly interests?: InterestTable;
  /** The configured neighbors. */
  readonly neighbors: Iterable<string>;
  /** Configured URLs of neighbors, which override those in the mirror. */
  readonly addresses: ReadonlyMap<string, string>;
  /**
   * Whether neighbors are verified by the hash that they registered; then one without a hash is not
   * called.
   */
  readonly byHash: boolean;
  /**
   * Whether a relay is called at an address of this machine, where it is verified by the hash that it
   * registered: no CA says that a certificate is good for that address.
   */
  readonly isOnHost?: (name: string) => boolean;
  /** URLs of the static origins (`upstream`). */
  readonly origins: readonly string[];
  /** How origins are called, by URL. */
  readonly originTerms?: ReadonlyMap<string, OriginTerms>;
  /** Why the relay of this name is not to be called; undefined: it may be. */
  readonly whyBanned?: (neighbor: string) => string | undefined;
  /** What the relay of this name is shown to let this one in; undefined: nothing. */
  readonly tokenFor: (neighbor: string) => LinkToken | undefined;
  /** Opens a connection; rejects when it fails. */
  readonly dial: (target: LinkTarget) => Promise<Connection>;
  readonly startSession: (connection: Connection, link: SessionLink) => Session;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A link or the route of a track has changed. */
  readonly onChange: () => void;
}
