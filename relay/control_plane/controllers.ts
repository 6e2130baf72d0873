import { Backoff, type Clock } from "@qumo/shared/runtime";
import { RETRY } from "./limits.ts";

/** Chooses which controller is used: one until it fails, then the next. */
export class Controllers {
  readonly #urls: readonly string[];
  #place = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  get count(): number {
    return this.#urls.length;
  }

  /** The URL of the controller in use. */
  get current(): string {
    return this.#urls[this.#place]!;
  }

  /** Notes that the controller at `url` failed. Does nothing if another one is in use already. */
  failed(url: string): void {
    if (url === this.current) this.#place = (this.#place + 1) % this.#urls.length;
  }

  /** Uses the controller at `url` from now on. */
  use(url: string): void {
    this.#place = Math.max(0, this.#urls.indexOf(url));
  }

  /** The URLs of all controllers, the one in use first. */
  get inOrder(): readonly string[] {
    return [...this.#urls.slice(this.#place), ...this.#urls.slice(0, this.#place)];
  }
}

/**
 * The wait of one task before it retries. Waits only grow after each controller was tried once, so
 * that a second controller is tried without delay.
 */
export class Retry {
  readonly #controllers: Controllers;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #failures = 0;

  constructor(
    controllers: Controllers,
    { clock, random }: { clock: Clock; random: () => number },
    waits: Readonly<Record<keyof typeof RETRY, number>> = RETRY,
  ) {
    this.#controllers = controllers;
    this.#backoff = new Backoff({ ...waits, random }, clock);
    this.#random = random;
  }

  /** Notes that the task succeeded. */
  succeeded(): void {
    this.#failures = 0;
    this.#backoff.succeeded();
  }

  /** Notes that the task failed; returns the milliseconds to wait before the retry. */
  failed(): number {
    const isLast = ++this.#failures % this.#controllers.count === 0;
    return isLast ? this.#backoff.failed() : this.#random() * RETRY.first;
  }

  /**
   * The task was asked to come again in so many milliseconds; returns the time to wait, up to twice
   * that: all who were told the same must not come at the same moment.
   */
  putOff(retryAfterMs: number): number {
    return retryAfterMs * (1 + this.#random());
  }
}
