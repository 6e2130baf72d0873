import type { RelayMetrics } from "./metrics.ts";

/** The fields of `T` that are data, all the way down. */
type Data<T> = T extends readonly (infer Item)[] ? readonly Data<Item>[]
  : T extends object ? {
      readonly [K in keyof T as T[K] extends (...args: never) => unknown ? never : K]: Data<T[K]>;
    }
  : T;

/** The counts of a relay since its start, as data. */
export type RelayCounts = Data<RelayMetrics>;

/** A copy of the counts, which later events do not change. */
export function countsOf(metrics: RelayMetrics): RelayCounts {
  return structuredClone<RelayCounts>(metrics);
}
