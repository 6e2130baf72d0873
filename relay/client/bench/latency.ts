// Bins of 10 microseconds up to two seconds; what takes longer is counted in the last one.
const BIN_MS = 0.01;
const BINS = 200_000;

/** How long things took, in milliseconds, to a hundredth of one. */
export class Latency {
  readonly #bins = new Uint32Array(BINS);
  #count = 0;
  #largest = 0;

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** The longest; 0 when there was none. */
  get largest(): number {
    return this.#largest;
  }

  add(milliseconds: number): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(milliseconds / BIN_MS)));
    this.#bins[bin]!++;
    this.#count++;
    if (milliseconds > this.#largest) this.#largest = milliseconds;
  }

  /** What this share of all, 0 to 1, did not exceed; undefined when there was none. */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = Math.max(1, Math.ceil(share * this.#count));
    let bin = 0;
    while (left > this.#bins[bin]!) left -= this.#bins[bin++]!;
    return Math.min((bin + 1) * BIN_MS, this.#largest);
  }

  /** Begins anew. */
  clear(): void {
    this.#bins.fill(0);
    this.#count = 0;
    this.#largest = 0;
  }
}
