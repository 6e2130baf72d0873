import { HttpMetrics } from "@qumo/shared/http";
import { type Family, scraper } from "@qumo/shared/metrics";
import {
  type CountedRequest,
  Counts,
  keepingFamilies,
  lagFamily,
  type Lags,
  workFamilies,
} from "./counts.ts";
import { httpFamilies } from "./http_families.ts";
import { processFamilies, type ProcessSources } from "./process_families.ts";
import { stateFamilies, type StateSources } from "./state_families.ts";

/** Every family of the controller reads its own sources. */
const read = () => Promise.resolve();

/** The controller's metrics: what is counted here, and what is read at each scrape. */
export class ControllerMetrics {
  readonly #counts = new Counts();
  readonly #families: readonly Family[];
  #lags: Lags = () => [];
  #scrape: ReturnType<typeof scraper>;

  /** `http` has the counters of the HTTP listener. */
  constructor(sources: StateSources, http = new HttpMetrics()) {
    this.#families = [
      ...stateFamilies(sources),
      ...workFamilies(this.#counts),
      ...keepingFamilies(this.#counts),
      lagFamily(() => this.#lags()),
      ...httpFamilies(http),
    ];
    this.#scrape = scraper({ families: this.#families, read });
  }

  /** Counts an answered request. */
  request(one: CountedRequest): void {
    this.#counts.requests.observe(one);
  }

  /** Counts a computation of the graph. */
  graph(milliseconds: number): void {
    this.#counts.graphs.observe(milliseconds / 1000);
  }

  /** Sets the number of watchers. */
  watchers(count: number): void {
    this.#counts.watchers = count;
  }

  /** Counts a watcher that fell behind the change log. */
  watcherBehind(): void {
    this.#counts.watchersBehind++;
  }

  /** Counts a write to the store. */
  stored(milliseconds: number): void {
    this.#counts.stores.observe(milliseconds / 1000);
  }

  /** Counts a batch that could not be stored. */
  storeError(): void {
    this.#counts.storeErrors++;
  }

  /** Counts relays that were merged with another controller's state. */
  merged(relays: number): void {
    this.#counts.merges += relays;
  }

  /** Registers the callback that reads each peer's lag at a scrape. */
  readLags(read: Lags): void {
    this.#lags = read;
  }

  /** Registers the process metrics, which are read at each scrape. */
  readProcess(sources: ProcessSources): void {
    this.#scrape = scraper({ families: [...this.#families, ...processFamilies(sources)], read });
  }

  /** Counts an exchange with a peer controller, at `wall` milliseconds since 1970. */
  sync(peer: string, result: { isFine: boolean; wall: number }): void {
    this.#counts.sync(peer, result);
  }

  /** All metrics in Prometheus' text format. */
  async text(): Promise<string> {
    return (await this.#scrape()).text;
  }
}
