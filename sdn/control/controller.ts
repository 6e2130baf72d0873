import { Chronicle, Outages } from "../events/mod.ts";
import type { Graph } from "../graph/mod.ts";
import { History } from "../history/mod.ts";
import { Registry } from "../registry/mod.ts";
import type { Stored, Told } from "../store/types.ts";
import { AccessRoom } from "./access_room.ts";
import type { AccessService } from "./access_service.ts";
import { ChangeLog } from "./change_log.ts";
import type { ControllerOptions, ControllerParts } from "./controller_options.ts";
import { datesOf } from "./dates.ts";
import { DirectoryService } from "./directory_service.ts";
import { GraphKeeper } from "./graph_keeper.ts";
import { HistoryService } from "./history_service.ts";
import { InterestIndex } from "./interest_index.ts";
import { Journal } from "./journal.ts";
import { ControllerMetrics } from "./metrics.ts";
import { PeerSide } from "./peer_side.ts";
import { Presenter } from "./presenter.ts";
import { entriesFromTexts, StepPublisher } from "./step_publisher.ts";
import { RevokedRelays } from "./revoked_relays.ts";
import { RelayService } from "./relay_service.ts";
import { countStates } from "./relay_states.ts";
import { RouteService } from "./route_service.ts";
import type { OperationUseCases } from "./use_cases.ts";
import { Wakeups } from "./wakeups.ts";
import { WatchService } from "./watch_service.ts";

/** Every use case of the controller, over one registry, one store, one graph and one change log. */
export class Controller implements OperationUseCases {
  readonly metricsSink: ControllerMetrics;
  /** Use cases about relays: registration, heartbeats, drain, deregistration. */
  readonly relays: RelayService;
  /** Route queries. */
  readonly routes: RouteService;
  /** Use cases about the directory: announce, withdraw, list, look up. */
  readonly directory: DirectoryService;
  /** Use cases about access: revocations, policies of tenants, kicks. */
  readonly access: AccessService;
  /** Past values of relays, links and tracks. */
  readonly history: HistoryService;
  /** Following changes. */
  readonly watching: WatchService;
  /** Replication with peer controllers. */
  readonly peers: PeerSide;
  readonly #options: ControllerOptions;
  readonly #parts: ControllerParts;
  readonly #registry: Registry;
  readonly #presenter: Presenter;
  readonly #changeLog: ChangeLog;
  readonly #room: AccessRoom;
  readonly #interested: InterestIndex;
  readonly #publisher: StepPublisher;
  readonly #journal: Journal;
  readonly #graphs: GraphKeeper;
  readonly #chronicle: Chronicle;
  readonly #outages: Outages;
  readonly #samples: History;

  private constructor(
    options: ControllerOptions,
    parts: ControllerParts,
    { registry, told }: { registry: Registry; told: readonly Told[] },
  ) {
    const { clock, store, events } = parts;
    const { leaseMs } = options;
    this.#options = options;
    this.#parts = parts;
    this.#registry = registry;
    const wakeups = new Wakeups(clock);
    const { history: entries, historyBytes: bytes } = options;
    this.#changeLog = ChangeLog.of(
      entriesFromTexts(told),
      registry.revision,
      { limits: { entries, bytes }, wakeups },
    );
    this.#interested = new InterestIndex(new Wakeups(clock));
    this.#room = new AccessRoom({
      ...{ clock, registry, events, leaseMs },
      changeLog: this.#changeLog,
      onBehind: () => this.metricsSink.watcherBehind(),
    });
    this.metricsSink = this.#openMetrics();
    this.#outages = new Outages(events);
    if (store.sharing !== undefined) this.#outages.watchStore(clock, () => store.healthy);
    const { relays } = registry;
    this.#chronicle = new Chronicle(
      {
        ...{ events, clock, relays, leaseMs, controller: options.name },
        isRevoked: (relay) => registry.access.revokedSubject(relay, clock.wall()) !== undefined,
      },
      registry.revision,
    );
    this.#graphs = this.#openGraphs();
    this.#samples = new History({
      clock,
      relays,
      flows: () => registry.flows,
      graph: () => this.#graphs.current,
      states: () => countStates(this.#graphs.current, registry.tombstones),
    });
    const toDate = datesOf(parts.timeline);
    this.#publisher = new StepPublisher({
      changeLog: this.#changeLog,
      interested: this.#interested,
      access: this.#room.feed,
      chronicle: this.#chronicle,
      history: this.#samples,
      toDate,
    });
    this.#journal = this.#openJournal();
    this.#presenter = new Presenter({ registry, toDate, now: () => clock.now(), leaseMs });
    const shared = {
      clock,
      registry,
      journal: this.#journal,
      presenter: this.#presenter,
      revision: () => this.revision(),
      freshGraph: () => this.#freshGraph(),
    };
    const { usages } = this.#room;
    this.relays = new RelayService({ ...shared, events, toDate, leaseMs, usages });
    const revoked = new RevokedRelays({
      book: registry.access,
      wall: () => clock.wall(),
      isRegistered: (relay) => relays.has(relay),
      deregister: (relay) => this.relays.deregister(relay),
    });
    this.#publisher.followAccess((keys) => revoked.accessChanged(keys));
    this.#publisher.follow((names) => revoked.relaysChanged(names));
    this.access = this.#room.service(this.#journal);
    if (store.sharing !== undefined) this.#room.share(store.sharing.notices);
    this.peers = new PeerSide({
      ...{ registry, journal: this.#journal, publisher: this.#publisher, leaseMs },
      ...{ room: this.#room, access: this.access, now: () => clock.now() },
      onMerged: (relays) => this.metricsSink.merged(relays),
    });
    this.routes = new RouteService({
      ...shared,
      changeLog: this.#changeLog,
      regions: options.regions,
    });
    this.directory = new DirectoryService(shared);
    this.history = new HistoryService(this.#samples, shared.revision);
    this.watching = new WatchService({
      ...{ clock, registry, wakeups, presenter: this.#presenter, directory: this.directory },
      changeLog: this.#changeLog,
      interested: this.#interested,
      access: this.#room.feed,
      graph: this.#graphs.current,
      freshGraph: shared.freshGraph,
      onBehind: () => this.metricsSink.watcherBehind(),
    });
  }

  /** Starts from contents of the store that were loaded before. */
  static begin(
    { revision, relays, tombstones, access = [], told = [] }: Stored,
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
      ...options.capacity,
      leasesEndInStore: parts.store.sharing !== undefined,
    });
    registry.restore(relays, tombstones, parts.clock.now());
    for (const entry of access) registry.access.set(entry);
    return new Controller(options, parts, { registry, told });
  }

  /** The revision of the newest published change. */
  revision(): number {
    return this.#changeLog.revision;
  }

  /** Ends the watchers, stores and publishes pending changes, and closes the store. */
  async close(): Promise<void> {
    await this.#journal.close();
    this.#chronicle.close();
    this.#samples.close();
    this.#outages.close();
    this.#graphs.close();
    this.watching.close();
    this.#changeLog.close();
    this.#interested.close();
    await this.#parts.store.close();
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

  #openMetrics(): ControllerMetrics {
    const { store, http, events } = this.#parts;
    const registry = this.#registry;
    return new ControllerMetrics({
      relays: () => countStates(this.#graphs.current, registry.tombstones),
      announces: () => registry.directory.size,
      announceBytes: () => registry.directory.bytes,
      historyBytes: () => this.#changeLog.bytes,
      interests: () => this.#interested.size,
      flows: () => registry.flows.values().reduce((sum, one) => sum + one.length, 0),
      revision: () => this.revision(),
      prolonged: () => registry.prolonged,
      isStoreHealthy: () => store.healthy,
      events: () => events.counts,
      members: () => store.sharing?.members() ?? [],
      ...this.#room.metrics,
    }, http);
  }

  #openGraphs(): GraphKeeper {
    const { policy, oneWayLinks, spfHoldMs: holdMs } = this.#options;
    return new GraphKeeper({
      clock: this.#parts.clock,
      policy,
      oneWayLinks,
      holdMs,
      registry: this.#registry,
      onSettled: () => this.#journal.settle(),
      onGraph: (graph, milliseconds) => {
        this.metricsSink.graph(milliseconds);
        this.#chronicle.graph(graph);
        this.watching.graphChanged(graph);
      },
    });
  }

  #openJournal(): Journal {
    const { clock, store, onStoreFailure } = this.#parts;
    return new Journal({
      registry: this.#registry,
      store,
      clock,
      graphs: this.#graphs,
      publisher: this.#publisher,
      storeHealth: {
        stored: (milliseconds) => {
          this.metricsSink.stored(milliseconds);
          this.#outages.storeIsFine();
        },
        failed: (error) => {
          this.metricsSink.storeError();
          this.#outages.storeFailed(error);
          onStoreFailure(error);
        },
      },
    });
  }

  #freshGraph(): Promise<Graph> {
    this.#journal.expire();
    return this.#graphs.fresh();
  }
}
