import { type Clock, LimitedLog, type Log } from "@qumo/shared/runtime";
import type { RelayMetrics } from "./ops/metrics.ts";
import type { HandshakeRefusal } from "./vocabulary.ts";

/** A connection that did not become a session. */
export interface RefusedConnection {
  readonly kind: HandshakeRefusal;
  /** In words, for whoever looks for the client's mistake. */
  readonly reason: string;
  /** Undefined where the first packet was no good. */
  readonly peer?: string | undefined;
}

/** Addresses that were told of lately and are remembered; more at once are no longer one client's doing. */
const MAX_ADDRESSES = 1_024;

const MINUTE_MS = 60_000;

/** Counts connections that did not become sessions, and tells of them, not without end. */
export class RefusedConnections {
  readonly #metrics: Pick<RelayMetrics, "handshakesRefused">;
  readonly #log: LimitedLog;
  readonly #clock: Clock;
  // When it was last told that an address has too many connections, by what was told.
  readonly #addresses = new Map<string, number>();

  constructor(metrics: Pick<RelayMetrics, "handshakesRefused">, log: Log, clock: Clock) {
    this.#metrics = metrics;
    this.#log = new LimitedLog(log, clock);
    this.#clock = clock;
  }

  /** One more. */
  add({ kind, reason, peer }: RefusedConnection): void {
    this.#metrics.handshakesRefused[kind]++;
    if (kind === "address" && !this.#isDue(reason)) return;
    const message = kind === "quic" ? "handshake refused" : "connection refused";
    this.#log.info(message, { ...(peer !== undefined && { peer }), reason });
  }

  /** Whether nothing was said of this address for a minute. */
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
