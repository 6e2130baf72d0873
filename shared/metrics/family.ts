/** Adds one series of a family: its value and its labels. */
export type Add<Value = number> = (
  value: Value,
  labels?: Readonly<Record<string, string>>,
) => void;

/** A family of series with one name, computed from what is read at each scrape. */
export type Family<Source = void> = NumberFamily<Source> | DistributionFamily<Source>;

/** A family whose series are numbers. */
export interface NumberFamily<Source = void> {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (source: Source, add: Add) => void;
}

/** A family whose series are distributions. */
export interface DistributionFamily<Source = void> {
  readonly type: "histogram";
  readonly name: string;
  readonly help: string;
  readonly read: (source: Source, add: Add<Distribution>) => void;
}

/** How many values were at most each bound, and their sum. */
export interface Distribution {
  /** Ascending. */
  readonly bounds: readonly number[];
  /** One count for each bound, not accumulated, and one for values beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A family with one number that only grows. */
export function counter<Source = void>(
  name: string,
  help: string,
  value: (source: Source) => number,
): NumberFamily<Source> {
  return { type: "counter", name, help, labels: [], read: (source, add) => add(value(source)) };
}

/** A family with one current value. */
export function gauge<Source = void>(
  name: string,
  help: string,
  value: (source: Source) => number,
): NumberFamily<Source> {
  return { type: "gauge", name, help, labels: [], read: (source, add) => add(value(source)) };
}

/** A family of numbers that only grow, one for each value of `label`. */
export function counters<Source = void>(
  name: string,
  help: string,
  label: string,
  counts: (source: Source) => Readonly<Record<string, number>>,
): NumberFamily<Source> {
  const read = (source: Source, add: Add) => {
    for (const [word, count] of Object.entries(counts(source))) add(count, { [label]: word });
  };
  return { type: "counter", name, help, labels: [label], read };
}

/** A family with one distribution. */
export function distribution<Source = void>(
  name: string,
  help: string,
  value: (source: Source) => Distribution,
): DistributionFamily<Source> {
  return { type: "histogram", name, help, read: (source, add) => add(value(source)) };
}
