import { Backoff, type Clock } from "@qumo/shared/runtime";
import { RETRY } from "./limits.ts";

/** Which of several controllers is asked: one until it fails, then the next. */
export class Controllers {
  readonly #urls: readonly string[];
  #place = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  get count(): number {
    return this.#urls.length;
  }

  /** The one in use. */
  get current(): string {
    return this.#urls[this.#place]!;
  }

  /** Notes that a controller failed. Somebody else may have noticed before, and moved on. */
  failed(url: string): void {
    if (url === this.current) this.#place = (this.#place + 1) % this.#urls.length;
  }

  /** All of them, the one in use first. */
  get inOrder(): readonly string[] {
    return [...this.#urls.slice(this.#place), ...this.#urls.slice(0, this.#place)];
  }
}

/**
 * How long one task waits before it tries again. Each controller is tried once before the waits grow:
 * of two, the second is no reason to be slow.
 */
export class Retry {
  readonly #controllers: Controllers;
  readonly #backoff: Backoff;
  readonly #random: () => number;
  #failures = 0;

  constructor(controllers: Controllers, { clock, random }: { clock: Clock; random: () => number }) {
    this.#controllers = controllers;
    this.#backoff = new Backoff({ ...RETRY, random }, clock);
    this.#random = random;
  }

  /** Notes that it works now. */
  succeeded(): void {
    this.#failures = 0;
    this.#backoff.succeeded();
  }

  /** Notes that it failed; returns the milliseconds to wait. */
  failed(): number {
    const isLast = ++this.#failures % this.#controllers.count === 0;
    return isLast ? this.#backoff.failed() : this.#random() * RETRY.first;
  }
}
