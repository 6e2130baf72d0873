/** How often it is looked. */
const EVERY_MS = 20;

/**
 * How late this machine lets a process run that has something to do at a certain time. On an idle machine
 * that is a millisecond or two; where other programs want the processors it is as much as each step takes
 * longer that passes from one process to another.
 */
export class Lateness implements Disposable {
  #lookedAt = performance.now();
  #worst = 0;
  readonly #timer = setInterval(() => {
    this.#worst = this.worstMs;
    this.#lookedAt = performance.now();
  }, EVERY_MS);

  /** The longest delay so far, in milliseconds. */
  get worstMs(): number {
    return Math.max(this.#worst, performance.now() - this.#lookedAt - EVERY_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
