import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { Distribution, DistributionFamily, Family, Scraped } from "./family.ts";

/** Prometheus's text format. */
export interface Exposition {
  /** Its content type. */
  readonly type: string;
  /** Writes the reading of a scrape in the format. */
  text(scraped: Scraped): Promise<string>;
}

/**
 * Writes families in Prometheus's text format. Every series has the relay's name, if there is one, as
 * the label `relay`, so that alerts name the relay and not only its address.
 */
export function createExposition(
  relay: string,
  families: readonly Family[],
  distributions: readonly DistributionFamily[] = [],
): Exposition {
  const registry = new Registry();
  if (relay !== "") registry.setDefaultLabels({ relay });
  // The library collects all values before `metrics()` returns its promise: scrapes do not mix.
  let scraped: Scraped;
  for (const { type, name, help, labels, read } of families) {
    const Metric: typeof Counter<string> | typeof Gauge<string> = type === "counter"
      ? Counter
      : Gauge;
    new Metric({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect() {
        this.reset();
        read(
          scraped,
          (value, series) => series === undefined ? this.inc(value) : this.inc(series, value),
        );
      },
    });
  }
  for (const { name, help, read } of distributions) {
    const histogram = new ReadHistogram(name, help, () => read(scraped));
    registry.registerMetric(histogram as unknown as Metric);
  }
  return {
    type: registry.contentType,
    text(reading) {
      scraped = reading;
      return registry.metrics();
    },
  };
}

/** A histogram whose counts are kept elsewhere: the library's own can only be added to. */
class ReadHistogram {
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly name: string;
  readonly help: string;
  readonly #read: () => Distribution;

  constructor(name: string, help: string, read: () => Distribution) {
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  get() {
    const { name, help, type, aggregator } = this;
    const { bounds, counts, sum } = this.#read();
    let total = 0;
    const buckets = counts.map((count, at) => ({
      metricName: `${name}_bucket`,
      labels: { le: bounds[at] ?? "+Inf" },
      value: total += count,
    }));
    const values = [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: total },
    ];
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {}
}
