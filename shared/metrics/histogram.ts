import type { Distribution } from "./family.ts";

/** A distribution that is added to. */
export class Histogram implements Distribution {
  /** Ascending; values beyond the last are counted as well. */
  readonly bounds: readonly number[];
  /** One count for each bound, and one for what is beyond. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const at = this.bounds.findIndex((bound) => value <= bound);
    this.counts[at < 0 ? this.bounds.length : at]!++;
    this.sum += value;
  }
}
