import { HttpMetrics, type MethodLabel } from "@qumo/shared/http";
import { Counter, Gauge, Histogram, Registry as Metrics } from "prom-client";
import type { EventCount } from "../events/mod.ts";
import type { NodeState } from "../graph/mod.ts";
import { addHttpMetrics } from "./http_metrics.ts";
import { addProcessMetrics, type ProcessSources } from "./process_metrics.ts";

const HTTP_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
// From a write to memory to an etcd that elects a leader meanwhile.
const STORE_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const SPF_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5];

/** What is read when the metrics are, instead of being counted. */
export interface MetricSources {
  readonly relays: () => Readonly<Record<NodeState, number>>;
  readonly announces: () => number;
  readonly announceBytes: () => number;
  readonly historyBytes: () => number;
  readonly flows: () => number;
  readonly revision: () => number;
  readonly isStoreHealthy: () => boolean;
  readonly events: () => ReadonlyMap<string, Readonly<EventCount>>;
  /** The members of the cluster behind the store; none where there is no cluster. */
  readonly members: () => readonly { readonly name: string; readonly state: string }[];
}

/** The controller's metrics. */
export class ControllerMetrics {
  /** What the listener counts. */
  readonly http: HttpMetrics;
  readonly #metrics = new Metrics();
  readonly #requests: Histogram<"method" | "path" | "status">;
  readonly #graphs: Histogram;
  readonly #watchers: Gauge;
  readonly #watchersBehind: Counter;
  readonly #stores: Histogram;
  readonly #storeErrors: Counter;
  readonly #merges: Counter;
  readonly #syncs: Counter<"peer" | "result">;
  readonly #lastSync: Gauge<"peer">;
  #lags: () => Iterable<readonly [peer: string, milliseconds: number]> = () => [];

  constructor(sources: MetricSources, http = new HttpMetrics()) {
    this.http = http;
    const registers = [this.#metrics];
    const read = (name: string, help: string, collect: (gauge: Gauge) => void) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          collect(this);
        },
      });
    new Gauge({
      name: "qumo_sdn_relays",
      help: "Relays by state; only the first three have a lease",
      labelNames: ["state"],
      registers,
      collect() {
        for (const [state, count] of Object.entries(sources.relays())) this.set({ state }, count);
      },
    });
    read("qumo_sdn_announces", "Announces of all relays", (one) => one.set(sources.announces()));
    read(
      "qumo_sdn_announce_bytes",
      "Bytes of the texts of all announces",
      (one) => one.set(sources.announceBytes()),
    );
    read(
      "qumo_sdn_watch_history_bytes",
      "Bytes of changes kept for watchers that are behind",
      (one) => one.set(sources.historyBytes()),
    );
    read(
      "qumo_sdn_flows",
      "Flows: remote tracks that relays take from neighbors",
      (one) => one.set(sources.flows()),
    );
    read("qumo_sdn_revision", "Current revision", (one) => one.set(sources.revision()));
    new Gauge({
      name: "qumo_sdn_etcd_member",
      help: "1 for the state of each member of etcd: leader, follower, leaderless or silent",
      labelNames: ["member", "state"],
      registers,
      collect() {
        this.reset();
        for (const { name, state } of sources.members()) this.set({ member: name, state }, 1);
      },
    });
    this.#requests = new Histogram({
      name: "qumo_sdn_http_request_seconds",
      help: "Duration of requests, by path and status",
      labelNames: ["method", "path", "status"],
      buckets: HTTP_SECONDS,
      registers,
    });
    addHttpMetrics(this.#metrics, this.http);
    this.#graphs = new Histogram({
      name: "qumo_sdn_spf_seconds",
      help: "Duration of path computations",
      buckets: SPF_SECONDS,
      registers,
    });
    this.#watchers = new Gauge({ name: "qumo_sdn_watchers", help: "Watchers", registers });
    this.#watchersBehind = new Counter({
      name: "qumo_sdn_watchers_behind_total",
      help: "Watchers that read too slowly and must start with a new snapshot",
      registers,
    });
    this.#stores = new Histogram({
      name: "qumo_sdn_store_seconds",
      help: "Duration of writes to the store, until they are durable",
      buckets: STORE_SECONDS,
      registers,
    });
    read(
      "qumo_sdn_store_healthy",
      "1 while the store accepts writes; 0 when etcd has no quorum, or a disk fails",
      (one) => one.set(sources.isStoreHealthy() ? 1 : 0),
    );
    this.#storeErrors = new Counter({
      name: "qumo_sdn_store_errors_total",
      help: "Batches that could not be stored",
      registers,
    });
    this.#syncs = new Counter({
      name: "qumo_sdn_syncs_total",
      help: "Exchanges with peer controllers",
      labelNames: ["peer", "result"],
      registers,
    });
    this.#merges = new Counter({
      name: "qumo_sdn_merges_total",
      help: "Relays merged with the state of a peer controller",
      registers,
    });
    new Counter({
      name: "qumo_sdn_events_total",
      help: "Events by kind; left_out: not listed, because their relay caused too many",
      labelNames: ["kind", "result"],
      registers,
      collect() {
        this.reset();
        for (const [kind, count] of sources.events()) {
          for (const [result, events] of Object.entries(count)) {
            if (events > 0) this.inc({ kind, result }, events);
          }
        }
      },
    });
    const lags = () => this.#lags();
    new Gauge({
      name: "qumo_sdn_sync_lag_seconds",
      help:
        "Replication lag: for how long a peer may have lacked the newest changes; 0 when it has them",
      labelNames: ["peer"],
      registers,
      collect() {
        for (const [peer, milliseconds] of lags()) this.set({ peer }, milliseconds / 1000);
      },
    });
    this.#lastSync = new Gauge({
      name: "qumo_sdn_last_sync_timestamp_seconds",
      help: "Time of the last successful exchange with a peer controller",
      labelNames: ["peer"],
      registers,
    });
  }

  /** Counts a request that was answered; its path is an endpoint's, not what a client wrote. */
  request(
    one: { method: MethodLabel; path: string; status: number; milliseconds: number },
  ): void {
    const { method, path, status, milliseconds } = one;
    const labels = { method, path, status: String(status) };
    this.#requests.observe(labels, milliseconds / 1000);
  }

  /** Counts a computation of the graph. */
  graph(milliseconds: number): void {
    this.#graphs.observe(milliseconds / 1000);
  }

  /** Says how many clients follow changes. */
  watchers(count: number): void {
    this.#watchers.set(count);
  }

  /** Counts a watcher whose place is gone. */
  watcherBehind(): void {
    this.#watchersBehind.inc();
  }

  /** Counts a write that the store has kept. */
  stored(milliseconds: number): void {
    this.#stores.observe(milliseconds / 1000);
  }

  /** Counts a batch that could not be stored. */
  storeError(): void {
    this.#storeErrors.inc();
  }

  /** Counts relays that were merged with what another controller told of them. */
  merged(relays: number): void {
    this.#merges.inc(relays);
  }

  /** Lets the lag of each peer be read whenever the metrics are. */
  readLags(read: () => Iterable<readonly [peer: string, milliseconds: number]>): void {
    this.#lags = read;
  }

  /** Lets what the process is and costs be read whenever the metrics are. */
  readProcess(sources: ProcessSources): void {
    addProcessMetrics(this.#metrics, sources);
  }

  /** Counts an exchange with another controller, at `wall` milliseconds since 1970. */
  sync(peer: string, { isFine, wall }: { isFine: boolean; wall: number }): void {
    this.#syncs.inc({ peer, result: isFine ? "ok" : "error" });
    if (isFine) this.#lastSync.set({ peer }, wall / 1000);
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#metrics.metrics();
  }
}
