import { MAX_CLIENT_STREAMS } from "./limits.ts";

/** One client's streams, towards the budget of all. */
export interface StreamHolder {
  /** It has more than anybody else, and all together have too many: its session ends. */
  end(reason: string): void;
}

/**
 * The streams that all clients have open towards the relay. Each costs memory until it ends, whether
 * anything comes on it or not; when there are too many, who has most of them has to go.
 */
export class StreamBudget {
  readonly #limit: number;
  readonly #holders = new Map<StreamHolder, number>();
  #open = 0;

  constructor(limit = MAX_CLIENT_STREAMS) {
    this.#limit = limit;
  }

  /** Streams that clients have open now. */
  get open(): number {
    return this.#open;
  }

  /** A client opened a stream. */
  began(holder: StreamHolder): void {
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + 1);
    if (++this.#open > this.#limit) this.#endLargest();
  }

  /** A stream of a client ended. */
  ended(holder: StreamHolder): void {
    const open = this.#holders.get(holder);
    if (open === undefined || open === 0) return;
    this.#holders.set(holder, open - 1);
    this.#open--;
  }

  /** A client has left, and its streams with it. */
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
