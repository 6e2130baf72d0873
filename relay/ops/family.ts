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

/** Adds one series of a family: its value and its labels. */
export type Add = (value: number, labels?: Readonly<Record<string, string>>) => void;

/** A family of series with one name, computed from the reading of each scrape. */
export interface Family {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (scraped: Scraped, add: Add) => void;
}

type Value = (scraped: Scraped) => number;

/** A family with one number that only grows. */
export function counter(name: string, help: string, value: Value): Family {
  return { type: "counter", name, help, labels: [], read: (scraped, add) => add(value(scraped)) };
}

/** A family with one current value. */
export function gauge(name: string, help: string, value: Value): Family {
  return { type: "gauge", name, help, labels: [], read: (scraped, add) => add(value(scraped)) };
}

/** A family of numbers that only grow, one for each value of `label`. */
export function counters(
  name: string,
  help: string,
  label: string,
  counts: (scraped: Scraped) => Readonly<Record<string, number>>,
): Family {
  const read = (scraped: Scraped, add: Add) => {
    for (const [word, count] of Object.entries(counts(scraped))) add(count, { [label]: word });
  };
  return { type: "counter", name, help, labels: [label], read };
}

/** How many values were at most each bound, and their sum. */
export interface Distribution {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** One count for each bound, not accumulated, and one for values beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A distribution with a name, computed from the reading of each scrape. */
export interface DistributionFamily {
  readonly name: string;
  readonly help: string;
  readonly read: (scraped: Scraped) => Distribution;
}
