import type { Clock, FileAccess, Log, Tracing } from "@qumo/shared/runtime";
import type { LoadReport } from "@qumo/shared/topology";
import type { http1Fetch, RelayConfig } from "./config.ts";
import type { Steering } from "./access/steering.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import type { Dial } from "./neighbor_dialer.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { LinkToken } from "./session/rights.ts";
import type { Session } from "./session/session.ts";
import type { SessionLink } from "./session/session_options.ts";
import type { Connection } from "./transport/mod.ts";

/** The mesh's interface to the machine. */
export interface MeshAccess {
  /** The host name of the machine; read only when the relay has no name. */
  readonly hostname: () => string;
  readonly files: FileAccess;
  readonly dial: Dial;
  /** Opens what requests to controllers are sent by; absent: HTTP/1.1. */
  readonly openFetch?: typeof http1Fetch;
  /** A number from 0 up to but not including 1. */
  readonly random?: () => number;
}

/** What the relay provides to the mesh. */
export interface MeshContext {
  readonly config: RelayConfig;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Starts a session on an outgoing link. */
  readonly startSession: (connection: Connection, link: SessionLink) => Session;
  /** The URL at which neighbors reach the relay; empty when unknown. */
  readonly address: () => string;
  readonly certificateHash: () => string;
  readonly load: () => LoadReport;
  readonly isDraining: () => boolean;
  /** Called when the controller orders a drain. */
  readonly onDrain: () => void;
  /** Receives what controllers say about access. */
  readonly steering?: Steering;
  /** Receives the addresses at which neighbors answered. */
  readonly known: Pick<KnownAddresses, "addNeighbor">;
  /** What the relay `name` shows to the one that it calls, if anything. */
  readonly tokenFor: (name: string, audience: string) => LinkToken | undefined;
}
