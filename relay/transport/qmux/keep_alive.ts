import type { Clock, Timer } from "@qumo/shared/runtime";
import { WAITED_WRITE } from "./limits.ts";

/** Options of {@linkcode KeepAlive}; times are in milliseconds. */
export interface KeepAliveOptions {
  readonly clock: Clock;
  /** Silence of either side after which the peer is asked for a sign; 0 never asks. */
  readonly interval: number;
  /** Silence after which the peer is lost. */
  readonly timeout: number;
  /** Asks the peer for a sign. */
  readonly onQuiet: () => void;
  readonly onLost: () => void;
}

/** Finds out whether a peer is still there, and shows one that only sends that this side is. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #timer: Timer;
  #heardAt: number;
  #askedAt: number;
  #writingSince: number;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#heardAt = this.#askedAt = this.#writingSince = options.clock.now();
    this.#timer = this.#wait();
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
  }

  /** A write begins or ends. One that had to wait shows that the peer reads. */
  writing(isWriting: boolean): void {
    const now = this.#options.clock.now();
    if (isWriting) this.#writingSince = now;
    else if (now - this.#writingSince >= WAITED_WRITE) this.#heardAt = now;
  }

  close(): void {
    this.#timer.cancel();
  }

  // A peer that hears nothing gives up, whatever it sends.
  get #quietSince(): number {
    return Math.max(Math.min(this.#heardAt, this.#writingSince), this.#askedAt);
  }

  #wait(): Timer {
    const { clock, interval, timeout } = this.#options;
    const now = clock.now();
    const ask = this.#quietSince + interval - now;
    const lose = this.#heardAt + timeout - now;
    return clock.after(interval > 0 ? Math.min(ask, lose) : lose, this.#look);
  }

  readonly #look = (): void => {
    const { clock, interval, timeout, onQuiet, onLost } = this.#options;
    const now = clock.now();
    if (now - this.#heardAt >= timeout) return onLost();
    if (interval > 0 && now - this.#quietSince >= interval) {
      this.#askedAt = now;
      onQuiet();
    }
    this.#timer = this.#wait();
  };
}
