import { type Clock, messageOf, systemClock, TaskGroup } from "@qumo/shared/runtime";
import { AddressLimit } from "./address_limit.ts";
import { addressKey, hostOf } from "./address_key.ts";
import { NoCommonProtocol } from "./errors.ts";
import { HandshakeSlots } from "./handshake_slots.ts";
import { acceptWebTransport, Http3Code } from "./h3/mod.ts";
import {
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_CONNECTIONS_WAITING,
  MAX_HANDSHAKES,
  MAX_UNREAD_BYTES,
  MAX_UNREAD_BYTES_PER_CONNECTION,
} from "./limits.ts";
import type { QuicEndpoint } from "./quic_endpoint.ts";
import { listenQuic, type QuicListener } from "./quic_listener.ts";
import type { QuicConnection } from "./quic_connection.ts";
import type { QuicTransportOptions } from "./quic_options.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Connection, Listener } from "./types.ts";
import { type BudgetedConnection, UnreadBudget } from "./unread_budget.ts";
import type { TransportLimit } from "../vocabulary.ts";

/** Options of {@linkcode listen}. */
export interface ListenOptions extends QuicTransportOptions {
  /** The socket, which the listener closes with itself. */
  readonly endpoint: QuicEndpoint;
  readonly certificate: CertificatePair;
  /** The protocols for raw QUIC and WebTransport, in order of preference. */
  readonly protocols: readonly string[];
  /** Whether pages of this origin may connect; undefined for other programs. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  /** Connections per client address. */
  readonly maxConnectionsPerAddress?: number;
  /** Handshakes in progress, for QUIC and again for WebTransport. */
  readonly maxHandshakes?: number;
  /** Whether a host is exempt from the connection limit, and its handshakes are evicted last. */
  readonly isKnown?: (host: string) => boolean;
  /** Unread bytes of one peer. */
  readonly maxUnreadPerConnection?: number;
  /** Unread bytes of all peers together. */
  readonly maxUnread?: number;
  /** The code with which a raw QUIC connection is closed when it exceeds a limit. */
  readonly overloadCode?: Code;
  /** Called for each peer that was refused a connection. */
  readonly onRefused?: (refusal: RefusedPeer) => void;
  /** Called with the limit that ended a connection or a handshake. */
  readonly onLimit?: (limit: TransportLimit) => void;
  readonly clock?: Clock;
}

/** A listener with limits on the resources of peers. */
export interface BoundedListener extends Listener {
  /** An upper estimate of the bytes that peers have sent and the relay has not read. */
  readonly unreadBytes: number;
}

/** A peer that was refused a connection. */
export interface RefusedPeer {
  /**
   * Why: QUIC's handshake failed, WebTransport's did, neither has a protocol that both ends speak, or
   * the address has too many connections.
   */
  readonly kind: "quic" | "webtransport" | "protocol" | "address";
  readonly reason: string;
  /** Undefined when the first packet was malformed. */
  readonly peer: string | undefined;
}

/**
 * Listens for raw QUIC and WebTransport at one endpoint. Throws a `handshake` TransportError when the
 * certificate is bad; the endpoint is closed then.
 */
export function listen(options: ListenOptions): BoundedListener {
  return new SharedListener(options);
}

class SharedListener implements BoundedListener {
  readonly #options: ListenOptions;
  readonly #clock: Clock;
  readonly #quic: QuicListener;
  readonly #budget: UnreadBudget;
  readonly #ready = new Queue<Connection>(MAX_CONNECTIONS_WAITING);
  readonly #live = new Set<Connection>();
  readonly #addresses: AddressLimit;
  readonly #upgrades: HandshakeSlots;
  readonly #tasks = new TaskGroup((task, error) =>
    this.#refused({ kind: "webtransport", reason: `${task}: ${error}`, peer: undefined })
  );
  #closing: { readonly code: Code; readonly reason: string } | undefined;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#addresses = new AddressLimit(
      options.maxConnectionsPerAddress ?? MAX_CONNECTIONS_PER_ADDRESS,
    );
    this.#upgrades = new HandshakeSlots(options.maxHandshakes ?? MAX_HANDSHAKES);
    this.#budget = new UnreadBudget({
      perConnection: options.maxUnreadPerConnection ?? MAX_UNREAD_BYTES_PER_CONNECTION,
      inAll: options.maxUnread ?? MAX_UNREAD_BYTES,
      clock: this.#clock,
      onLimit: (limit) => options.onLimit?.(limit),
    });
    this.#quic = listenQuic({
      ...options,
      // The server's order decides, and raw QUIC costs less.
      alpnProtocols: [...options.protocols, "h3"],
      onRefused: (error, peer) => this.#failed("quic", error, peer),
    }, this.#clock);
    this.#tasks.spawn("accept", () => this.#takeConnections());
  }

  get address(): Listener["address"] {
    return this.#quic.address;
  }

  get unreadBytes(): number {
    return this.#budget.bytes;
  }

  accept(): Promise<Connection | undefined> {
    return this.#ready.take();
  }

  useCertificate(pair: CertificatePair): void {
    this.#quic.useCertificate(pair);
  }

  close(code: Code, reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = { code, reason };
    this.#ready.close();
    this.#budget.close();
    const ending = [...this.#live].map((connection) => {
      connection.close(code, reason);
      return connection.closed;
    });
    // WebTransport sends its close on a stream, which must arrive before the socket is closed.
    void Promise.all(ending).then(() => this.#quic.close(code, reason));
  }

  async #takeConnections(): Promise<void> {
    for (;;) {
      const raw = await this.#quic.accept();
      if (raw === undefined) return void this.#ready.close();
      if (!this.#admits(raw)) continue;
      if (this.#closing === undefined) this.#budget.watch(this.#budgeted(raw));
      if (raw.protocol !== "h3") this.#welcome(raw);
      else this.#tasks.spawn("WebTransport handshake", () => this.#upgrade(raw));
    }
  }

  /**
   * Whether the address may have one more connection; after the handshake the address is validated.
   */
  #admits(raw: Connection): boolean {
    const host = hostOf(raw.remoteAddress);
    if (this.#isKnown(host)) return true;
    const key = addressKey(host);
    if (this.#addresses.take(key)) {
      void raw.closed.then(() => this.#addresses.give(key));
      return true;
    }
    raw.close(this.#overloadCodeOf(raw.protocol), "too many connections from this address");
    this.#options.onLimit?.("connections_per_address");
    const reason = `too many connections from ${key}`;
    this.#refused({ kind: "address", reason, peer: raw.remoteAddress });
    return false;
  }

  async #upgrade(raw: Connection): Promise<void> {
    const { protocols, allowOrigin, handshakeTimeout } = this.#options;
    const host = hostOf(raw.remoteAddress);
    let crowdedOut: string | undefined;
    const slot = this.#upgrades.take(
      { key: addressKey(host), isKnown: this.#isKnown(host) },
      () => {
        this.#options.onLimit?.("webtransport_handshakes");
        crowdedOut = "too many handshakes at once, and this one took longest";
        raw.close(Http3Code.excessiveLoad, crowdedOut);
      },
    );
    try {
      this.#welcome(
        await acceptWebTransport(raw, {
          protocols,
          allowOrigin,
          clock: this.#clock,
          ...(handshakeTimeout !== undefined && { handshakeTimeout }),
        }),
      );
    } catch (error) {
      const cause = crowdedOut === undefined ? error : new Error(crowdedOut);
      this.#failed("webtransport", cause, raw.remoteAddress);
    } finally {
      slot.give();
    }
  }

  #welcome(connection: Connection): void {
    if (this.#closing !== undefined) {
      return connection.close(this.#closing.code, this.#closing.reason);
    }
    this.#live.add(connection);
    void connection.closed.then(() => this.#live.delete(connection));
    if (this.#ready.push(connection)) return;
    connection.close(0, "");
    this.#refused({
      kind: connection.transport === "webtransport" ? "webtransport" : "quic",
      reason: "too many connections wait to be accepted",
      peer: connection.remoteAddress,
    });
  }

  #budgeted(raw: QuicConnection): BudgetedConnection {
    return {
      closed: raw.closed,
      unread: () => raw.unread(),
      giveUp: (reason) => raw.giveUp(this.#overloadCodeOf(raw.protocol), reason),
    };
  }

  #isKnown(host: string): boolean {
    return this.#options.isKnown?.(host) ?? false;
  }

  #overloadCodeOf(protocol: string | undefined): Code {
    return protocol === "h3" ? Http3Code.excessiveLoad : this.#options.overloadCode ?? 0;
  }

  #failed(handshake: "quic" | "webtransport", error: unknown, peer: string | undefined): void {
    const kind = error instanceof NoCommonProtocol ? "protocol" : handshake;
    this.#refused({ kind, reason: messageOf(error), peer });
  }

  #refused(refusal: RefusedPeer): void {
    if (this.#closing === undefined) this.#options.onRefused?.(refusal);
  }
}
