import type { Clock } from "@qumo/shared/runtime";

/** Lets writers wait until what they wrote has come back, or what was in their way has arrived. */
export class EtcdArrivals {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();

  /** Lets nobody wait longer than `timeoutMs` milliseconds. */
  constructor({ clock, timeoutMs }: { clock: Clock; timeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when what arrived makes it true; rejects when it does not in time. */
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

  /** To be called when something arrived. */
  look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
