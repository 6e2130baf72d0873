import * as metrics from "@qumo/shared/metrics";
import type { Part, RelayReading } from "./readings.ts";

/** The parts of a relay that a scrape reads. */
export const SCRAPED = [
  "state",
  "unready",
  "conditions",
  "certificate",
  "process",
  "counts",
  "now",
  "unreadBytes",
  "mesh",
  "tracks",
] as const satisfies readonly Part[];

/** The reading of one scrape. */
export type Scraped = Pick<RelayReading, typeof SCRAPED[number]>;

/** A family of series with one name, computed from the reading of each scrape. */
export type Family = metrics.Family<Scraped>;

/** A family with one number that only grows. */
export const counter = metrics.counter<Scraped>;

/** A family with one current value. */
export const gauge = metrics.gauge<Scraped>;

/** A family of numbers that only grow, one for each value of a label. */
export const counters = metrics.counters<Scraped>;

/** A family with one distribution. */
export const distribution = metrics.distribution<Scraped>;
