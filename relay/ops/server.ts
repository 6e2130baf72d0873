import type { Clock, Log } from "@qumo/shared/runtime";
import { buildApp } from "./app.ts";
import type { EventLoopLag } from "./event_loop.ts";
import { meshDistributions, meshFamilies } from "./mesh_families.ts";
import { listenHttp, type OpsServer } from "./listener.ts";
import type { RelayMetrics } from "./metrics.ts";
import { processFamilies, type Program } from "./process_families.ts";
import { createRegistry } from "./prometheus.ts";
import { mediaFamilies, sessionFamilies } from "./relay_families.ts";
import type { RelayView } from "./snapshot.ts";
import { trackFamilies } from "./track_families.ts";

/** What the HTTP side of a relay is made of. */
export interface OpsParts {
  readonly hostname: string;
  readonly port: number;
  readonly relay: RelayView;
  /** Whether pages of this origin may read the certificate's hash. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  readonly metrics: RelayMetrics;
  readonly eventLoop: EventLoopLag;
  readonly program: Program;
  readonly startedAt: number;
  readonly nodeId: string;
  readonly region: string;
  readonly perTrack: number;
  readonly maxCacheBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Serves health, metrics, state and certificate hash. Throws when the TCP port is taken. */
export function serveOps(parts: OpsParts): OpsServer {
  const { relay, metrics, program, log } = parts;
  const registry = createRegistry([
    ...processFamilies(parts),
    ...sessionFamilies(metrics, relay),
    ...mediaFamilies(metrics, relay, parts.maxCacheBytes),
    ...meshFamilies(metrics, relay),
    ...trackFamilies(relay, parts.perTrack),
  ], () => meshDistributions(metrics));
  const { version, commit } = program;
  const app = buildApp({ ...parts, version, commit, registry });
  const { hostname, port } = parts;
  return listenHttp({ hostname, port, answer: (request) => app.fetch(request), log });
}
