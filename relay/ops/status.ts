import { printable } from "@qumo/shared/runtime";
import type { RelayMetrics } from "./metrics.ts";
import type { MeshView, NamespaceView, RelayView, SessionView, TrackView } from "./snapshot.ts";

/** What `/status` and its lists answer from. */
export interface StatusSources {
  readonly relay: RelayView;
  readonly metrics: RelayMetrics;
  readonly version: string;
  readonly commit: string;
  /** The relay's name, which is the same after a restart; may be empty. */
  readonly name: string;
  readonly region: string;
  readonly maxCacheBytes: number;
}

/** The answer of `/status`. */
export function statusBody({ relay, metrics, ...sources }: StatusSources) {
  const now = relay.snapshot();
  return {
    version: sources.version,
    commit: sources.commit,
    node_id: sources.name,
    region: sources.region,
    state: relay.state,
    conditions: relay.conditions,
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

/** The lists of `/status/tracks` and its like, by their last path segment. */
export const LISTS = {
  sessions: (relay: RelayView) => rows(relay.sessions(), sessionRow),
  namespaces: (relay: RelayView) => rows(relay.namespaces(), namespaceRow),
  tracks: (relay: RelayView) => rows(relay.tracks(), trackRow),
} as const;

/** Rows of a list: how many there are, and those of a page as JSON. */
export interface Rows {
  page(offset: number, limit: number): { readonly total: number; readonly items: unknown[] };
}

/** Characters that are shown of a peer's name or text. */
const MAX_NAME = 256;

function rows<T>(views: Iterable<T>, rowOf: (view: T) => unknown): Rows {
  return {
    page(offset, limit) {
      let total = 0;
      const items: unknown[] = [];
      for (const view of views) {
        if (total >= offset && items.length < limit) items.push(rowOf(view));
        total++;
      }
      return { total, items };
    },
  };
}

function sessionRow(session: SessionView) {
  return {
    session: session.id,
    peer: session.peer,
    transport: session.transport,
    dialect: session.protocol,
    ...(session.relay !== undefined && { relay: printable(session.relay, MAX_NAME) }),
    ...(session.implementation !== undefined && {
      implementation: printable(session.implementation, MAX_NAME),
    }),
    ...(session.path !== undefined && { path: printable(session.path, MAX_NAME) }),
    age_seconds: seconds(session.ageMs),
    subscriptions: session.subscriptions,
    namespaces: session.namespaces,
    tracks: session.tracks,
    parked_streams: session.parkedStreams,
  };
}

function namespaceRow({ path, namespace, publishers }: NamespaceView) {
  return {
    path: printable(path, MAX_NAME),
    namespace: printable(namespace, MAX_NAME),
    publishers: publishers.slice(0, MAX_PUBLISHERS),
  };
}

/** Publishers that are shown for one track or namespace. */
const MAX_PUBLISHERS = 16;

function trackRow(track: TrackView) {
  const { largest } = track;
  return {
    path: printable(track.path, MAX_NAME),
    namespace: printable(track.namespace, MAX_NAME),
    track: printable(track.name, MAX_NAME),
    publishers: track.publishers.slice(0, MAX_PUBLISHERS),
    ...(track.relays.length > 0 && { relays: track.relays }),
    subscribers: track.subscriptions,
    ...(largest !== undefined && {
      largest: { group: `${largest.group}`, object: `${largest.object}` },
    }),
    age_seconds: seconds(track.ageMs),
    cache: { groups: track.cachedGroups, bytes: track.cachedBytes },
    bytes: { received: track.bytesReceived, sent: track.bytesSent },
  };
}

function meshBody({ name, control, links, routes, unreachable, remoteTracks }: MeshView) {
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
    ...(unreachable.length > 0 && { unreachable }),
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

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
