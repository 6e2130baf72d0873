import { type Clock, type Log } from "@qumo/shared/runtime";
import { Hono } from "hono";
import type { Context } from "hono";
import type { Registry } from "prom-client";
import { health } from "./health.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { MeshView, RelayView } from "./snapshot.ts";

/** What the pages beside the media are made of. */
export interface OpsSources {
  readonly relay: RelayView;
  /** Whether pages of this origin may read the certificate's hash. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  readonly metrics: RelayMetrics;
  readonly registry: Registry;
  readonly version: string;
  readonly commit: string;
  readonly nodeId: string;
  readonly region: string;
  readonly maxCacheBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

const METHODS = "GET, HEAD";

/** HTTP beside the media: health, metrics, the certificate's hash, the state of things. */
export function buildApp(sources: OpsSources): Hono {
  const { relay, registry, clock, log } = sources;
  const app = new Hono();
  const page = (path: string, answer: (context: Context) => Response | Promise<Response>) => {
    // Hono answers HEAD by the same function, without the body.
    app.get(path, answer);
    app.all(path, (context) => {
      context.header("Allow", METHODS);
      return context.json({ error: `${context.req.method} is not allowed here` }, 405);
    });
  };

  page("/health", (context) => {
    const { status, body } = health(relay, context.req.query("probe"), clock.wall());
    context.header("Cache-Control", "no-store");
    context.header("Content-Type", "application/json");
    return context.body(`${JSON.stringify(body)}\n`, status);
  });
  page("/metrics", async (context) => {
    const text = await registry.metrics();
    return context.body(text, 200, { "Content-Type": registry.contentType });
  });
  page("/certificate.sha256", (context) => {
    // Pages on other origins read it to pin the certificate, if they may connect.
    const origin = context.req.header("Origin");
    if (sources.allowOrigin(origin)) context.header("Access-Control-Allow-Origin", origin ?? "*");
    context.header("Vary", "Origin");
    context.header("Cache-Control", "no-store");
    return context.text(relay.certificate.hash);
  });
  page("/status", (context) => {
    context.header("Cache-Control", "no-store");
    return context.json(statusBody(sources));
  });

  app.notFound((context) => {
    const error = "There is nothing here: /health, /metrics, /status, /certificate.sha256";
    return context.json({ error }, 404);
  });
  app.onError((error, context) => {
    log.error("Cannot answer an HTTP request", { path: context.req.path, error });
    return context.json({ error: "The relay failed to answer, see its log" }, 500);
  });
  return app;
}

function statusBody({ relay, metrics, ...sources }: OpsSources) {
  const now = relay.snapshot();
  return {
    version: sources.version,
    commit: sources.commit,
    node_id: sources.nodeId,
    region: sources.region,
    state: relay.state,
    uptime_seconds: Math.floor(relay.uptimeMs / 1000),
    address: relay.address,
    certificate: {
      sha256: relay.certificate.hash,
      not_after: new Date(relay.certificate.notAfter).toISOString(),
    },
    sessions: now.sessions,
    subscribers: now.subscriptions,
    tracks: now.tracks,
    namespaces: now.namespaces,
    open_groups: now.openGroups,
    parked_streams: now.parkedStreams,
    cache: { ...now.cache, max_bytes: sources.maxCacheBytes },
    objects: { received: metrics.received.objects, sent: metrics.sent.objects },
    bytes: { received: metrics.received.bytes, sent: metrics.sent.bytes },
    ...(relay.mesh !== undefined && { mesh: meshBody(relay.mesh) }),
  };
}

function meshBody({ name, control, links, routes, remoteTracks }: MeshView) {
  return {
    name,
    ...(control !== undefined && {
      controller: control.url,
      revision: control.revision,
      age_ms: rounded(control.ageMs),
      stale: control.isStale,
      heartbeat_age_ms: rounded(control.heartbeatAgeMs),
      ...(control.problem !== undefined && { problem: control.problem }),
      failures: control.failures,
    }),
    links: links.map(({ neighbor, state, rttMs, sinceMs, failure }) => ({
      neighbor,
      state,
      ...(rttMs !== undefined && { rtt_ms: Math.round(rttMs * 100) / 100 }),
      since_ms: rounded(sinceMs),
      ...(failure !== undefined && { failure }),
    })),
    remote_tracks: remoteTracks,
    routes: routes.map(({ track, source, nextHop, path }) => ({
      track,
      source,
      next_hop: nextHop,
      path,
    })),
  };
}

function rounded(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds);
}
