import { addressKey, type Clock, LimitedLog, type Log } from "@qumo/shared/runtime";
import type { RelayMetrics } from "./metrics.ts";
import { hostOf } from "./transport/mod.ts";
import type { HandshakeRefusal } from "./vocabulary/mod.ts";

/** A connection that did not become a session. */
export interface RefusedConnection {
  readonly kind: HandshakeRefusal;
  /** The reason, for people who debug a client. */
  readonly reason: string;
  /** Undefined when the first packet was malformed. */
  readonly peer?: string | undefined;
}

// A client that may not come in tries again: one line a minute for each address and reason.
const REPEATED: ReadonlySet<HandshakeRefusal> = new Set(["address", "protocol"]);

/** Addresses that were logged recently; more at once are not one client's mistake. */
const MAX_ADDRESSES = 1_024;

const MINUTE_MS = 60_000;

/** Counts refused connections, and logs them at a limited rate. */
export class RefusedConnections {
  readonly #metrics: Pick<RelayMetrics, "handshakesRefused">;
  readonly #log: LimitedLog;
  readonly #clock: Clock;
  // When a refusal that is repeated was last logged, by the peer's address and the reason.
  readonly #addresses = new Map<string, number>();

  constructor(metrics: Pick<RelayMetrics, "handshakesRefused">, log: Log, clock: Clock) {
    this.#metrics = metrics;
    this.#log = new LimitedLog(log, clock);
    this.#clock = clock;
  }

  /** Counts and logs a refused connection. */
  add({ kind, reason, peer }: RefusedConnection): void {
    this.#metrics.handshakesRefused[kind]++;
    if (REPEATED.has(kind) && !this.#isDue(`${addressKey(hostOf(peer ?? ""))} ${reason}`)) return;
    const message = kind === "quic" ? "handshake refused" : "connection refused";
    this.#log.info(message, { ...(peer !== undefined && { peer }), reason });
  }

  /** Whether this was not logged for a minute. */
  #isDue(key: string): boolean {
    const now = this.#clock.now();
    const last = this.#addresses.get(key);
    if (last !== undefined && now - last < MINUTE_MS) return false;
    this.#addresses.delete(key);
    if (this.#addresses.size >= MAX_ADDRESSES) {
      const [oldest] = this.#addresses.keys();
      this.#addresses.delete(oldest!);
    }
    this.#addresses.set(key, now);
    return true;
  }
}
