import { type Clock, LimitedLog, type Log } from "@qumo/shared/runtime";
import type { RelayMetrics } from "./metrics.ts";
import type { HandshakeRefusal } from "./vocabulary.ts";

/** A connection that did not become a session. */
export interface RefusedConnection {
  readonly kind: HandshakeRefusal;
  /** The reason, for people who debug a client. */
  readonly reason: string;
  /** Undefined when the first packet was malformed. */
  readonly peer?: string | undefined;
}

/** Addresses that were logged recently; more at once are not one client's mistake. */
const MAX_ADDRESSES = 1_024;

const MINUTE_MS = 60_000;

/** Counts refused connections, and logs them at a limited rate. */
export class RefusedConnections {
  readonly #metrics: Pick<RelayMetrics, "handshakesRefused">;
  readonly #log: LimitedLog;
  readonly #clock: Clock;
  // When the connection limit of an address was last logged, by log text.
  readonly #addresses = new Map<string, number>();

  constructor(metrics: Pick<RelayMetrics, "handshakesRefused">, log: Log, clock: Clock) {
    this.#metrics = metrics;
    this.#log = new LimitedLog(log, clock);
    this.#clock = clock;
  }

  /** Counts and logs a refused connection. */
  add({ kind, reason, peer }: RefusedConnection): void {
    this.#metrics.handshakesRefused[kind]++;
    if (kind === "address" && !this.#isDue(reason)) return;
    const message = kind === "quic" ? "handshake refused" : "connection refused";
    this.#log.info(message, { ...(peer !== undefined && { peer }), reason });
  }

  /** Whether this reason was not logged for a minute. */
  #isDue(reason: string): boolean {
    const now = this.#clock.now();
    const last = this.#addresses.get(reason);
    if (last !== undefined && now - last < MINUTE_MS) return false;
    this.#addresses.delete(reason);
    if (this.#addresses.size >= MAX_ADDRESSES) {
      const [oldest] = this.#addresses.keys();
      this.#addresses.delete(oldest!);
    }
    this.#addresses.set(reason, now);
    return true;
  }
}
