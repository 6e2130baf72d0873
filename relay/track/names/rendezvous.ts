import type { Clock } from "@qumo/shared/runtime";
import { type FullTrackName, type Namespace, trackKey } from "@qumo/shared/wire";
import { NamespaceTree } from "./namespaces.ts";

/** A request that waits for a publisher of a track. */
interface Waiter {
  readonly track: string;
  /** Whether it wants objects to be forwarded. */
  readonly forward: boolean;
  readonly wake: () => void;
}

/** A publisher that is awaited. */
export interface Expected {
  /**
   * Resolves with whether a publisher came within `wait` milliseconds, before `signal` was aborted.
   */
  comes(wait: number, signal: AbortSignal): Promise<boolean>;
  /** Stops waiting. */
  forget(): void;
}

/** Requests for tracks that nobody publishes yet (#rendezvous). */
export class Rendezvous {
  readonly #clock: Clock;
  readonly #waiting = new NamespaceTree<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of waiting requests. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether a request waits for a track of this namespace. */
  isExpected(namespace: Namespace): boolean {
    return !this.#waiting.under(namespace)[Symbol.iterator]().next().done;
  }

  /** Whether a request waits for objects of a track. */
  wantsObjects(name: FullTrackName): boolean {
    const key = trackKey(name);
    return [...this.#waiting.at(name.namespace)].some(({ track, forward }) =>
      forward && track === key
    );
  }

  /** Starts to wait for a publisher of a track, so that none is missed from now on. */
  expect(name: FullTrackName, forward = true): Expected {
    const { promise: came, resolve: wake } = Promise.withResolvers<void>();
    const waiter: Waiter = { track: trackKey(name), forward, wake };
    this.#waiting.add(name.namespace, waiter);
    return {
      comes: (wait, signal) => this.#within(wait, came, signal),
      forget: () => this.#waiting.delete(name.namespace, waiter),
    };
  }

  /** A publisher of a track came. */
  trackCame(name: FullTrackName): void {
    const key = trackKey(name);
    for (const { track, wake } of [...this.#waiting.at(name.namespace)]) if (track === key) wake();
  }

  /** A publisher of a namespace came, which may have any track in it. */
  namespaceCame(namespace: Namespace): void {
    for (const { wake } of [...this.#waiting.under(namespace)]) wake();
  }

  #within(wait: number, came: Promise<void>, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const over = (hasCome: boolean) => {
        timer.cancel();
        signal.removeEventListener("abort", abort);
        resolve(hasCome);
      };
      const abort = () => over(false);
      const timer = this.#clock.after(wait, abort);
      signal.addEventListener("abort", abort);
      void came.then(() => over(true));
    });
  }
}
