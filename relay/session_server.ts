import { TaskGroup, trackText } from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import type { HostParts, SessionHost } from "./host.ts";
import type { Ingests } from "./media/ingest/ingests.ts";
import type { RowRange, Rows } from "./ops/readings.ts";
import type { NamespaceView, RelaySnapshot, SessionView, TrackView } from "./ops/snapshot.ts";
import { uriFor } from "./overflow.ts";
import { policyOf } from "./publisher_policy.ts";
import {
  dialectOf,
  linkDialect,
  listedProtocols,
  negotiate,
  type Negotiated,
  type NegotiationRefusal,
} from "./session/negotiate.ts";
import type { Session } from "./session/session.ts";
import type { SessionLink, SessionOptions } from "./session/session_options.ts";
import { openGate } from "./session/rights.ts";
import type { SessionSettings } from "./session/settings.ts";
import { StreamBudget } from "./session/stream_budget.ts";
import { changedSettings, linkSettings, sessionSettings } from "./session_settings.ts";
import { namespaceView, rowsOf, sessionView, trackView } from "./session_views.ts";
import {
  type AdvertisedNamespace,
  Cache,
  MAX_TRACKS,
  Registry,
  type Replacement,
  type TrackEntry,
} from "./track/mod.ts";
import type { Connection } from "./transport/mod.ts";
import type { EncoderView } from "./views.ts";

// The code of a close without an error, in every protocol.
const NO_ERROR = 0;

/** A session that is being served. */
interface Served {
  readonly over: Promise<void>;
  readonly since: number;
}

/** Serves a relay's connections: one session each, over one registry of tracks. */
export class SessionServer implements SessionHost {
  readonly protocols: readonly string[];
  readonly ingests?: Ingests;
  readonly registry: Registry;
  readonly #parts: HostParts;
  #settings: SessionSettings;
  // The settings of outgoing links.
  #linkSettings: SessionSettings;
  readonly #streamBudget = new StreamBudget();
  readonly #sessions = new Map<Session, Served>();
  // Connections whose version is being negotiated in band.
  readonly #unknown = new Set<Connection>();
  readonly #tasks: TaskGroup;
  #lastId = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    const { config, clock, metrics, log } = parts;
    this.protocols = listedProtocols(config.server.protocols);
    this.#settings = sessionSettings(config);
    this.#linkSettings = linkSettings(config);
    this.#tasks = new TaskGroup((task, error) => log.error(`${task} failed`, { error }));
    this.registry = new Registry({
      observer: parts.mesh,
      clock,
      cache: new Cache(config.cache, clock, metrics.evictions),
      archive: parts.archive,
      linger: config.relay.lingerMs,
      maxTracks: MAX_TRACKS,
      policyOf: (namespace) => policyOf(config.relay, namespace),
      onFetchShared: () => void metrics.fetchesShared++,
      onReplaced: (replacement, isNew) => this.#replaced(replacement, isNew),
    });
    const ingests = parts.openIngests?.(parts, this.registry, () => ++this.#lastId);
    if (ingests !== undefined) this.ingests = ingests;
  }

  /** Logs a takeover once, whatever the number of tracks. */
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

  configure(config: RelayConfig): void {
    this.#settings = changedSettings(this.#settings, config);
    this.#linkSettings = changedSettings(this.#linkSettings, config);
  }

  serve(connection: Connection): void {
    const { protocol } = connection;
    if (protocol === undefined) {
      return this.#tasks.spawn("negotiation", () => this.#negotiate(connection));
    }
    const found = dialectOf(protocol);
    if (found.ok) this.#begin(connection, found.value);
    else this.#turnAway(connection, found.refusal);
  }

  /** Negotiates the version in band. */
  async #negotiate(connection: Connection): Promise<void> {
    const { clock } = this.#parts;
    this.#unknown.add(connection);
    const found = await negotiate(connection, {
      protocols: this.protocols,
      clock,
      timeoutMs: this.#settings.setupTimeoutMs,
    });
    this.#unknown.delete(connection);
    if (found === undefined) return;
    if (found.ok) this.#begin(connection, found.value);
    else this.#turnAway(connection, found.refusal);
  }

  #turnAway(connection: Connection, { kind, code, reason }: NegotiationRefusal): void {
    this.#parts.refused.add({ kind, reason, peer: connection.remoteAddress });
    connection.close(code, reason);
  }

  #begin(connection: Connection, { dialect, streams }: Negotiated): void {
    const { clock, metrics } = this.#parts;
    const session = dialect.begin({
      ...this.#common(connection),
      role: "server",
      gate: this.#parts.gate ?? openGate,
      ...(streams !== undefined && { streams }),
      settings: this.#settings,
      scopeOf,
    });
    metrics.sessionsStarted[connection.transport]++;
    metrics.dialectSessions[dialect.protocol] = (metrics.dialectSessions[dialect.protocol] ?? 0) +
      1;
    void this.#parts.overflow?.meet(session);
    const over = session.run().then(() => void this.#sessions.delete(session));
    this.#sessions.set(session, { over, since: clock.now() });
  }

  /** Creates a session on an outgoing link. */
  startLink(connection: Connection, link: SessionLink): Session {
    const { relayName, ...common } = this.#common(connection);
    const session = linkDialect(connection.protocol).begin({
      ...common,
      // Who is shown the token of a user is no relay of this mesh.
      ...(relayName !== undefined && link.token?.isInPath !== true && { relayName }),
      role: "client",
      // Whoever was dialed is trusted.
      gate: openGate,
      settings: this.#linkSettings,
      scopeOf: () => link.scope,
      link,
    });
    return session;
  }

  #common(connection: Connection): Omit<SessionOptions, "role" | "gate" | "settings" | "scopeOf"> {
    const { clock, metrics, log, tracing, mesh } = this.#parts;
    const id = ++this.#lastId;
    return {
      id,
      connection,
      clock,
      log: log.with({ session: id }),
      tracing,
      metrics,
      streamBudget: this.#streamBudget,
      registry: this.registry,
      relayName: mesh.name,
      hop: mesh.hop,
    };
  }

  /** The number of other relays' subscriptions to remote tracks (transit). */
  get clients(): SessionHost["clients"] {
    const clients = [...this.#sessions.keys()].filter(({ peer }) =>
      peer !== undefined && peer.relay === undefined
    );
    const subscriptions = clients.reduce((sum, { counts }) => sum + counts.subscriptions, 0);
    return { sessions: clients.length, subscriptions };
  }

  get transitCount(): number {
    let count = 0;
    for (const { counts } of this.#sessions.keys()) count += counts.transit;
    return count;
  }

  snapshot(): RelaySnapshot {
    const encoders = this.ingests?.size ?? 0;
    let [subscriptions, namespaces, parkedStreams] = [0, encoders, 0];
    for (const { counts } of this.#sessions.keys()) {
      subscriptions += counts.subscriptions;
      namespaces += counts.namespaces;
      parkedStreams += counts.parkedStreams;
    }
    let [tracks, openGroups] = [0, 0];
    for (const scope of this.registry.scopes()) {
      tracks += scope.trackCount;
      for (const { track } of scope.tracks) openGroups += track.openGroupCount;
    }
    const { cache } = this.registry;
    return {
      sessions: this.#sessions.size,
      subscriptions,
      tracks,
      namespaces,
      openGroups,
      parkedStreams,
      encoders,
      clientStreams: this.#streamBudget.open,
      cache: { bytes: cache.bytes, groups: cache.groups },
    };
  }

  encoders(range: RowRange): Rows<EncoderView> {
    return rowsOf(this.ingests?.encoders ?? [], range, ({ view }) => view);
  }

  sessions(range: RowRange): Rows<SessionView> {
    const now = this.#parts.clock.now();
    return rowsOf(
      this.#sessions,
      range,
      ([session, { since }]) => sessionView(session, now - since),
    );
  }

  tracks(range: RowRange): Rows<TrackView> {
    const now = this.#parts.clock.now();
    return rowsOf(this.#entries(), range, (entry) => trackView(entry, now));
  }

  *#entries(): Iterable<TrackEntry> {
    for (const { tracks } of this.registry.scopes()) yield* tracks;
  }

  namespaces(range: RowRange): Rows<NamespaceView> {
    return rowsOf(this.#advertised(), range, ([path, found]) => namespaceView(path, found));
  }

  *#advertised(): Iterable<[path: string, found: AdvertisedNamespace]> {
    for (const scope of this.registry.scopes()) {
      for (const found of scope.advertised()) yield [scope.path, found];
    }
  }

  async drain(deadlineMs: number, address: string | undefined): Promise<void> {
    this.#closeUnknown("the relay is going away");
    // Their protocols have no GOAWAY: who is closed comes back, to a relay that takes it.
    this.ingests?.close("the relay is going away");
    for (const session of this.#sessions.keys()) {
      const { transport } = session.connection;
      session.drain(deadlineMs, address === undefined ? "" : uriFor(address, transport));
    }
    await Promise.all([...this.#sessions.values()].map(({ over }) => over));
  }

  async close(): Promise<void> {
    this.#closeUnknown("the relay is shutting down");
    this.ingests?.close("the relay is shutting down");
    for (const session of this.#sessions.keys()) session.close("the relay is shutting down");
    await Promise.all([...this.#sessions.values()].map(({ over }) => over));
    await this.#tasks.close();
  }

  // Closes connections under negotiation: without a version there is no GOAWAY.
  #closeUnknown(reason: string): void {
    for (const connection of this.#unknown) connection.close(NO_ERROR, reason);
  }
}

/**
 * Sessions share a scope if they connected to the same path, whatever the host and the query
 * (#track-scope).
 */
function scopeOf(path: string): string {
  const [name = ""] = path.split("?");
  return name === "/" ? "" : name;
}
