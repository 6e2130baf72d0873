import { addressKey } from "@qumo/shared/runtime";
import type { Connection } from "./connection.ts";
import { HEAD_TIMEOUT_MS, IDLE_TIMEOUT_MS, STALL_TIMEOUT_MS } from "./limits.ts";
import type { ConnectionDrop, HttpMetrics } from "./metrics.ts";

/** How many connections there may be, and what may wait for all of them together. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly perAddress: number;
  /** Bytes of answers. */
  readonly unsentBytes?: number;
}

/** The connections of a listener: enforces the limits, and closes idle and stalled ones. */
export class ConnectionLimiter {
  readonly #capacity: ConnectionLimits;
  readonly #metrics: HttpMetrics;
  readonly #connections = new Set<Connection>();
  // By addressKey: one network has as many IPv6 addresses as it likes.
  readonly #byAddress = new Map<string, number>();
  #onEmpty: () => void = () => {};

  constructor(capacity: ConnectionLimits, metrics: HttpMetrics) {
    this.#capacity = capacity;
    this.#metrics = metrics;
  }

  /**
   * Whether one more connection is admitted. At the limit the one that has been idle for longest is
   * closed to make room, so that idle clients do not lock out others.
   */
  admits(address: string): boolean {
    if ((this.#byAddress.get(addressKey(address)) ?? 0) >= this.#capacity.perAddress) {
      this.#metrics.drops.address_full++;
      return false;
    }
    if (this.#connections.size < this.#capacity.connections) return true;
    this.#metrics.drops.full++;
    const oldest = this.#longestWaiting();
    oldest?.destroy();
    return oldest !== undefined;
  }

  /** Adds a connection, until it ends. */
  add(connection: Connection): void {
    const address = addressKey(connection.address);
    this.#connections.add(connection);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    this.#metrics.connections = this.#connections.size;
    connection.once("close", () => this.release(connection));
  }

  /** Takes a connection out, because it has ended or is no longer an HTTP connection. */
  release(connection: Connection): void {
    const address = addressKey(connection.address);
    if (!this.#connections.delete(connection)) return;
    const others = (this.#byAddress.get(address) ?? 1) - 1;
    if (others > 0) this.#byAddress.set(address, others);
    else this.#byAddress.delete(address);
    this.#metrics.connections = this.#connections.size;
    if (this.#connections.size === 0) this.#onEmpty();
  }

  /** Closes every connection that was idle or stalled for too long. */
  look(): void {
    for (const connection of this.#connections) {
      const reason = staleness(connection);
      if (reason === undefined) continue;
      this.#metrics.drops[reason]++;
      connection.destroy();
    }
  }

  /** Closes the idle connections, or all. */
  end(which: "waiting" | "all"): void {
    for (const connection of this.#connections) {
      if (which === "all" || connection.phase !== "busy") connection.destroy();
    }
  }

  /** Resolves when no connection is left. */
  emptied(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty = resolve);
  }

  #longestWaiting(): Connection | undefined {
    let oldest: Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.phase === "busy" || connection.destroyed) continue;
      if (oldest === undefined || connection.age > oldest.age) oldest = connection;
    }
    return oldest;
  }
}

function staleness(connection: Connection): ConnectionDrop | undefined {
  const { phase, age, stalled } = connection;
  if (stalled > STALL_TIMEOUT_MS) return "stalled";
  if (phase === "head" && age > HEAD_TIMEOUT_MS) return "head_timeout";
  return phase === "idle" && age > IDLE_TIMEOUT_MS ? "idle" : undefined;
}
