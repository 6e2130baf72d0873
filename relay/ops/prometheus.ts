import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { Distribution, Family } from "./family.ts";

/**
 * Makes a Prometheus registry that reads every value at the scrape. Every series has the relay's
 * name, if there is one, as the label `relay`, so that alerts name the relay and not only its
 * address.
 */
export function createRegistry(
  relay: string,
  families: readonly Family[],
  distributions: () => readonly Distribution[] = () => [],
): Registry {
  const registry = new Registry();
  if (relay !== "") registry.setDefaultLabels({ relay });
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
        read((value, series) => series === undefined ? this.inc(value) : this.inc(series, value));
      },
    });
  }
  for (const [index, { name, help }] of distributions().entries()) {
    registry.registerMetric(
      new ReadHistogram(name, help, () => distributions()[index]!) as unknown as Metric,
    );
  }
  return registry;
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
