import type { Clock, FileAccess, Log, Tracing } from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import type { HostParts, SessionHost } from "./host.ts";
import type { Dial } from "./neighbor_dialer.ts";
import type { Build } from "./ops/process_families.ts";
import type { Usage } from "./ops/snapshot.ts";
import type { ListenerParts } from "./ports.ts";
import type { Starter } from "./starter.ts";
import type { BoundedListener } from "./transport/mod.ts";

/** The program that runs. */
export interface Program extends Build {
  readonly usage: () => Usage;
}

/** The dependencies of a relay. */
export interface RelayOptions {
  readonly config: RelayConfig;
  readonly createHost: (parts: HostParts) => SessionHost;
  /** Reads certificates, keys and tokens. */
  readonly files: FileAccess;
  /** The host name of the machine, for a relay without a name. */
  readonly hostname: () => string;
  /** Calls other relays. */
  readonly dial: Dial;
  /** Opens listeners beside the port of `server.address`, or throws; there are none as a rule. */
  readonly openListeners?: (parts: ListenerParts) => readonly BoundedListener[];
  /** What started this relay as a member of its machine; absent: nothing did. */
  readonly starter?: Starter | undefined;
  readonly program: Program;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}
