import { MAX_CLIENT_STREAMS } from "./limits.ts";

/** A client whose streams count against the common budget. */
export interface StreamHolder {
  /** Closes the client's session: it has the most streams while the budget is exceeded. */
  end(reason: string): void;
}

/**
 * The budget of data streams that all clients have open. Each stream costs memory until it ends,
 * even an idle one; when the budget is exceeded, the client with the most streams is disconnected.
 */
export class StreamBudget {
  readonly #limit: number;
  readonly #holders = new Map<StreamHolder, number>();
  #open = 0;

  constructor(limit = MAX_CLIENT_STREAMS) {
    this.#limit = limit;
  }

  /** The number of open streams. */
  get open(): number {
    return this.#open;
  }

  /** Counts a new stream. */
  began(holder: StreamHolder): void {
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + 1);
    if (++this.#open > this.#limit) this.#endLargest();
  }

  /** Uncounts a stream that has ended. */
  ended(holder: StreamHolder): void {
    const open = this.#holders.get(holder);
    if (open === undefined || open === 0) return;
    this.#holders.set(holder, open - 1);
    this.#open--;
  }

  /** Uncounts all streams of a client that has disconnected. */
  left(holder: StreamHolder): void {
    this.#open -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }

  #endLargest(): void {
    let largest: StreamHolder | undefined;
    let most = 0;
    for (const [holder, open] of this.#holders) {
      if (open > most) [largest, most] = [holder, open];
    }
    if (largest === undefined) return;
    this.left(largest);
    largest.end(
      `clients have more than ${this.#limit} streams open, this one the most of them: ${most}`,
    );
  }
}
