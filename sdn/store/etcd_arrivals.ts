import type { Clock } from "@qumo/shared/runtime";

/**
 * Lets writers wait until their write, or the change that conflicts with it, has arrived by the
 * watch.
 */
export class EtcdArrivals {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();

  /** Waits at most `timeoutMs` milliseconds. */
  constructor({ clock, timeoutMs }: { clock: Clock; timeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when `isSo` is true after an arrival; rejects on timeout. */
  until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = () => {
        timer.cancel();
        this.#waiting.delete(look);
      };
      const look = () => {
        if (!isSo()) return;
        leave();
        resolve();
      };
      const timer = this.#clock.after(this.#timeoutMs, () => {
        leave();
        reject(new Error("etcd's watch is behind"));
      });
      this.#waiting.add(look);
    });
  }

  /** Checks all waiting conditions; call it on each arrival. */
  look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
