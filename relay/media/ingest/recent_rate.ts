import type { Clock } from "@qumo/shared/runtime";

/** Seconds that a rate is averaged over, so that a key frame makes no peak. */
const SECONDS = 5;

/** What came in the last seconds, by bits a second. */
export class RecentRate {
  readonly #clock: Clock;
  readonly #since: number;
  // Bytes of each of the last seconds, by its number; the one in progress is the last of them.
  readonly #bytes = new Array<number>(SECONDS + 1).fill(0);
  #second = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  add(bytes: number): void {
    this.#pass();
    this.#bytes[this.#second % this.#bytes.length]! += bytes;
  }

  /** Of the seconds that are over; 0 in the first one. */
  get bitsPerSecond(): number {
    this.#pass();
    const seconds = Math.min(this.#second, SECONDS);
    if (seconds === 0) return 0;
    const inProgress = this.#bytes[this.#second % this.#bytes.length]!;
    const bytes = this.#bytes.reduce((sum, of) => sum + of, -inProgress);
    return Math.round(bytes * 8 / seconds);
  }

  /** Forgets the seconds that have become too old. */
  #pass(): void {
    const second = Math.floor((this.#clock.now() - this.#since) / 1_000);
    const first = Math.max(this.#second + 1, second - SECONDS);
    for (let each = first; each <= second; each++) this.#bytes[each % this.#bytes.length] = 0;
    this.#second = second;
  }
}
