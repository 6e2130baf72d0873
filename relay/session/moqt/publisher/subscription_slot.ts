import type { RequestChannel } from "../requests/requests.ts";
import type { ServedSubscription } from "./served_subscription.ts";

/** A subscription of the peer, served or being prepared. */
export class Slot {
  readonly requestId: bigint;
  readonly stream: RequestChannel;
  /** Resolves with the subscription once it is served, or undefined when it was refused. */
  readonly settled: Promise<ServedSubscription | undefined>;
  readonly #settle: (served: ServedSubscription | undefined) => void;
  readonly #onRelease: (slot: Slot) => void;
  #served: ServedSubscription | undefined;
  // Only while the subscription is being prepared.
  #gone: AbortController | undefined;

  constructor(requestId: bigint, stream: RequestChannel, onRelease: (slot: Slot) => void) {
    this.requestId = requestId;
    this.stream = stream;
    this.#onRelease = onRelease;
    const { promise, resolve } = Promise.withResolvers<ServedSubscription | undefined>();
    this.settled = promise;
    this.#settle = resolve;
  }

  /** The subscription once it is served. */
  get served(): ServedSubscription | undefined {
    return this.#served;
  }

  /** Aborted when the subscriber cancels while the subscription is being prepared. */
  get signal(): AbortSignal {
    return this.#preparing.signal;
  }

  /** The subscriber cancels; does nothing once the subscription is served, which notices that itself. */
  abandon(): void {
    if (this.#served === undefined) this.#preparing.abort();
  }

  /** The subscription is served. */
  begun(served: ServedSubscription): void {
    this.#served = served;
    this.#gone = undefined;
    this.#settle(served);
  }

  /** The subscription ended or was refused. */
  release(): void {
    this.#settle(undefined);
    this.#onRelease(this);
  }

  get #preparing(): AbortController {
    return this.#gone ??= new AbortController();
  }
}
