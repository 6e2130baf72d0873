import { printable } from "@qumo/shared/runtime";
import type { EncoderView, RouteView } from "../views.ts";
import type { Part, Read, RelayReading, RowRange, Rows } from "./readings.ts";
import type { MeshView, NamespaceView, SessionView, TrackView } from "./snapshot.ts";

/** The constant fields of `/status`. */
export interface StatusSources {
  readonly version: string;
  readonly commit: string;
  /** The relay's name, which is the same after a restart; may be empty. */
  readonly name: string;
  readonly region: string;
  readonly maxCacheBytes: number;
  /** Bytes of groups that may be on disk; undefined where none are kept. */
  readonly maxDiskBytes?: number | undefined;
}

/** The parts of a relay that `/status` reads. */
export const STATUS = [
  "state",
  "conditions",
  "uptimeMs",
  "address",
  "certificate",
  "now",
  "counts",
  "mesh",
  "routes",
] as const satisfies readonly Part[];

/** The answer of `/status`. */
export function statusBody(
  reading: Pick<RelayReading, typeof STATUS[number]>,
  sources: StatusSources,
) {
  const { now, counts, mesh, certificate } = reading;
  return {
    version: sources.version,
    commit: sources.commit,
    node_id: sources.name,
    region: sources.region,
    state: reading.state,
    conditions: reading.conditions,
    uptime_seconds: Math.floor(reading.uptimeMs / 1000),
    address: reading.address,
    certificate: {
      sha256: certificate.hash,
      not_after: new Date(certificate.notAfter).toISOString(),
    },
    sessions: now.sessions,
    encoders: now.encoders,
    subscribers: now.subscriptions,
    tracks: now.tracks,
    namespaces: now.namespaces,
    open_groups: now.openGroups,
    parked_streams: now.parkedStreams,
    cache: { ...now.cache, max_bytes: sources.maxCacheBytes },
    ...(sources.maxDiskBytes !== undefined && {
      disk: {
        ...counts.disk.kept,
        max_bytes: sources.maxDiskBytes,
        write_failures: counts.disk.writesFailed,
      },
    }),
    objects: { received: counts.received.objects, sent: counts.sent.objects },
    bytes: { received: counts.received.bytes, sent: counts.sent.bytes },
    ...(mesh !== undefined && { mesh: meshBody(mesh, reading.routes) }),
  };
}

/** The lists of `/status/tracks` and its like, by their last path segment: reads a page of each. */
export const LISTS = {
  sessions: async (read: Read, range: RowRange) =>
    page((await read(["sessions"], range)).sessions, sessionRow),
  encoders: async (read: Read, range: RowRange) =>
    page((await read(["encoders"], range)).encoders, encoderRow),
  namespaces: async (read: Read, range: RowRange) =>
    page((await read(["namespaces"], range)).namespaces, namespaceRow),
  tracks: async (read: Read, range: RowRange) =>
    page((await read(["tracks"], range)).tracks, trackRow),
} as const;

/** Characters that are shown of a peer's name or text. */
const MAX_NAME = 256;

function page<T>({ total, rows }: Rows<T>, itemOf: (row: T) => unknown) {
  return { total, items: rows.map(itemOf) };
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

function encoderRow(encoder: EncoderView) {
  return {
    encoder: encoder.id,
    peer: encoder.peer,
    protocol: encoder.protocol,
    path: printable(encoder.path, MAX_NAME),
    namespace: printable(encoder.namespace, MAX_NAME),
    codecs: encoder.codecs,
    bits_per_second: encoder.bitsPerSecond,
    bytes: { received: encoder.bytesReceived },
    age_seconds: seconds(encoder.ageMs),
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

function meshBody(
  { name, control, links, unreachable, remoteTracks }: MeshView,
  routes: readonly RouteView[],
) {
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
