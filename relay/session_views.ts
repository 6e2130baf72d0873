import { fieldText, namespaceText } from "@qumo/shared/runtime";
import type { RowRange, Rows } from "./ops/readings.ts";
import type { NamespaceView, SessionView, TrackView } from "./ops/snapshot.ts";
import type { Session } from "./session/session.ts";
import type { AdvertisedNamespace, TrackEntry } from "./track/mod.ts";

/** The rows of the items in the range. The other items are only counted. */
export function rowsOf<T, Row>(
  list: Iterable<T>,
  { offset, limit }: RowRange,
  rowOf: (item: T) => Row,
): Rows<Row> {
  const rows: Row[] = [];
  let total = 0;
  for (const item of list) {
    if (total >= offset && rows.length < limit) rows.push(rowOf(item));
    total++;
  }
  return { total, rows };
}

/** A session as operators see it. */
export function sessionView(session: Session, ageMs: number): SessionView {
  const { id, connection, protocol, peer, counts } = session;
  const { subscriptions, namespaces, tracks, parkedStreams } = counts;
  return {
    id,
    peer: connection.remoteAddress,
    transport: connection.transport,
    protocol,
    relay: peer?.relay,
    implementation: peer?.implementation,
    path: peer?.path,
    ageMs,
    subscriptions,
    namespaces,
    tracks,
    parkedStreams,
  };
}

/** A namespace of the scope with this path, as operators see it. */
export function namespaceView(
  path: string,
  { namespace, publishers }: AdvertisedNamespace,
): NamespaceView {
  return {
    path,
    namespace: namespaceText(namespace),
    publishers: publishers.map(({ label }) => label),
  };
}

/** A track as operators see it. */
export function trackView({ path, since, track, feeds }: TrackEntry, now: number): TrackView {
  const { largest } = track;
  return {
    path,
    namespace: namespaceText(track.name.namespace),
    name: fieldText(track.name.name),
    publishers: feeds.publishers.map(({ label }) => label),
    relays: [...feeds.path],
    subscriptions: feeds.demand,
    // The track goes on with its own.
    largest: largest && { group: largest.group, object: largest.object },
    ageMs: now - since,
    cachedGroups: track.groupCount,
    cachedBytes: track.bytes,
    bytesReceived: track.traffic.received,
    bytesSent: track.traffic.sent,
  };
}
