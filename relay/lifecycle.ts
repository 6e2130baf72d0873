import type { Log } from "@qumo/shared/runtime";
import type { RelayState } from "./ops/snapshot.ts";

/** The state that a relay is in, and what makes it end. */
export class Lifecycle {
  /** Resolves with a reason when the relay can no longer serve. */
  readonly failed: Promise<string>;
  /** Resolves when the controller orders the relay to drain and stop. */
  readonly drainRequested: Promise<void>;
  readonly #log: Log;
  readonly #fail: (reason: string) => void;
  readonly #requestDrain: () => void;
  #state: RelayState = "starting";

  constructor(log: Log) {
    this.#log = log;
    ({ promise: this.failed, resolve: this.#fail } = Promise.withResolvers());
    ({ promise: this.drainRequested, resolve: this.#requestDrain } = Promise.withResolvers());
  }

  get state(): RelayState {
    return this.#state;
  }

  get isDraining(): boolean {
    return this.#state === "draining";
  }

  /** The relay takes in sessions from now on. */
  serves(): void {
    this.#state = "serving";
  }

  /** The relay takes in nobody any more. */
  drains(): void {
    this.#state = "draining";
  }

  /** The relay can no longer serve: whoever runs it should stop it. */
  fails(reason: string): void {
    this.#state = "failed";
    this.#log.error("fatal error: the relay stops", { reason });
    this.#fail(reason);
  }

  /** The controller ordered the relay to drain: whoever runs it should do so. */
  isToldToDrain(): void {
    this.#log.info("drain requested by the controller");
    this.#requestDrain();
  }
}
