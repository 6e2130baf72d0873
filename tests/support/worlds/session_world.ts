import {
  type Clock,
  type Log,
  type LogFields,
  noTracing,
  type Tracing,
} from "@qumo/shared/runtime";
import type { SetupOptions, StreamDraft } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { DiskArchive } from "../../../relay/disk/disk_archive.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { moqtSession } from "../../../relay/session/moqt/session.ts";
import { dialectOf } from "../../../relay/session/negotiate.ts";
import { type Gate, openGate } from "../../../relay/session/rights.ts";
import type { Session } from "../../../relay/session/session.ts";
import type { SessionLink, SessionOptions } from "../../../relay/session/session_options.ts";
import type { SessionLimits, SessionSettings } from "../../../relay/session/settings.ts";
import { StreamBudget } from "../../../relay/session/stream_budget.ts";
import { Cache, type CacheLimits, Registry } from "../../../relay/track/mod.ts";
import { draftOfPeer } from "../draft_test_case.ts";
import { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { ReplacementPolicy } from "../../../relay/vocabulary/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import {
  type MemoryConnection,
  type MemoryOptions,
  memoryPair,
} from "../transport/memory_connection.ts";
import { memoryLog } from "./memory_log.ts";
import { type Authorizer, scriptedGate } from "./scripted_gate.ts";

/** What the sessions of tests may have open. */
export const LIMITS: SessionLimits = {
  maxRequests: 50,
  maxSubscriptions: 20,
  maxPublishedTracks: 20,
  maxNamespaces: 10,
  maxNamespaceSubscriptions: 5,
  maxFetches: 5,
  maxObjectBytes: 1_000_000,
  controlMessageRate: 1_000,
  controlMessageBurst: 1_000,
};

/** How sessions of tests are set unless a test says otherwise. */
export const SETTINGS: SessionSettings = {
  implementation: "qumo-relay 1",
  lateJoin: "strict",
  cost: 1,
  forward: "on_demand",
  solicit: false,
  rendezvousMaxMs: 30_000,
  requestTimeoutMs: 5_000,
  setupTimeoutMs: 3_000,
  maxIncomingStreams: 512,
  limits: LIMITS,
  delivery: { maxBacklogBytes: 100_000, maxOpenSubgroups: 8, stallTimeoutMs: 4_000 },
};

const CACHE: CacheLimits = {
  maxBytes: 1_000_000,
  maxTrackBytes: 500_000,
  maxGroupsPerTrack: 20,
  maxAgeMs: 60_000,
};

/** What the relay calls itself towards other relays. */
export const RELAY_NAME = "here";

/** Milliseconds that a track is kept flowing after the last subscriber left. */
export const LINGER_MS = 1_000;

/** What may be different from the usual in one world. */
export interface WorldOptions {
  readonly settings?: Partial<Omit<SessionSettings, "limits" | "delivery">>;
  readonly limits?: Partial<SessionLimits>;
  readonly delivery?: Partial<SessionSettings["delivery"]>;
  readonly cache?: Partial<CacheLimits>;
  /** Lets everybody do everything when nothing is said. */
  readonly authorizer?: Authorizer;
  /** Decides instead, by the clock of the world. */
  readonly gate?: (clock: Clock, metrics: RelayMetrics, log: Log) => Gate;
  readonly maxTracks?: number;
  /** Who keeps a track where publishers disagree; the newest when nothing is said. */
  readonly policy?: ReplacementPolicy;
  /** Streams that all clients together may have open. */
  readonly maxClientStreams?: number;
  /** Traces nothing when nothing is said. */
  readonly tracing?: Tracing;
  /** Where groups are kept that the cache lets go, by the clock that it has; nowhere when nothing is said. */
  readonly disk?: { readonly archive: DiskArchive; readonly clock: ManualClock };
}

/** How one peer comes to the relay. */
export interface ConnectOptions {
  readonly memory?: MemoryOptions;
  /** False for a peer that says nothing by itself. */
  readonly setup?: Partial<SetupOptions> | false;
  /** Whether the relay dialled the peer instead of being dialled. */
  readonly dialled?: boolean;
  /** The session is one with a relay that tracks are taken from; with `dialled`. */
  readonly link?: SessionLink;
  /** The draft that the peer speaks; the scenario's for it when nothing is said. */
  readonly draft?: StreamDraft;
  /** Makes the connection look like a WebTransport session, to this path. */
  readonly webTransport?: string;
}

/** The relay's side of a session, and the other end of its connection. */
export interface Begun {
  readonly session: Session;
  /** The relay's end of the connection. */
  readonly connection: MemoryConnection;
  readonly far: MemoryConnection;
  readonly over: Promise<unknown>;
}

/** The same with the peer at the other end. */
export interface Joined extends Begun {
  readonly peer: ScriptedPeer;
}

/** The relay's id among relays outside the mesh. */
export const RELAY_HOP = 0x9e1a7n;

/**
 * A relay's sessions over one registry, with scripted peers at the other ends and a clock that moves
 * only when told to. When it is disposed of, nothing may be left: no timer, no group, no fault.
 */
export class SessionWorld implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly metrics = new RelayMetrics();
  readonly log: Log;
  readonly lines: { text: string; fields: LogFields }[];
  readonly registry: Registry;
  readonly settings: SessionSettings;
  readonly gate: Gate;
  readonly #tracing: Tracing;
  readonly #disk: DiskArchive | undefined;
  readonly #streamBudget: StreamBudget;
  readonly #begun: Begun[] = [];

  constructor(options: WorldOptions = {}) {
    const { authorizer, gate = () => authorizer ? scriptedGate(authorizer) : openGate } = options;
    ({ log: this.log, lines: this.lines } = memoryLog());
    this.clock = options.disk?.clock ?? new ManualClock();
    this.#disk = options.disk?.archive;
    this.gate = gate(this.clock, this.metrics, this.log);
    this.#tracing = options.tracing ?? noTracing;
    this.#streamBudget = new StreamBudget(options.maxClientStreams);
    this.settings = {
      ...SETTINGS,
      ...options.settings,
      limits: { ...LIMITS, ...options.limits },
      delivery: { ...SETTINGS.delivery, ...options.delivery },
    };
    const limits = { ...CACHE, ...options.cache };
    this.registry = new Registry({
      clock: this.clock,
      cache: new Cache(limits, this.clock, this.metrics.evictions),
      archive: this.#disk,
      linger: LINGER_MS,
      maxTracks: options.maxTracks ?? 100,
      policyOf: () => options.policy ?? "newest",
      onFetchShared: () => void this.metrics.fetchesShared++,
      onReplaced: ({ outcome }) => void this.metrics.replacements[outcome]++,
    });
  }

  /** A peer that has exchanged SETUP with the relay, unless it was told to say nothing. */
  async connect(options: ConnectOptions = {}): Promise<ScriptedPeer> {
    return (await this.join(options)).peer;
  }

  /** As {@linkcode SessionWorld.connect}, with the relay's side too. */
  async join(options: ConnectOptions = {}): Promise<Joined> {
    const { dialled = false, setup = {}, draft = draftOfPeer(this.#begun.length) } = options;
    const begun = this.#begin(options, (parts) => moqtSession(parts, draft));
    const role = dialled ? "server" : "client";
    const peer = await ScriptedPeer.connect(begun.far, { role, setup, draft });
    await this.settle();
    return { ...begun, peer };
  }

  /** A session whose other end is left to the caller, who closes it. */
  attach({ protocol, ...options }: ConnectOptions & { readonly protocol: string }): Begun {
    const dialect = dialectOf(protocol);
    assert.ok(dialect.ok, "The relay does not speak this");
    return this.#begin(options, (parts) => dialect.value.dialect.begin(parts));
  }

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await this.clock.advance(0);
  }

  /** Lets time pass. */
  async advance(milliseconds: number): Promise<void> {
    await this.settle();
    await this.clock.advance(milliseconds);
    await this.settle();
  }

  #begin(options: ConnectOptions, sessionOver: (parts: SessionOptions) => Session): Begun {
    const { dialled = false } = options;
    const [client, server] = memoryPair(options.memory);
    const [connection, far] = dialled ? [client, server] : [server, client];
    if (options.webTransport !== undefined) {
      Object.assign(connection, { transport: "webtransport", path: options.webTransport });
    }
    const session = sessionOver({
      id: this.#begun.length + 1,
      role: dialled ? "client" : "server",
      connection,
      clock: this.clock,
      log: this.log,
      tracing: this.#tracing,
      metrics: this.metrics,
      settings: this.settings,
      streamBudget: this.#streamBudget,
      registry: this.registry,
      scopeOf: (path) => path.split("?")[0]!,
      hop: RELAY_HOP,
      gate: this.gate,
      relayName: RELAY_NAME,
      ...(options.link !== undefined && { link: options.link }),
    });
    const begun = { session, connection, far, over: session.run() };
    this.#begun.push(begun);
    return begun;
  }

  /** Fails when what is waited for comes although no time passes. */
  async stillPending(promise: Promise<unknown>, what = "Something"): Promise<void> {
    let settled = false;
    const note = () => void (settled = true);
    promise.then(note, note);
    await this.settle();
    assert.equal(settled, false, `${what} came too early, or should not have come`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { far } of this.#begun) far.close(0, "");
    await Promise.all(this.#begun.map(({ over }) => over));
    await this.advance(2 * LINGER_MS);
    await this.#disk?.close();
    const errors = this.lines.filter(({ text }) => text.startsWith("error:"));
    assert.deepEqual(errors, [], "The relay logged errors");
    assert.equal(this.metrics.unhandledErrors, 0, "The relay had faults of its own");
    const { groups, bytes } = this.registry.cache;
    const tracks = [...this.registry.scopes()].reduce((sum, scope) => sum + scope.trackCount, 0);
    const left = { groups, bytes, tracks, timers: this.clock.pending };
    assert.deepEqual(left, { groups: 0, bytes: 0, tracks: 0, timers: 0 }, "Something is left");
  }
}
