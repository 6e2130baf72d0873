import type { Clock, Timer } from "@qumo/shared/runtime";

/** Holds back who comes before something is known, for a limited time. */
export class Hold {
  readonly #clock: Clock;
  readonly #opened = Promise.withResolvers<void>();
  #timer: Timer | undefined;
  #isKnown = true;
  #isHeld = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it is not known yet. */
  get isUnknown(): boolean {
    return !this.#isKnown;
  }

  /** Whether somebody who comes now has to wait. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Resolves when nobody has to wait any more. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** From now on it is not known, and for so many milliseconds everybody waits. */
  begin(milliseconds: number, onOver: () => void): void {
    this.#isKnown = false;
    if (milliseconds === 0) return;
    this.#isHeld = true;
    this.#timer = this.#clock.after(milliseconds, () => {
      this.#open();
      onOver();
    });
  }

  /** It is known. */
  end(): void {
    this.#isKnown = true;
    this.#open();
  }

  /** Lets everybody go on, known or not. */
  close(): void {
    this.#open();
  }

  #open(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isHeld = false;
    this.#opened.resolve();
  }
}
