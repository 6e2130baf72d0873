import { Counter, Gauge, Registry } from "prom-client";
import type { Family } from "./family.ts";

/** A registry of its own that reads each family anew when it is scraped. */
export function createRegistry(families: readonly Family[]): Registry {
  const registry = new Registry();
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
  return registry;
}
