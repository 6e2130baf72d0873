import { type Clock, LimitedLog, type Log } from "@qumo/shared/runtime";
import type { HandshakeRefusal, RelayMetrics } from "./ops/metrics.ts";

/** A connection that did not become a session. */
export interface RefusedConnection {
  readonly kind: HandshakeRefusal;
  /** In words, for whoever looks for the client's mistake. */
  readonly reason: string;
  /** Undefined where QUIC failed before there was a connection: Deno has no address to give then. */
  readonly peer?: string | undefined;
}

/** Counts connections that did not become sessions, and tells of them, not without end. */
export class RefusedConnections {
  readonly #metrics: Pick<RelayMetrics, "handshakesRefused">;
  readonly #log: LimitedLog;

  constructor(metrics: Pick<RelayMetrics, "handshakesRefused">, log: Log, clock: Clock) {
    this.#metrics = metrics;
    this.#log = new LimitedLog(log, clock);
  }

  /** One more. */
  add({ kind, reason, peer }: RefusedConnection): void {
    this.#metrics.handshakesRefused[kind]++;
    const message = peer === undefined ? "handshake refused" : "connection refused";
    this.#log.info(message, { ...(peer !== undefined && { peer }), reason });
  }
}
