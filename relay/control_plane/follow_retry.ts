import type { Clock } from "@qumo/shared/runtime";
import { type Controllers, Retry } from "./controllers.ts";
import type { End } from "./followed_stream.ts";
import { FOLLOW_RETRY, KEEP_ALIVE_MS } from "./limits.ts";
import { keepAliveMs } from "./watch_request.ts";

/** An end after which the stream is to be opened again. */
export type Break = Exclude<End, { readonly kind: "left" | "polled" }>;

/** When and at which controller an event stream is opened again. */
export class FollowRetry {
  readonly #controllers: Controllers;
  readonly #random: () => number;
  readonly #retry: Retry;
  /** For a controller that answers, and refuses. */
  readonly #refused: Retry;
  /** Whether the last stream hung before it was ready. */
  #wasStuck = false;
  /** Streams in a row whose signs of life were held back on the way. */
  #delayed = 0;

  constructor(controllers: Controllers, from: { clock: Clock; random: () => number }) {
    this.#controllers = controllers;
    this.#random = from.random;
    this.#retry = new Retry(controllers, from, FOLLOW_RETRY);
    this.#refused = new Retry(controllers, from);
  }

  /** A stream was ready. */
  succeeded(): void {
    this.#retry.succeeded();
    this.#refused.succeeded();
    this.#wasStuck = false;
  }

  /**
   * How often the stream of this answer must show a sign of life, in milliseconds. What held back those
   * of the last stream will do so again: each gives the next one more time.
   */
  intervalOf(response: Response): number {
    const promised = keepAliveMs(response);
    return Math.max(promised, Math.min(promised * 2 ** this.#delayed, KEEP_ALIVE_MS));
  }

  /** The milliseconds until the next stream, by why the one of the controller at `url` ended. */
  after(url: string, end: Break): number {
    this.#delayed = end.kind === "stuck" && end.isDelayed ? this.#delayed + 1 : 0;
    switch (end.kind) {
      case "gone":
        // All relays of a restarted controller reconnect at the same moment, so spread them.
        return this.#random() * FOLLOW_RETRY.first;
      case "stuck":
        this.#controllers.use(end.url);
        return this.#stuck();
      case "put_off":
        return Math.max(this.#retry.failed(), this.#retry.putOff(end.retryAfterMs));
      case "refused":
        this.#controllers.failed(url);
        return this.#refusedFor(end.retryAfterMs);
      case "failed":
        this.#controllers.failed(url);
        return this.#retry.failed();
    }
  }

  /** A controller answers: at once, unless its streams hang again and again. */
  #stuck(): number {
    const wait = this.#retry.failed();
    const isFirst = !this.#wasStuck;
    this.#wasStuck = true;
    return isFirst ? 0 : wait;
  }

  #refusedFor(askedMs: number | undefined): number {
    if (askedMs === undefined) return this.#refused.failed();
    const wait = this.#retry.failed();
    // Another controller need not be waited for.
    if (this.#controllers.count > 1) return wait;
    return Math.max(wait, askedMs + this.#random() * FOLLOW_RETRY.first);
  }
}
