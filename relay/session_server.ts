import { done, fieldText, namespaceText, TaskGroup, trackText } from "@qumo/shared/runtime";
import { type Draft, draft18, draftOf, drafts, SessionCode } from "@qumo/shared/wire";
import type { NamespaceView, RelaySnapshot, SessionView, TrackView } from "./ops/snapshot.ts";
import { policyOf } from "./publisher_policy.ts";
import type { HostParts, SessionHost } from "./host.ts";
import { linkStreams } from "./relay_mesh.ts";
import { isOtherRelay } from "./session/moqt/connection/relay_peer.ts";
import { MoqtSession } from "./session/moqt/session.ts";
import { negotiate } from "./session/negotiate.ts";
import type { StreamSource } from "./session/first_streams.ts";
import type { Authorizer, SessionSettings } from "./session/settings.ts";
import { StreamBudget } from "./session/stream_budget.ts";
import { Cache, MAX_TRACKS, Registry, type Replacement, type TrackEntry } from "./track/mod.ts";
import type { Connection } from "./transport/mod.ts";
import type { LinkSession, LinkSessionOptions } from "./upstream/mod.ts";
import { version } from "./version.ts";
import type { SessionEnd } from "./vocabulary.ts";

// Both modes of `auth` that there are let in everyone who can come as far as the port.
const everybody: Authorizer = () => done(undefined);

// How sessions end that have not failed.
const BLAMELESS: ReadonlySet<SessionEnd> = new Set(["peer_closed", "drained"]);

/** A session that is served. */
interface Served {
  readonly over: Promise<void>;
  readonly since: number;
}

/** What serves the connections of a relay: a session for each, over one registry of tracks. */
export class MoqtHost implements SessionHost {
  readonly protocols = drafts.map(({ protocol }) => protocol);
  readonly #parts: HostParts;
  readonly #settings: SessionSettings;
  // Of sessions with relays that were called.
  readonly #linkSettings: SessionSettings;
  readonly #registry: Registry;
  readonly #streamBudget = new StreamBudget();
  readonly #sessions = new Map<MoqtSession, Served>();
  // Connections whose first bytes are awaited to know what they speak.
  readonly #unknown = new Set<Connection>();
  readonly #tasks: TaskGroup;
  #lastId = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { config, clock, metrics, log } = parts;
    this.#settings = settingsOf(parts);
    this.#linkSettings = { ...this.#settings, maxIncomingStreams: linkStreams(config.server) };
    this.#tasks = new TaskGroup((task, error) => log.error(`${task} failed`, { error }));
    this.#registry = new Registry({
      observer: parts.mesh,
      clock,
      cache: new Cache(config.cache, clock, metrics.evictions),
      linger: config.relay.lingerMs,
      maxTracks: MAX_TRACKS,
      policyOf: (namespace) => policyOf(config.relay, namespace),
      onFetchShared: () => void metrics.fetchesShared++,
      onReplaced: (replacement, isNew) => this.#replaced(replacement, isNew),
    });
  }

  /** Says once who has taken over from whom, whatever the number of their tracks. */
  #replaced(
    { track, path, winner, losers, outcome, reason }: Replacement & { readonly path: string },
    isNew: boolean,
  ): void {
    const { log, metrics } = this.#parts;
    metrics.replacements[outcome]++;
    log[isNew ? "info" : "debug"]("publisher replaced", {
      track: trackText(track),
      path,
      publisher: winner.label,
      replaced: losers.length > 0 ? losers.map(({ label }) => label).join(", ") : "one that left",
      outcome,
      reason,
    });
  }

  get active(): number {
    return this.#sessions.size + this.#unknown.size;
  }

  serve(connection: Connection): void {
    if (connection.protocol === undefined) {
      return this.#tasks.spawn("negotiation", () => this.#negotiate(connection));
    }
    const draft = draftOf(connection.protocol);
    if (draft === undefined) {
      return connection.close(SessionCode.VERSION_NEGOTIATION_FAILED, "unknown protocol");
    }
    this.#begin(connection, draft);
  }

  /** Waits until the peer has shown what it speaks. */
  async #negotiate(connection: Connection): Promise<void> {
    const { clock, refused } = this.#parts;
    this.#unknown.add(connection);
    const found = await negotiate(connection, { clock, timeoutMs: this.#settings.setupTimeoutMs });
    this.#unknown.delete(connection);
    if (found === undefined) return;
    if (found.ok) return this.#begin(connection, found.value.draft, found.value.streams);
    const { code, reason } = found.refusal;
    refused.add({ kind: "setup", reason, peer: connection.remoteAddress });
    connection.close(code, reason);
  }

  #begin(connection: Connection, draft: Draft, streams?: StreamSource): void {
    const { clock, metrics, log, tracing, mesh } = this.#parts;
    const id = ++this.#lastId;
    const session = new MoqtSession({
      id,
      role: "server",
      connection,
      ...(streams !== undefined && { streams }),
      draft,
      clock,
      log: log.with({ session: id }),
      tracing,
      metrics,
      settings: this.#settings,
      streamBudget: this.#streamBudget,
      registry: this.#registry,
      scopeOf,
      authorizer: everybody,
      relayName: mesh.name,
    });
    metrics.sessionsStarted[connection.transport]++;
    this.#sessions.set(session, { over: this.#run(session), since: clock.now() });
  }

  /** Speaks with a neighbor that was called, to take tracks from it. */
  startLink(connection: Connection, options: LinkSessionOptions): LinkSession {
    const { clock, metrics, log, tracing, mesh } = this.#parts;
    const { scope, ...link } = options;
    const id = ++this.#lastId;
    const session = new MoqtSession({
      id,
      role: "client",
      connection,
      draft: draftOf(connection.protocol) ?? draft18,
      clock,
      log: log.with({ session: id }),
      tracing,
      metrics,
      settings: this.#linkSettings,
      streamBudget: this.#streamBudget,
      registry: this.#registry,
      scopeOf: () => scope,
      authorizer: everybody,
      relayName: mesh.name,
      link,
    });
    return {
      ready: session.ready,
      get peerName() {
        return session.isReady ? session.peer.relayName : undefined;
      },
      get isOtherRelay() {
        return session.isReady && isOtherRelay(session.peer);
      },
      get isPeerLeaving() {
        return session.isPeerLeaving;
      },
      run: () => this.#traced(session),
      ping: () => session.ping(),
      publisher: (scope) => session.publisher(scope),
      close: (reason) => session.close(SessionCode.NO_ERROR, reason),
    };
  }

  /** Subscriptions of other relays to what comes from elsewhere: tracks that only pass through. */
  get transitCount(): number {
    let count = 0;
    for (const session of this.#sessions.keys()) count += session.transitCount;
    return count;
  }

  async #run(session: MoqtSession): Promise<void> {
    await this.#traced(session);
    this.#sessions.delete(session);
  }

  /** Lets a session run to its end, in a span that is as long. */
  async #traced(session: MoqtSession): ReturnType<MoqtSession["run"]> {
    const { role, draft, connection, id } = session;
    const span = this.#parts.tracing.start("moqt session", {
      kind: role,
      attributes: {
        "network.peer.address": connection.remoteAddress,
        "network.protocol.name": draft.protocol,
        "qumo.transport": connection.transport,
        "qumo.session": id,
      },
    });
    const result = await span.run(() => session.run());
    const relay = session.isReady ? session.peer.relayName : undefined;
    span.set({ "qumo.session.end": result.end, "qumo.peer.relay": relay });
    span.end(BLAMELESS.has(result.end) ? undefined : result.end);
    return result;
  }

  snapshot(): RelaySnapshot {
    let [subscriptions, namespaces, parkedStreams] = [0, 0, 0];
    for (const session of this.#sessions.keys()) {
      subscriptions += session.subscriptionCount;
      namespaces += session.namespaceCount;
      parkedStreams += session.streams.unfinished.parkedCount;
    }
    let [tracks, openGroups] = [0, 0];
    for (const scope of this.#registry.scopes()) {
      tracks += scope.trackCount;
      for (const { track } of scope.tracks) openGroups += track.openGroupCount;
    }
    const { cache } = this.#registry;
    return {
      sessions: this.#sessions.size,
      subscriptions,
      tracks,
      namespaces,
      openGroups,
      parkedStreams,
      clientStreams: this.#streamBudget.open,
      cache: { bytes: cache.bytes, groups: cache.groups },
    };
  }

  *tracks(): Iterable<TrackView> {
    const now = this.#parts.clock.now();
    for (const scope of this.#registry.scopes()) {
      for (const entry of scope.tracks) yield trackView(entry, now);
    }
  }

  *sessions(): Iterable<SessionView> {
    const now = this.#parts.clock.now();
    for (const [session, { since }] of this.#sessions) yield sessionView(session, now - since);
  }

  *namespaces(): Iterable<NamespaceView> {
    for (const scope of this.#registry.scopes()) {
      for (const { namespace, publishers } of scope.advertised()) {
        yield {
          path: scope.path,
          namespace: namespaceText(namespace),
          publishers: publishers.map(({ label }) => label),
        };
      }
    }
  }

  async drain(deadlineMs: number, address: string | undefined): Promise<void> {
    this.#closeUnknown("the relay is going away");
    for (const session of this.#sessions.keys()) {
      session.drain(deadlineMs, uriFor(address, session.connection.transport));
    }
    await Promise.all([...this.#sessions.values()].map(({ over }) => over));
  }

  async close(): Promise<void> {
    this.#closeUnknown("the relay ends");
    for (const session of this.#sessions.keys()) {
      session.close(SessionCode.NO_ERROR, "the relay ends");
    }
    await Promise.all([...this.#sessions.values()].map(({ over }) => over));
    await this.#tasks.close();
  }

  // They cannot be asked to leave: nobody knows in which words.
  #closeUnknown(reason: string): void {
    for (const connection of this.#unknown) connection.close(SessionCode.NO_ERROR, reason);
  }
}

function settingsOf({ config }: HostParts): SessionSettings {
  const { relay, server, limits, delivery } = config;
  return {
    implementation: `${version.name} ${version.version}`,
    lateJoin: relay.lateJoin,
    forward: relay.forward,
    solicit: relay.solicit,
    rendezvousMaxMs: relay.rendezvousMaxMs,
    requestTimeoutMs: relay.requestTimeoutMs,
    setupTimeoutMs: server.handshakeTimeoutMs,
    maxIncomingStreams: server.maxUniStreams,
    limits,
    delivery,
  };
}

/**
 * Sessions see each other when they connected to the same path, whatever they called the host and
 * whatever their query (#track-scope).
 */
function scopeOf(path: string): string {
  const [name = ""] = path.split("?");
  return name === "/" ? "" : name;
}

/** A relay's address as a client on this transport calls it. */
function uriFor(address: string | undefined, transport: Connection["transport"]): string {
  if (address === undefined) return "";
  return address.replace(/^\w+:/, transport === "webtransport" ? "https:" : "moqt:");
}

function sessionView(session: MoqtSession, ageMs: number): SessionView {
  const { id, connection, draft, isReady } = session;
  return {
    id,
    peer: connection.remoteAddress,
    transport: connection.transport,
    protocol: draft.protocol,
    relay: isReady ? session.peer.relayName : undefined,
    implementation: isReady ? session.peer.implementation : undefined,
    path: isReady ? session.scope.path : undefined,
    ageMs,
    subscriptions: session.subscriptionCount,
    namespaces: session.namespaceCount,
    tracks: session.trackCount,
    parkedStreams: session.streams.unfinished.parkedCount,
  };
}

function trackView({ path, since, track, feeds }: TrackEntry, now: number): TrackView {
  return {
    path,
    namespace: namespaceText(track.name.namespace),
    name: fieldText(track.name.name),
    publishers: feeds.publishers.map(({ label }) => label),
    relays: feeds.path,
    subscriptions: feeds.demand,
    largest: track.largest,
    ageMs: now - since,
    cachedGroups: track.groupCount,
    cachedBytes: track.bytes,
    bytesReceived: track.traffic.received,
    bytesSent: track.traffic.sent,
  };
}
