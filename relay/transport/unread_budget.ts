import type { Clock, Timer } from "@qumo/shared/runtime";
import { UNREAD_CHECK_INTERVAL } from "./limits.ts";
import type { CloseInfo } from "./types.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";

/** A connection whose unread bytes are limited. */
export interface BudgetedConnection {
  readonly closed: Promise<CloseInfo>;
  /** An upper estimate of the bytes buffered for the connection. */
  unread(): number;
  /** Closes the connection. */
  giveUp(reason: string): void;
}

/** The limits in bytes. */
export interface UnreadBudgetOptions {
  readonly perConnection: number;
  readonly inAll: number;
  readonly clock: Clock;
  /** Called with the limit for each connection that is closed. */
  readonly onLimit: (limit: TransportLimit) => void;
}

/**
 * Limits the bytes that peers have sent and the relay has not read: QUIC buffers them for each
 * stream up to its window, which Deno cannot make smaller. Checked at an interval; closes a
 * connection above its own limit, and those with the most bytes when the total is above its limit.
 */
export class UnreadBudget {
  readonly #options: UnreadBudgetOptions;
  readonly #connections = new Set<BudgetedConnection>();
  #timer: Timer | undefined;
  #bytes = 0;

  constructor(options: UnreadBudgetOptions) {
    this.#options = options;
  }

  /** The total at the last check. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Includes a connection until it has ended. */
  watch(connection: BudgetedConnection): void {
    this.#connections.add(connection);
    void connection.closed.then(() => this.#remove(connection));
    this.#timer ??= this.#options.clock.after(UNREAD_CHECK_INTERVAL, this.#check);
  }

  /** Stops the checks. */
  close(): void {
    this.#connections.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #remove(connection: BudgetedConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#bytes = 0;
  }

  readonly #check = () => {
    const { clock, perConnection, onLimit } = this.#options;
    this.#timer = clock.after(UNREAD_CHECK_INTERVAL, this.#check);
    const unread = new Map<BudgetedConnection, number>();
    let sum = 0;
    for (const connection of this.#connections) {
      const bytes = connection.unread();
      if (bytes > perConnection) {
        this.#connections.delete(connection);
        onLimit("unread_bytes_per_connection");
        connection.giveUp(`more than ${perConnection} bytes wait to be read`);
      } else if (bytes > 0) {
        unread.set(connection, bytes);
        sum += bytes;
      }
    }
    this.#bytes = this.#relieve(unread, sum);
  };

  #relieve(unread: ReadonlyMap<BudgetedConnection, number>, sum: number): number {
    const { inAll, onLimit } = this.#options;
    if (sum <= inAll) return sum;
    let left = sum;
    for (const [connection, bytes] of [...unread].toSorted(([, a], [, b]) => b - a)) {
      if (left <= inAll) break;
      this.#connections.delete(connection);
      onLimit("unread_bytes");
      connection.giveUp(`more than ${inAll} bytes of all peers wait to be read`);
      left -= bytes;
    }
    return left;
  }
}
