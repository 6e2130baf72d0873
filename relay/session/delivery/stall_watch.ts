import type { Clock, Timer } from "@qumo/shared/runtime";

/** A subscription as the stall watch sees it. */
export interface Watched {
  /** Increases with everything that the subscriber's transport accepts. */
  readonly progress: number;
  /** Whether data waits for the subscriber. */
  readonly isWaitedFor: boolean;
  /** Called when nothing was accepted for the whole timeout. */
  stalled(): void;
}

/**
 * Detects a subscriber that accepts nothing for too long while data waits for it, even if that data
 * is replaced by newer data again and again.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #watched: Watched;
  #timer: Timer | undefined;

  /** `timeout` is in milliseconds. */
  constructor(clock: Clock, timeout: number, watched: Watched) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#watched = watched;
  }

  /** Starts to watch, if it does not yet: data was withheld from the subscriber. */
  begin(): void {
    const { progress } = this.#watched;
    this.#timer ??= this.#clock.after(this.#timeout, () => {
      this.#timer = undefined;
      if (!this.#watched.isWaitedFor) return;
      if (this.#watched.progress !== progress) this.begin();
      else this.#watched.stalled();
    });
  }

  end(): void {
    this.#timer?.cancel();
  }
}
