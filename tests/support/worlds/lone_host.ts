import { noTracing } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import type { HostParts } from "../../../relay/host.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { RefusedConnections } from "../../../relay/refused_connections.ts";
import { SessionServer } from "../../../relay/session_server.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";

const nothing = () => {};

/** Serves sessions as a relay that knows no other, by a clock that stands still where none is given. */
export function loneHost(parts: Partial<HostParts> = {}): SessionServer {
  const { clock = new ManualClock(), metrics = new RelayMetrics(), log = memoryLog().log } = parts;
  return new SessionServer({
    config: DEFAULTS,
    clock,
    metrics,
    log,
    tracing: noTracing,
    refused: new RefusedConnections(metrics, log, clock),
    mesh: {
      hop: 1n,
      name: "alone",
      opened: nothing,
      closed: nothing,
      published: nothing,
      unpublished: nothing,
      routed: nothing,
    },
    ...parts,
  });
}
