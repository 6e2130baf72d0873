/** Adds one series of a family: its value and its labels. */
export type Add = (value: number, labels?: Readonly<Record<string, string>>) => void;

/** A family of series with one name, read at each scrape. */
export interface Family {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (add: Add) => void;
}

/** A family with one number that only grows. */
export function counter(name: string, help: string, value: () => number): Family {
  return { type: "counter", name, help, labels: [], read: (add) => add(value()) };
}

/** A family with one current value. */
export function gauge(name: string, help: string, value: () => number): Family {
  return { type: "gauge", name, help, labels: [], read: (add) => add(value()) };
}

/** A family of numbers that only grow, one for each value of `label`. */
export function counters(
  name: string,
  help: string,
  label: string,
  counts: () => Readonly<Record<string, number>>,
): Family {
  const read = (add: Add) => {
    for (const [word, count] of Object.entries(counts())) add(count, { [label]: word });
  };
  return { type: "counter", name, help, labels: [label], read };
}

/** A distribution: how many values were at most each bound, and their sum. */
export interface Distribution {
  readonly name: string;
  readonly help: string;
  /** Ascending. */
  readonly bounds: readonly number[];
  /** One count for each bound, not accumulated, and one for values beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}
