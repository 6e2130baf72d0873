import { HttpMetrics, type MethodLabel } from "@qumo/shared/http";
import { Registry as Metrics } from "prom-client";
import { addHttpMetrics } from "./http_metrics.ts";
import { addLag, keepingInstruments, type Lags, workInstruments } from "./instruments.ts";
import { addProcessMetrics, type ProcessSources } from "./process_metrics.ts";
import { addStateMetrics, type StateSources } from "./state_metrics.ts";

/** The controller's metrics: what is counted here, and what is read when the metrics are. */
export class ControllerMetrics {
  readonly #metrics = new Metrics();
  readonly #work: ReturnType<typeof workInstruments>;
  readonly #keeping: ReturnType<typeof keepingInstruments>;
  #lags: Lags = () => [];

  /** `http` is what the listener counts. */
  constructor(sources: StateSources, http = new HttpMetrics()) {
    addStateMetrics(this.#metrics, sources);
    this.#work = workInstruments(this.#metrics);
    this.#keeping = keepingInstruments(this.#metrics);
    addLag(this.#metrics, () => this.#lags());
    addHttpMetrics(this.#metrics, http);
  }

  /** Counts a request that was answered; its path is an endpoint's, not what a client wrote. */
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

  /** Says how many clients follow changes. */
  watchers(count: number): void {
    this.#work.watchers.set(count);
  }

  /** Counts a watcher whose place is gone. */
  watcherBehind(): void {
    this.#work.watchersBehind.inc();
  }

  /** Counts a write that the store has kept. */
  stored(milliseconds: number): void {
    this.#keeping.stores.observe(milliseconds / 1000);
  }

  /** Counts a batch that could not be stored. */
  storeError(): void {
    this.#keeping.storeErrors.inc();
  }

  /** Counts relays that were merged with what another controller told of them. */
  merged(relays: number): void {
    this.#keeping.merges.inc(relays);
  }

  /** Lets the lag of each peer be read whenever the metrics are. */
  readLags(read: Lags): void {
    this.#lags = read;
  }

  /** Lets what the process is and costs be read whenever the metrics are. */
  readProcess(sources: ProcessSources): void {
    addProcessMetrics(this.#metrics, sources);
  }

  /** Counts an exchange with another controller, at `wall` milliseconds since 1970. */
  sync(peer: string, { isFine, wall }: { isFine: boolean; wall: number }): void {
    this.#keeping.syncs.inc({ peer, result: isFine ? "ok" : "error" });
    if (isFine) this.#keeping.lastSync.set({ peer }, wall / 1000);
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.#metrics.metrics();
  }
}
