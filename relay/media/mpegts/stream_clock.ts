import { MAX_TIME_JUMP_MS } from "./limits.ts";

const FULL = 2 ** 33;
const TICKS_PER_MS = 90;

/** The times of a program, which have 33 bits, as ones that go on. */
export class StreamClock {
  #last: number | undefined;
  // What is added to a time.
  #shift = 0;

  /** A time in microseconds; one that is far from the last one begins anew where that was. */
  at(ticks: number): number {
    this.#last ??= ticks;
    let time = ticks + this.#shift;
    const ahead = signed(time - this.#last);
    time = this.#last + ahead;
    this.#shift = time - ticks;
    if (Math.abs(ahead) > MAX_TIME_JUMP_MS * TICKS_PER_MS) {
      this.#shift = this.#last - ticks;
      time = this.#last;
    }
    this.#last = time;
    return Math.round(time / TICKS_PER_MS * 1_000);
  }
}

/** A difference of two times of 33 bits, whichever is the later one. */
function signed(difference: number): number {
  const ahead = (difference % FULL + FULL) % FULL;
  return ahead >= FULL / 2 ? ahead - FULL : ahead;
}
