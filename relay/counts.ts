import type { RelayMetrics } from "./metrics.ts";

/** The fields of `T` that are data, all the way down. */
type Data<T> = T extends readonly (infer Item)[] ? readonly Data<Item>[]
  : T extends object ? {
      readonly [K in keyof T as T[K] extends (...args: never) => unknown ? never : K]: Data<T[K]>;
    }
  : T;

/** All that a relay has counted since its start. */
export type RelayCounts = Data<RelayMetrics>;

/** What was counted up to now, which stays as it is. */
export function countsOf(metrics: RelayMetrics): RelayCounts {
  return structuredClone<RelayCounts>(metrics);
}
