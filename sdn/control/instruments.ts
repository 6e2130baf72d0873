import { Counter, Gauge, Histogram, type Registry as Metrics } from "prom-client";

const HTTP_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
// Histogram buckets: from a write to memory up to a write during an etcd leader election.
const STORE_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const SPF_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5];

/** The replication lag of each peer. */
export type Lags = () => Iterable<readonly [peer: string, milliseconds: number]>;

/** Metrics of requests, graph computations and watchers. */
export function workInstruments(metrics: Metrics) {
  const registers = [metrics];
  return {
    requests: new Histogram({
      name: "qumo_sdn_http_request_seconds",
      help: "Duration of requests, by path and status",
      labelNames: ["method", "path", "status"],
      buckets: HTTP_SECONDS,
      registers,
    }),
    graphs: new Histogram({
      name: "qumo_sdn_spf_seconds",
      help: "Duration of path computations",
      buckets: SPF_SECONDS,
      registers,
    }),
    watchers: new Gauge({ name: "qumo_sdn_watchers", help: "Watchers", registers }),
    watchersBehind: new Counter({
      name: "qumo_sdn_watchers_behind_total",
      help: "Watchers that read too slowly and must start with a new snapshot",
      registers,
    }),
  };
}

/** Metrics of storage and replication. */
export function keepingInstruments(metrics: Metrics) {
  const registers = [metrics];
  return {
    stores: new Histogram({
      name: "qumo_sdn_store_seconds",
      help: "Duration of writes to the store, until they are durable",
      buckets: STORE_SECONDS,
      registers,
    }),
    storeErrors: new Counter({
      name: "qumo_sdn_store_errors_total",
      help: "Batches that could not be stored",
      registers,
    }),
    syncs: new Counter({
      name: "qumo_sdn_syncs_total",
      help: "Exchanges with peer controllers",
      labelNames: ["peer", "result"],
      registers,
    }),
    merges: new Counter({
      name: "qumo_sdn_merges_total",
      help: "Relays merged with the state of a peer controller",
      registers,
    }),
    lastSync: new Gauge({
      name: "qumo_sdn_last_sync_timestamp_seconds",
      help: "Time of the last successful exchange with a peer controller",
      labelNames: ["peer"],
      registers,
    }),
  };
}

/** Registers the replication lag of each peer. */
export function addLag(metrics: Metrics, lags: Lags): void {
  new Gauge({
    name: "qumo_sdn_sync_lag_seconds",
    help:
      "Replication lag: for how long a peer may have lacked the newest changes; 0 when it has them",
    labelNames: ["peer"],
    registers: [metrics],
    collect() {
      for (const [peer, milliseconds] of lags()) this.set({ peer }, milliseconds / 1000);
    },
  });
}
