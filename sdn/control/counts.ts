import type { MethodLabel } from "@qumo/shared/http";
import {
  type Add,
  counter,
  type Distribution,
  distribution,
  type Family,
  gauge,
  Histogram,
} from "@qumo/shared/metrics";

const HTTP_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
// Histogram buckets: from a write to memory up to a write during an etcd leader election.
const STORE_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const SPF_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5];

/** The replication lag of each peer. */
export type Lags = () => Iterable<readonly [peer: string, milliseconds: number]>;

/** An answered request; `path` is the endpoint's pattern, never the client's path. */
export interface CountedRequest {
  readonly method: MethodLabel;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Durations of requests, by method, path and status. */
class RequestDurations {
  readonly #series = new Map<
    string,
    { readonly labels: Readonly<Record<string, string>>; readonly durations: Histogram }
  >();

  observe({ method, path, status, milliseconds }: CountedRequest): void {
    const key = `${method} ${path} ${status}`;
    let one = this.#series.get(key);
    if (one === undefined) {
      const labels = { method, path, status: String(status) };
      this.#series.set(key, one = { labels, durations: new Histogram(HTTP_SECONDS) });
    }
    one.durations.observe(milliseconds / 1000);
  }

  read(add: Add<Distribution>): void {
    for (const { labels, durations } of this.#series.values()) add(durations, labels);
  }
}

/** What the controller counts since its start: plain numbers, to be added to. */
export class Counts {
  readonly requests = new RequestDurations();
  /** In seconds, as `stores`. */
  readonly graphs = new Histogram(SPF_SECONDS);
  readonly stores = new Histogram(STORE_SECONDS);
  watchers = 0;
  watchersBehind = 0;
  storeErrors = 0;
  merges = 0;
  /** Exchanges by peer, and when the last one succeeded, in milliseconds since 1970. */
  readonly syncs = new Map<string, { ok: number; error: number; lastAt: number }>();

  /** Counts an exchange with a peer controller, at `wall` milliseconds since 1970. */
  sync(peer: string, { isFine, wall }: { isFine: boolean; wall: number }): void {
    const counts = this.syncs.get(peer) ?? { ok: 0, error: 0, lastAt: 0 };
    this.syncs.set(peer, counts);
    counts[isFine ? "ok" : "error"]++;
    if (isFine) counts.lastAt = wall;
  }
}

/** Metrics of requests, graph computations and watchers. */
export function workFamilies(counts: Counts): Family[] {
  return [
    {
      type: "histogram",
      name: "qumo_sdn_http_request_seconds",
      help: "Duration of requests, by path and status",
      read: (_, add) => counts.requests.read(add),
    },
    distribution("qumo_sdn_spf_seconds", "Duration of path computations", () => counts.graphs),
    gauge("qumo_sdn_watchers", "Watchers", () => counts.watchers),
    counter(
      "qumo_sdn_watchers_behind_total",
      "Watchers that read too slowly and must start with a new snapshot",
      () => counts.watchersBehind,
    ),
  ];
}

/** Metrics of storage and replication. */
export function keepingFamilies(counts: Counts): Family[] {
  return [
    distribution(
      "qumo_sdn_store_seconds",
      "Duration of writes to the store, until they are durable",
      () => counts.stores,
    ),
    counter(
      "qumo_sdn_store_errors_total",
      "Batches that could not be stored",
      () => counts.storeErrors,
    ),
    {
      type: "counter",
      name: "qumo_sdn_syncs_total",
      help: "Exchanges with peer controllers",
      labels: ["peer", "result"],
      read(_, add) {
        for (const [peer, { ok, error }] of counts.syncs) {
          if (ok > 0) add(ok, { peer, result: "ok" });
          if (error > 0) add(error, { peer, result: "error" });
        }
      },
    },
    counter(
      "qumo_sdn_merges_total",
      "Relays merged with the state of a peer controller",
      () => counts.merges,
    ),
    {
      type: "gauge",
      name: "qumo_sdn_last_sync_timestamp_seconds",
      help: "Time of the last successful exchange with a peer controller",
      labels: ["peer"],
      read(_, add) {
        for (const [peer, { lastAt }] of counts.syncs) if (lastAt > 0) add(lastAt / 1000, { peer });
      },
    },
  ];
}

/** The replication lag of each peer, read at each scrape. */
export function lagFamily(lags: Lags): Family {
  return {
    type: "gauge",
    name: "qumo_sdn_sync_lag_seconds",
    help:
      "Replication lag: for how long a peer may have lacked the newest changes; 0 when it has them",
    labels: ["peer"],
    read(_, add) {
      for (const [peer, milliseconds] of lags()) add(milliseconds / 1000, { peer });
    },
  };
}
