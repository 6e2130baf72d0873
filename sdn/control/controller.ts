import type { HttpMetrics } from "@qumo/shared/http";
import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, type Registration } from "@qumo/shared/topology";
import { Chronicle, type EventLog, Outages } from "../events/mod.ts";
import type { CostPolicy, Graph, GraphRelay } from "../graph/mod.ts";
import { type Batch, type Command, type Match, Registry, relayOf } from "../registry/mod.ts";
import type { Store, Stored, Timeline } from "../store/mod.ts";
import { Exchange } from "../sync/mod.ts";
import type { Place } from "./assign.ts";
import { ChangeLog } from "./change_log.ts";
import { DirectoryUseCases } from "./directory_use_cases.ts";
import { GraphKeeper } from "./graph_keeper.ts";
import { Journal } from "./journal.ts";
import { MAX_EXPIRED } from "./limits.ts";
import { ControllerMetrics } from "./metrics.ts";
import { Presenter } from "./presenter.ts";
import { countStates, isUnreachable } from "./relay_states.ts";
import { RouteQueries } from "./route_queries.ts";
import type { OperationUseCases, RelayUseCases, WatchUseCases } from "./use_cases.ts";
import { type ChangeEntry, watch, type WatchQuery } from "./watch.ts";

/** How many heartbeats fit into a lease: two may be lost. */
const BEATS_PER_LEASE = 3;

/** What a controller is told at its start. */
export interface ControllerOptions {
  /** Unlike every other controller's. */
  readonly name: string;
  readonly leaseMs: number;
  readonly tombstoneMs: number;
  readonly smoothing: number;
  readonly policy: CostPolicy;
  readonly oneWayLinks: boolean;
  readonly spfHoldMs: number;
  readonly regions: ReadonlyMap<string, Place>;
  /** How many changes a watcher may be behind before it must begin anew. */
  readonly history: number;
  /** And how many bytes of them are kept. */
  readonly historyBytes: number;
}

/** What a controller stands on. */
export interface ControllerParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly timeline: Timeline;
  readonly events: EventLog;
  readonly onStoreFailure: (error: unknown) => void;
  /** What the listener counts, which listens before the store is read. */
  readonly http?: HttpMetrics;
  /** Told of the relays that a published batch is about. */
  readonly onPublished: (relays: readonly string[]) => void;
}

/** Every use case of the controller, over one registry, one store, one graph and one log of changes. */
export class Controller implements RelayUseCases, WatchUseCases, OperationUseCases {
  readonly metricsSink: ControllerMetrics;
  /** Answers about ways through the network. */
  readonly routes: RouteQueries;
  /** Saying and asking who has which track. */
  readonly directory: DirectoryUseCases;
  readonly #options: ControllerOptions;
  readonly #parts: ControllerParts;
  readonly #registry: Registry;
  readonly #presenter: Presenter;
  readonly #changeLog: ChangeLog<ChangeEntry>;
  readonly #journal: Journal;
  readonly #graphs: GraphKeeper;
  readonly #chronicle: Chronicle;
  readonly #outages: Outages;

  private constructor(options: ControllerOptions, parts: ControllerParts, registry: Registry) {
    const { clock, store } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#registry = registry;
    this.#presenter = new Presenter(registry, {
      timeline: parts.timeline,
      now: () => clock.now(),
      leaseMs: options.leaseMs,
    });
    this.#changeLog = new ChangeLog(registry.revision, {
      entries: options.history,
      bytes: options.historyBytes,
    });
    const { events } = parts;
    const { leaseMs, name: controller } = options;
    const { relays } = registry;
    const followed = { events, clock, relays, leaseMs, controller };
    this.#chronicle = new Chronicle(followed, registry.revision);
    this.#outages = new Outages(events);
    if (store.sharing !== undefined) this.#outages.watchStore(clock, () => store.healthy);
    this.#graphs = new GraphKeeper({
      clock,
      policy: options.policy,
      oneWayLinks: options.oneWayLinks,
      holdMs: options.spfHoldMs,
      read: () => ({
        revision: registry.revision,
        relays: this.#graphRelays(),
        ends: registry.knownEnds,
      }),
      onSettled: () => this.#journal.step(),
      onGraph: (graph, milliseconds) => {
        this.metricsSink.graph(milliseconds);
        this.#chronicle.graph(graph);
      },
    });
    this.#journal = new Journal({
      registry,
      store,
      clock,
      applied: (batch) => this.#applied(batch),
      publish: (batch) => {
        this.#changeLog.push(this.#presenter.entry(batch));
        this.#chronicle.batch(batch);
        // Flows are told to nobody: each relay tells its own to the controller that it beats at.
        parts.onPublished(batch.changes.filter(({ kind }) => kind !== "flows").map(relayOf));
      },
      pass: (revision) => this.#changeLog.push({ revision, bytes: 0, events: [] }),
      onStored: (milliseconds) => {
        this.metricsSink.stored(milliseconds);
        this.#outages.storeIsFine();
      },
      onStoreFailure: (error) => {
        this.metricsSink.storeError();
        this.#outages.storeFailed(error);
        parts.onStoreFailure(error);
      },
    });
    const freshGraph = () => this.#fresh();
    const { regions } = options;
    this.routes = new RouteQueries({
      clock,
      registry,
      changeLog: this.#changeLog,
      freshGraph,
      regions,
    });
    this.directory = new DirectoryUseCases({
      registry,
      journal: this.#journal,
      presenter: this.#presenter,
      revision: () => this.revision(),
      freshGraph,
    });
    this.metricsSink = new ControllerMetrics({
      relays: () => countStates(this.#graphs.current, registry.tombstones),
      announces: () => registry.directory.size,
      announceBytes: () => registry.directory.bytes,
      historyBytes: () => this.#changeLog.bytes,
      flows: () => registry.flows.values().reduce((sum, one) => sum + one.length, 0),
      revision: () => this.revision(),
      isStoreHealthy: () => parts.store.healthy,
      members: () => store.sharing?.members() ?? [],
    }, parts.http);
  }

  /** Reads the store and begins with what it has. */
  static async open(options: ControllerOptions, parts: ControllerParts): Promise<Controller> {
    return Controller.begin(await parts.store.load(), options, parts);
  }

  /** Begins with what the store had when it was read. */
  static begin(
    { revision, relays, tombstones }: Stored,
    options: ControllerOptions,
    parts: ControllerParts,
  ): Controller {
    const { name: controller, leaseMs, tombstoneMs, smoothing } = options;
    const registry = new Registry({
      controller,
      leaseMs,
      tombstoneMs,
      smoothing,
      revision,
      leasesEndElsewhere: parts.store.sharing !== undefined,
    });
    registry.restore(relays, tombstones, parts.clock.now());
    return new Controller(options, parts, registry);
  }

  /** This controller's side of what controllers tell each other. */
  exchange(): Exchange {
    return new Exchange({
      registry: this.#registry,
      leaseMs: this.#options.leaseMs,
      now: () => this.#parts.clock.now(),
      expire: () => this.#journal.expire(),
      adopt: (adoptions) => {
        this.metricsSink.merged(adoptions.length);
        return this.#journal.adopt(adoptions);
      },
    });
  }

  /** The revision of the newest published change. */
  revision(): number {
    return this.#changeLog.revision;
  }

  /** Ends the watchers, keeps and publishes what waits, and closes the store. */
  async close(): Promise<void> {
    await this.#journal.close();
    this.#chronicle.close();
    this.#outages.close();
    this.#graphs.close();
    this.#changeLog.close();
    await this.#parts.store.close();
  }

  async register(name: string, body: Registration, match?: Match) {
    const command: Command = {
      kind: "register",
      name,
      body,
      ...(match !== undefined && { match }),
      wall: this.#parts.clock.wall(),
    };
    const outcome = await this.#journal.submit(command);
    if (!outcome.ok) {
      if (outcome.refusal.code === "stale_epoch") {
        this.#parts.events.add("relay_fenced", { relay: name });
      }
      return outcome;
    }
    return done({
      relay: name,
      status: "registered" as const,
      revision: this.revision(),
      lease_expires_at: this.#presenter.leaseDate(name),
      next_heartbeat_ms: Math.max(1, Math.floor(this.#options.leaseMs / BEATS_PER_LEASE)),
      ...(outcome.value.resendAnnounces && { resend_announces: true as const }),
    });
  }

  async deregister(name: string, match?: Match) {
    const command: Command = { kind: "deregister", name, ...(match !== undefined && { match }) };
    const outcome = await this.#journal.submit(command);
    if (!outcome.ok) return outcome;
    return done({ relay: name, status: "deregistered" as const, revision: this.revision() });
  }

  async drain(name: string, on: boolean, by: string) {
    const outcome = await this.#journal.submit({ kind: "drain", name, on });
    if (!outcome.ok) return outcome;
    if (outcome.value.batch !== undefined) {
      this.#parts.events.add(on ? "drain_ordered" : "drain_lifted", { relay: name, by });
    }
    const status = on ? "draining" as const : "undrained" as const;
    return done({ relay: name, status, revision: this.revision() });
  }

  async relays() {
    const graph = await this.#fresh();
    const relays = [...this.#registry.relays.keys()].sort().map((name) =>
      this.#presenter.relay(name, isUnreachable(graph, name))
    );
    const known = relays.filter((view) => view !== undefined);
    const expired = this.#presenter.expired(MAX_EXPIRED);
    return done({ revision: this.revision(), count: known.length, relays: known, expired });
  }

  async relay(name: string) {
    const graph = await this.#fresh();
    const view = this.#presenter.relay(name, isUnreachable(graph, name));
    return view === undefined ? noRelay(name) : done({ ...view, revision: this.revision() });
  }

  flows() {
    this.#journal.expire();
    const flows = [...this.#registry.flows].flatMap(([relay, own]) =>
      own.map((flow) => ({ relay, ...flow }))
    );
    return Promise.resolve(done({ revision: this.revision(), flows }));
  }

  watch(query: WatchQuery) {
    return watch({
      changeLog: this.#changeLog,
      freshGraph: () => this.#fresh(),
      graphText: (graph, revision) => this.#presenter.graph(graph, revision),
      announcePages: () => this.directory.pages(),
      onBehind: () => this.metricsSink.watcherBehind(),
      flows: () => this.#registry.flows,
    }, query);
  }

  health() {
    const isReady = this.#parts.store.healthy;
    return {
      status: isReady ? "ok" as const : "unavailable" as const,
      live: true,
      ready: isReady,
      ...(!isReady && { reason: "store_unavailable" }),
      revision: this.revision(),
      relays: this.#registry.relays.size,
      announces: this.#registry.directory.size,
    };
  }

  metrics(): Promise<string> {
    return this.metricsSink.text();
  }

  #fresh(): Promise<Graph> {
    this.#journal.expire();
    return this.#graphs.fresh();
  }

  /** A reader must see a change before its writer is answered, so the graph does not wait for the store. */
  #applied(batch: Batch): void {
    const changesGraph = batch.changes.length === 0 ||
      batch.changes.some((change) =>
        change.kind === "relay" || change.kind === "gone" || change.kind === "drain"
      );
    if (changesGraph) this.#graphs.touch();
  }

  *#graphRelays(): Generator<GraphRelay> {
    for (const { record, draining } of this.#registry.relays.values()) {
      yield { ...record, draining };
    }
  }
}

function noRelay(name: string): Outcome<never, Refusal> {
  return refused(refusal("relay_not_found", `relay not found: ${name}`));
}
