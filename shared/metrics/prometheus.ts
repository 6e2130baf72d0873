import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { DistributionFamily, Family, NumberFamily } from "./family.ts";

/** Prometheus's text format. */
export interface Exposition<Source> {
  /** Its content type. */
  readonly type: string;
  /** Writes the reading of a scrape in the format. */
  text(source: Source): Promise<string>;
}

/** Writes families in Prometheus's text format. Every series has `labels` beside its own. */
export function createExposition<Source>(
  families: readonly Family<Source>[],
  labels: Readonly<Record<string, string>> = {},
): Exposition<Source> {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  // The library collects all values before `metrics()` returns its promise: scrapes do not mix.
  let scraped: Source;
  for (const family of families) {
    if (family.type === "histogram") {
      registry.registerMetric(new ReadHistogram(family, () => scraped) as unknown as Metric);
    } else addNumbers(registry, family, () => scraped);
  }
  return {
    type: registry.contentType,
    text(source) {
      scraped = source;
      return registry.metrics();
    },
  };
}

function addNumbers<Source>(
  registry: Registry,
  { type, name, help, labels, read }: NumberFamily<Source>,
  scraped: () => Source,
): void {
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
        scraped(),
        (value, series) => series === undefined ? this.inc(value) : this.inc(series, value),
      );
    },
  });
}

/** A histogram whose counts are kept elsewhere: the library's own can only be added to. */
class ReadHistogram<Source> {
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly name: string;
  readonly help: string;
  readonly #read: DistributionFamily<Source>["read"];
  readonly #scraped: () => Source;

  constructor({ name, help, read }: DistributionFamily<Source>, scraped: () => Source) {
    this.name = name;
    this.help = help;
    this.#read = read;
    this.#scraped = scraped;
  }

  get() {
    const { name, help, type, aggregator } = this;
    const values: object[] = [];
    this.#read(this.#scraped(), ({ bounds, counts, sum }, labels = {}) => {
      let total = 0;
      const buckets = counts.map((count, at) => ({
        metricName: `${name}_bucket`,
        labels: { le: bounds[at] ?? "+Inf", ...labels },
        value: total += count,
      }));
      values.push(
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: total },
      );
    });
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  reset(): void {}
}
