import { violation } from "../../errors.ts";
import type { Role } from "../../session_options.ts";

/** The dependencies of {@linkcode OwnCredit}. */
export interface OwnCreditParts {
  readonly role: Role;
  /** MAX_REQUEST_ID of the peer's SETUP: ids below it may be used. */
  readonly limit: bigint;
  /** Called once for each limit that a request waits at. */
  readonly onBlocked: (limit: bigint) => void;
}

/**
 * Our requests where all share one stream: how many more the peer allows (#message-max-request-id),
 * and their ids, which may have no gap: an id is used when its message is sent.
 */
export class OwnCredit {
  readonly #onBlocked: (limit: bigint) => void;
  #next: bigint;
  #limit: bigint;
  // Requests that were opened, and have not sent their first message.
  #opened = 0n;
  #blockedAt: bigint | undefined;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #failure: Error | undefined;

  constructor({ role, limit, onBlocked }: OwnCreditParts) {
    this.#next = role === "client" ? 0n : 1n;
    this.#limit = limit;
    this.#onBlocked = onBlocked;
  }

  /** The id of the message that is sent next. */
  get nextId(): bigint {
    return this.#next;
  }

  /** Whether we have used an id. */
  hasUsed(id: bigint): boolean {
    return id % 2n === this.#next % 2n && id < this.#next;
  }

  /** Waits until one more request is allowed. Rejects when the session has ended. */
  async take(): Promise<void> {
    while (!this.tryTake()) {
      if (this.#failure !== undefined) throw this.#failure;
      const turn = Promise.withResolvers<void>();
      this.#waiting.push(turn);
      await turn.promise;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Takes one if it is allowed now. */
  tryTake(): boolean {
    if (this.#next + 2n * this.#opened >= this.#limit) {
      this.#sayBlocked();
      return false;
    }
    this.#opened++;
    return true;
  }

  /** The message of one that was taken was sent, with {@linkcode OwnCredit.nextId}. */
  use(): void {
    this.#opened--;
    this.#next += 2n;
  }

  /** One that was taken is not needed. */
  giveBack(): void {
    this.#opened--;
    this.#wake();
  }

  /** The peer allows more. */
  raise(limit: bigint): void {
    if (limit <= this.#limit) {
      throw violation(`MAX_REQUEST_ID ${limit} is not above ${this.#limit}`);
    }
    this.#limit = limit;
    this.#wake();
  }

  /** Ends all waits; called when the session ends. */
  end(failure: Error): void {
    this.#failure = failure;
    this.#wake();
  }

  #sayBlocked(): void {
    if (this.#blockedAt === this.#limit || this.#failure !== undefined) return;
    this.#blockedAt = this.#limit;
    this.#onBlocked(this.#limit);
  }

  #wake(): void {
    for (const turn of this.#waiting.splice(0)) turn.resolve();
  }
}
