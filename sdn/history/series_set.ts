import { HISTORY_POINTS } from "./limits.ts";

/** Values by field, the oldest first; null where nothing was known. */
export type Points<Field extends string> = Record<Field, (number | null)[]>;

interface Series {
  /** The values of each field, one field after the other: a ring that all series turn together. */
  readonly values: Float32Array;
  /** The number of the newest sample with values. */
  heardAt: number;
}

/** The last samples of many things of one kind. */
export class SeriesSet<Field extends string> {
  readonly #fields: readonly Field[];
  readonly #limit: number;
  /** The one whose last sample is oldest comes first. */
  readonly #series = new Map<string, Series>();
  #samples = 0;
  #leftOut = 0;

  /** Holds up to `limit` series with these fields. */
  constructor(fields: readonly Field[], limit: number) {
    this.#fields = fields;
    this.#limit = limit;
  }

  /** How many things the newest sample had no room for. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** The number of series. */
  get size(): number {
    return this.#series.size;
  }

  /** Begins the next sample, and lets go of what has no sample left. */
  advance(): void {
    this.#samples++;
    this.#leftOut = 0;
    for (const [key, { heardAt }] of this.#series) {
      if (this.#samples - heardAt < HISTORY_POINTS) break;
      this.#series.delete(key);
    }
  }

  /** Writes the sample of one thing; one that ended makes room for it if need be. */
  record(key: string, sample: Partial<Record<Field, number | undefined>>): void {
    const series = this.#series.get(key) ?? this.#open();
    if (series === undefined) {
      this.#leftOut++;
      return;
    }
    while (series.heardAt < this.#samples) this.#write(series, ++series.heardAt, {});
    this.#write(series, this.#samples, sample);
    this.#series.delete(key);
    this.#series.set(key, series);
  }

  /** The history of one thing, as long as the samples that were taken; undefined where there is none. */
  read(key: string): Points<Field> | undefined {
    const series = this.#series.get(key);
    if (series === undefined) return undefined;
    const count = Math.min(this.#samples, HISTORY_POINTS);
    const points = this.#fields.map((field, at) => {
      const own = Array.from({ length: count }, (_, back) => {
        const sample = this.#samples - count + 1 + back;
        const value = series.values[at * HISTORY_POINTS + sample % HISTORY_POINTS]!;
        return sample > series.heardAt || Number.isNaN(value) ? null : Number(value.toPrecision(6));
      });
      return [field, own];
    });
    return Object.fromEntries(points);
  }

  #open(): Series | undefined {
    if (this.#series.size >= this.#limit) {
      const [oldest] = this.#series;
      // What had a sample the last time may still be written in this one.
      if (oldest === undefined || oldest[1].heardAt >= this.#samples - 1) return undefined;
      this.#series.delete(oldest[0]);
    }
    const values = new Float32Array(this.#fields.length * HISTORY_POINTS).fill(NaN);
    return { values, heardAt: this.#samples };
  }

  #write(
    { values }: Series,
    number: number,
    sample: Partial<Record<Field, number | undefined>>,
  ): void {
    let place = number % HISTORY_POINTS;
    for (const field of this.#fields) {
      values[place] = sample[field] ?? NaN;
      place += HISTORY_POINTS;
    }
  }
}
