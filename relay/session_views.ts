import { fieldText, namespaceText } from "@qumo/shared/runtime";
import type { NamespaceView, SessionView, TrackView } from "./ops/snapshot.ts";
import type { Session } from "./session/session.ts";
import type { Scope, TrackEntry } from "./track/mod.ts";

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

/** A scope's namespaces as operators see them. */
export function* namespaceViews(scope: Scope): Iterable<NamespaceView> {
  for (const { namespace, publishers } of scope.advertised()) {
    yield {
      path: scope.path,
      namespace: namespaceText(namespace),
      publishers: publishers.map(({ label }) => label),
    };
  }
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
