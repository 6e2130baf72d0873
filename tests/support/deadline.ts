import { systemClock, type Timer } from "@qumo/shared/runtime";

/** After this time a test hangs, in milliseconds. */
export const HANGS_MS = 300_000;

/**
 * The time a test may take. Whatever is awaited goes through {@linkcode Deadline.for}, so that a test
 * that hangs fails with a sentence about what did not happen.
 */
export class Deadline {
  readonly #over = new AbortController();
  readonly #milliseconds: number;
  readonly #timer: Timer;

  /**
   * The default is long for what these tests do, on a machine that has hardly any time for them too: it is
   * there for the test that will never end.
   */
  constructor(milliseconds = HANGS_MS) {
    this.#milliseconds = milliseconds;
    this.#timer = systemClock.after(milliseconds, () => this.#over.abort());
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** What `promise` becomes, or a failure that says what was awaited when the time was over. */
  for<T>(awaited: string, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () =>
        reject(new Error(`Still waiting for ${awaited} (${this.#milliseconds} ms)`));
      if (this.signal.aborted) return late();
      this.signal.addEventListener("abort", late, { once: true });
      promise.then(resolve, reject).finally(() => this.signal.removeEventListener("abort", late));
    });
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }
}
