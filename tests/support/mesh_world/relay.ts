import { type Clock, type LogFields, type Tracing } from "@qumo/shared/runtime";
import { formatAnnounce } from "@qumo/shared/topology";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import { Mirror } from "../../../relay/control_plane/mirror.ts";
import { parseRelayUrl } from "../../../relay/control_plane/mod.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { linkDialect } from "../../../relay/session/negotiate.ts";
import type { Session } from "../../../relay/session/session.ts";
import type { SessionLink } from "../../../relay/session/session_options.ts";
import { openGate } from "../../../relay/session/rights.ts";
import type { SessionSettings } from "../../../relay/session/settings.ts";
import { StreamBudget } from "../../../relay/session/stream_budget.ts";
import {
  type AnnouncedRoute,
  Cache,
  Registry,
  type RegistryObserver,
  type Scope,
} from "../../../relay/track/mod.ts";
import type { Connection } from "../../../relay/transport/mod.ts";
import { Mesh } from "../../../relay/upstream/mesh.ts";
import { type MeshSettings, PassedOn } from "../../../relay/upstream/mod.ts";
import type { Report } from "./controller.ts";
import type { Host } from "./network.ts";
import { RelayClock } from "./relay_clock.ts";
import { SETTINGS as SESSION_SETTINGS } from "../worlds/session_world.ts";
import { memoryLog } from "../worlds/memory_log.ts";

/** Milliseconds that a track is kept flowing after the last subscriber left. */
export const LINGER_MS = 1_000;

/** How relays of these tests are set unless a test says otherwise. */
export const SETTINGS: MeshSettings = {
  pingIntervalMs: 250,
  linkTimeoutMs: 800,
  holdDownMs: 1_000,
  maxHops: 8,
  failoverHoldMs: 10_000,
  requestTimeoutMs: 5_000,
};

const SESSION: SessionSettings = {
  ...SESSION_SETTINGS,
  lateJoin: "auto",
  solicit: true,
  maxIncomingStreams: 4_096,
};

const CACHE = {
  maxBytes: 10_000_000,
  maxTrackBytes: 500_000,
  maxGroupsPerTrack: 20,
  maxAgeMs: 30_000,
};

/** How one relay is made. */
export interface RelayInit {
  readonly name: string;
  readonly clock: Clock;
  readonly settings: MeshSettings;
  readonly neighbors: readonly string[];
  /** For a relay without a controller: the URLs of its origins. */
  readonly origins: readonly string[] | undefined;
  readonly dial: (from: Host, hostname: string) => Promise<Connection>;
  /** Something is different of what the controller is told. */
  readonly onChange: () => void;
  readonly random: () => number;
  readonly tracing: Tracing;
}

/** One relay: what `relay/` puts together, over lines in memory and with a mirror that a test holds. */
export class WorldRelay implements Host, RegistryObserver {
  readonly name: string;
  readonly clock: RelayClock;
  readonly metrics = new RelayMetrics();
  readonly mirror: Mirror;
  readonly registry: Registry;
  /** Why relays are not to be called. */
  readonly banned = new Map<string, string>();
  readonly mesh: Mesh;
  readonly lines: readonly { text: string; fields: LogFields }[];
  readonly #init: RelayInit;
  readonly #log;
  readonly #announced = new Map<string, number>();
  readonly #passedOn: PassedOn;
  readonly #count: (text: string, change: number) => void;
  readonly #streamBudget = new StreamBudget();
  readonly #sessions = new Map<Session, Promise<unknown>>();
  #state: Host["state"] = "alive";
  #ending: Promise<unknown> = Promise.resolve();

  constructor(init: RelayInit) {
    const { name, settings, neighbors, origins, random, tracing, onChange } = init;
    this.name = name;
    this.#init = init;
    this.clock = new RelayClock(init.clock);
    const { log, lines } = memoryLog();
    this.#log = log;
    this.lines = lines;
    const { clock, metrics } = this;
    this.mirror = new Mirror(name);
    const cache = new Cache(CACHE, clock, metrics.evictions);
    this.registry = new Registry({
      clock,
      cache,
      linger: LINGER_MS,
      maxTracks: 100,
      observer: this,
    });
    const count = (text: string, change: number) => {
      const left = (this.#announced.get(text) ?? 0) + change;
      if (left > 0) this.#announced.set(text, left);
      else this.#announced.delete(text);
      onChange();
    };
    this.#count = count;
    this.#passedOn = new PassedOn({
      hop: hopOf(name),
      announced: (text) => count(text, 1),
      withdrawn: (text) => count(text, -1),
    });
    this.mesh = new Mesh({
      name,
      hop: hopOf(name),
      settings,
      mirror: origins === undefined ? this.mirror : undefined,
      neighbors,
      addresses: new Map(),
      byHash: false,
      origins: origins ?? [],
      tokenFor: () => undefined,
      whyBanned: (neighbor) => this.banned.get(neighbor),
      dial: ({ url }) => init.dial(this, parseRelayUrl(url)!.hostname),
      startSession: (connection, options) => this.#startLink(connection, options),
      metrics: metrics.mesh,
      clock,
      log,
      tracing,
      random,
      onChange,
    });
  }

  get state(): Host["state"] {
    return this.#state;
  }

  /** What the controller is told. */
  get report(): Report {
    return {
      address: `moqt://${this.name}:4433`,
      links: new Map(this.mesh.links().map(({ neighbor, state }) => [neighbor, state === "up"])),
      announces: new Set(this.#announced.keys()),
    };
  }

  /** Errors that it logged. */
  get errors(): string[] {
    return this.lines.filter(({ text }) => text.startsWith("error:")).map((line) =>
      `${this.name}: ${line.text} ${line.fields.error}`
    );
  }

  /** What is left of what it had. */
  get left(): Record<"groups" | "tracks" | "sessions" | "remote" | "faults", number> {
    const tracks = [...this.registry.scopes()].reduce((sum, scope) => sum + scope.trackCount, 0);
    return {
      groups: this.registry.cache.groups,
      tracks,
      sessions: this.#sessions.size,
      remote: this.mesh.trackCount,
      faults: this.metrics.unhandledErrors,
    };
  }

  accept(connection: Connection): void {
    const session = this.#begin(connection);
    this.#keep(session, session.run());
  }

  opened(key: string, scope: Scope): void {
    this.mesh.opened(key, scope);
  }

  closed(key: string): void {
    this.mesh.closed(key);
  }

  published(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#count(announceOf(key, namespace, track), 1);
  }

  routed(key: string, namespace: Namespace, routes: readonly AnnouncedRoute[]): void {
    this.#passedOn.routed({ scope: key, namespace }, routes);
  }

  unpublished(key: string, namespace: Namespace, track?: FullTrackName): void {
    this.#count(announceOf(key, namespace, track), -1);
  }

  /** Stands still: its time too. */
  freeze(): void {
    this.#state = "frozen";
    this.clock.stop();
  }

  thaw(): void {
    this.#state = "alive";
    this.clock.goOn();
  }

  /** Asks everybody to go elsewhere. */
  drain(timeoutMs: number): void {
    for (const session of this.#sessions.keys()) session.drain(timeoutMs);
  }

  /** Ends everything: with a word to the neighbors unless it is dead. */
  end(): Promise<unknown> {
    for (const session of this.#sessions.keys()) session.close("the relay is shutting down");
    return this.#ending = Promise.all([this.mesh.close(), ...this.#sessions.values()]);
  }

  /** Nothing is there any more from one moment to the next, and nobody is told. */
  die(): void {
    this.#state = "dead";
  }

  /** Resolves when the end that was begun is through. */
  get ended(): Promise<unknown> {
    return this.#ending;
  }

  /** The link lets it run, and waits for its end. */
  #startLink(connection: Connection, link: SessionLink): Session {
    const session = this.#begin(connection, link);
    this.#keep(session, connection.closed);
    return session;
  }

  #keep(session: Session, over: Promise<unknown>): void {
    this.#sessions.set(session, over.then(() => void this.#sessions.delete(session)));
  }

  #begin(connection: Connection, link?: SessionLink): Session {
    const dialect = linkDialect(connection.protocol);
    return dialect.begin({
      id: this.#sessions.size + 1,
      role: link === undefined ? "server" : "client",
      connection,
      clock: this.clock,
      log: this.#log,
      tracing: this.#init.tracing,
      metrics: this.metrics,
      settings: SESSION,
      streamBudget: this.#streamBudget,
      registry: this.registry,
      scopeOf: link === undefined ? scopeOf : () => link.scope,
      hop: hopOf(this.name),
      gate: openGate,
      relayName: this.name,
      ...(link !== undefined && { link }),
    });
  }
}

/** The id of a relay among relays outside the mesh. */
export function hopOf(name: string): bigint {
  return [...name].reduce((sum, letter) => 31n * sum + BigInt(letter.charCodeAt(0)), 1n);
}

function scopeOf(path: string): string {
  return path === "/" ? "" : path;
}

function announceOf(scope: string, namespace: Namespace, track: FullTrackName | undefined): string {
  return formatAnnounce({ scope, namespace, ...(track !== undefined && { name: track.name }) });
}
