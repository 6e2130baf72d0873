import type { Clock, Timer } from "@qumo/shared/runtime";

/** What is watched. */
export interface Watched {
  /** Grows with everything that the subscriber takes. */
  readonly progress: number;
  /** Whether it is late, or something waits for it. */
  readonly isWaitedFor: boolean;
  /** It took nothing at all for too long. */
  stalled(): void;
}

/**
 * Notices a subscriber that takes nothing at all for too long, because it is late or because what
 * waits for it gives way to what is newer, again and again.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #watched: Watched;
  #timer: Timer | undefined;

  /** `timeout` in milliseconds. */
  constructor(clock: Clock, timeout: number, watched: Watched) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#watched = watched;
  }

  /** The subscriber was not given something: it is watched from now on, if it is not yet. */
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
