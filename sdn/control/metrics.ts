import { HttpMetrics, type MethodLabel } from "@qumo/shared/http";
import { Registry as Metrics } from "prom-client";
import { addHttpMetrics } from "./http_metrics.ts";
import { addLag, keepingInstruments, type Lags, workInstruments } from "./instruments.ts";
import { addProcessMetrics, type ProcessSources } from "./process_metrics.ts";
import { addStateMetrics, type StateSources } from "./state_metrics.ts";

/**
 * The controller's metrics: counters that are incremented here, and gauges that are read at each
 * scrape.
 */
export class ControllerMetrics {
  readonly #metrics = new Metrics();
  readonly #work: ReturnType<typeof workInstruments>;
  readonly #keeping: ReturnType<typeof keepingInstruments>;
  #lags: Lags = () => [];

  /** `http` has the counters of the HTTP listener. */
  constructor(sources: StateSources, http = new HttpMetrics()) {
    addStateMetrics(this.#metrics, sources);
    this.#work = workInstruments(this.#metrics);
    this.#keeping = keepingInstruments(this.#metrics);
    addLag(this.#metrics, () => this.#lags());
    addHttpMetrics(this.#metrics, http);
  }

  /**
   * Counts an answered request; the path label is the endpoint's pattern, never the client's path.
   */
  request(
    one: { method: MethodLabel; path: string; status: number; milliseconds: number },
  ): void {
    const { method, path, status, milliseconds } = one;
    const labels = { method, path, status: String(status) };
    this.#work.requests.observe(labels, milliseconds / 1000);
  }

  /** Counts a computation of the graph. */
  graph(milliseconds: number): void {
    this.#work.graphs.observe(milliseconds / 1000);
  }

  /** Sets the number of watchers. */
  watchers(count: number): void {
    this.#work.watchers.set(count);
  }

  /** Counts a watcher that fell behind the change log. */
  watcherBehind(): void {
    this.#work.watchersBehind.inc();
  }

  /** Counts a write to the store. */
  stored(milliseconds: number): void {
    this.#keeping.stores.observe(milliseconds / 1000);
  }

  /** Counts a batch that could not be stored. */
  storeError(): void {
    this.#keeping.storeErrors.inc();
  }

  /** Counts relays that were merged with another controller's state. */
  merged(relays: number): void {
    this.#keeping.merges.inc(relays);
  }

  /** Registers the callback that reads each peer's lag at a scrape. */
  readLags(read: Lags): void {
    this.#lags = read;
  }

  /** Registers the process metrics, which are read at each scrape. */
  readProcess(sources: ProcessSources): void {
    addProcessMetrics(this.#metrics, sources);
  }

  /** Counts an exchange with a peer controller, at `wall` milliseconds since 1970. */
  sync(peer: string, { isFine, wall }: { isFine: boolean; wall: number }): void {
    this.#keeping.syncs.inc({ peer, result: isFine ? "ok" : "error" });
    if (isFine) this.#keeping.lastSync.set({ peer }, wall / 1000);
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#metrics.metrics();
  }
}
