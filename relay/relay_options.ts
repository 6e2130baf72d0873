import type { Clock, FileAccess, Log, Tracing } from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import type { HostParts, SessionHost } from "./host.ts";
import type { Dial } from "./neighbor_dialer.ts";
import type { Program } from "./ops/process_families.ts";
import type { ListenerParts } from "./ports.ts";
import type { BoundedListener } from "./transport/mod.ts";

/** What a relay is made of. */
export interface RelayOptions {
  readonly config: RelayConfig;
  readonly createHost: (parts: HostParts) => SessionHost;
  /** How certificates, keys and tokens are read from the disk. */
  readonly files: FileAccess;
  /** The machine's name, for a relay that has none. */
  readonly hostname: () => string;
  /** Calls other relays. */
  readonly dial: Dial;
  /** Opens listeners beside the port of `server.address`, or throws; there are none as a rule. */
  readonly openListeners?: (parts: ListenerParts) => readonly BoundedListener[];
  readonly program: Program;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
}
