import {
  addressKey,
  AddressLimit,
  type Clock,
  messageOf,
  systemClock,
  TaskGroup,
} from "@qumo/shared/runtime";
import { hostOf } from "./host_of.ts";
import { NoCommonProtocol } from "./errors.ts";
import { type HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";
import { acceptWebTransport, Http3Code } from "./h3/mod.ts";
import {
  HANDSHAKE_TIMEOUT,
  KEEP_ALIVE_INTERVAL,
  MAX_BIDI_STREAMS,
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_CONNECTIONS_WAITING,
  MAX_HANDSHAKES,
  MAX_IDLE_TIMEOUT,
  MAX_UNI_STREAMS,
  MAX_UNREAD_BYTES,
  MAX_UNREAD_BYTES_PER_CONNECTION,
} from "./limits.ts";
import { listenQuic, type QuicListener } from "./quic_listener.ts";
import type { QuicConnection } from "./quic_connection.ts";
import type { QuicTransportOptions } from "./quic_options.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Connection, Listener } from "./types.ts";
import { type BudgetedConnection, UnreadBudget } from "./unread_budget.ts";
import { refuseUpgrade } from "./websocket/accept.ts";
import type { ByteStream, UpgradeRequest } from "./websocket/byte_stream.ts";
import { CROWDED_ADDRESS, CROWDED_OUT, WebSocketUpgrades } from "./websocket_upgrades.ts";
import type { QmuxLimits } from "./qmux/connection.ts";
import type { ListenOptions, PortListener, RefusedPeer } from "./listen_options.ts";

/**
 * Listens for raw QUIC and WebTransport at one endpoint, and takes WebSockets. Throws a `handshake` TransportError when the
 * certificate is bad; the endpoint is closed then.
 */
export function listen(options: ListenOptions): PortListener {
  return new SharedListener(options);
}

class SharedListener implements PortListener {
  readonly #options: ListenOptions;
  readonly #clock: Clock;
  readonly #quic: QuicListener;
  readonly #budget: UnreadBudget;
  readonly #ready = new Queue<Connection>(MAX_CONNECTIONS_WAITING);
  readonly #live = new Set<Connection>();
  readonly #addresses: AddressLimit;
  readonly #webTransports: HandshakeSlots;
  readonly #webSockets: WebSocketUpgrades;
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
    this.#webTransports = new HandshakeSlots(options.maxHandshakes ?? MAX_HANDSHAKES);
    this.#budget = new UnreadBudget({
      perConnection: options.maxUnreadPerConnection ?? MAX_UNREAD_BYTES_PER_CONNECTION,
      inAll: options.maxUnread ?? MAX_UNREAD_BYTES,
      clock: this.#clock,
      onLimit: (limit) => options.onLimit?.(limit),
    });
    this.#webSockets = this.#newWebSockets();
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

  limitConnections(perAddress: number): void {
    this.#addresses.limit = perAddress;
  }

  upgrade(request: UpgradeRequest, stream: ByteStream): void {
    if (this.#closing !== undefined) {
      return refuseUpgrade(stream, { status: 503, reason: "the relay is shutting down" });
    }
    this.#tasks.spawn("WebSocket handshake", () => this.#webSockets.open(request, stream));
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
      if (!this.#admits(raw.remoteAddress, raw.closed)) {
        raw.close(this.#overloadCodeOf(raw.protocol), CROWDED_ADDRESS);
        continue;
      }
      if (this.#closing === undefined) this.#budget.watch(this.#budgeted(raw));
      if (raw.protocol !== "h3") this.#welcome(raw);
      else this.#tasks.spawn("WebTransport handshake", () => this.#upgrade(raw));
    }
  }

  /**
   * Whether the address may have one more connection; after the handshake the address is validated.
   */
  #admits(peer: string, closed: Promise<unknown>): boolean {
    const host = hostOf(peer);
    if (this.#isKnown(host)) return true;
    const key = addressKey(host);
    if (this.#addresses.take(key)) {
      void closed.then(() => this.#addresses.give(key));
      return true;
    }
    this.#options.onLimit?.("connections_per_address");
    this.#refused({ kind: "address", reason: `too many connections from ${key}`, peer });
    return false;
  }

  async #upgrade(raw: Connection): Promise<void> {
    const { protocols, allowOrigin, handshakeTimeout } = this.#options;
    const host = hostOf(raw.remoteAddress);
    let crowdedOut: string | undefined;
    const slot = this.#webTransports.take(this.#peerAt(host), () => {
      this.#options.onLimit?.("webtransport_handshakes");
      crowdedOut = CROWDED_OUT;
      raw.close(Http3Code.excessiveLoad, crowdedOut);
    });
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

  #newWebSockets(): WebSocketUpgrades {
    const options = this.#options;
    const clock = this.#clock;
    const { protocols, allowOrigin, allowsPlainWebSocket: allowsPlain = false } = options;
    const { handshakeTimeout = HANDSHAKE_TIMEOUT } = options;
    const limits = webSocketLimits(options);
    return new WebSocketUpgrades({
      options: { protocols, allowOrigin, allowsPlain, limits, clock, handshakeTimeout },
      slots: new HandshakeSlots(options.maxHandshakes ?? MAX_HANDSHAKES),
      peerAt: (host) => this.#peerAt(host),
      admits: (peer, closed) => this.#admits(peer, closed),
      onCrowdedOut: () => options.onLimit?.("websocket_handshakes"),
      watch: (connection) => {
        const { closed } = connection;
        const giveUp = (reason: string) => connection.giveUp(options.overloadCode ?? 0, reason);
        this.#budget.watch({ closed, unread: () => connection.unread(), giveUp });
        this.#keep(connection);
        return giveUp;
      },
      onReady: (connection) => this.#welcome(connection),
      onFailed: (error, peer) => this.#failed("websocket", error, peer),
    });
  }

  #welcome(connection: Connection): void {
    if (this.#closing !== undefined) {
      return connection.close(this.#closing.code, this.#closing.reason);
    }
    this.#keep(connection);
    if (this.#ready.push(connection)) return;
    connection.close(0, "");
    this.#refused({
      kind: connection.transport,
      reason: "too many connections wait to be accepted",
      peer: connection.remoteAddress,
    });
  }

  /** Has it closed together with the listener. */
  #keep(connection: Connection): void {
    this.#live.add(connection);
    void connection.closed.then(() => this.#live.delete(connection));
  }

  #budgeted(raw: QuicConnection): BudgetedConnection {
    return {
      closed: raw.closed,
      unread: () => raw.unread(),
      giveUp: (reason) => raw.giveUp(this.#overloadCodeOf(raw.protocol), reason),
    };
  }

  #peerAt(host: string): HandshakePeer {
    return { key: addressKey(host), isKnown: this.#isKnown(host) };
  }

  #isKnown(host: string): boolean {
    return this.#options.isKnown?.(host) ?? false;
  }

  #overloadCodeOf(protocol: string | undefined): Code {
    return protocol === "h3" ? Http3Code.excessiveLoad : this.#options.overloadCode ?? 0;
  }

  #failed(
    handshake: "quic" | "webtransport" | "websocket",
    error: unknown,
    peer: string | undefined,
  ): void {
    const kind = error instanceof NoCommonProtocol ? "protocol" : handshake;
    this.#refused({ kind, reason: messageOf(error), peer });
  }

  #refused(refusal: RefusedPeer): void {
    if (this.#closing === undefined) this.#options.onRefused?.(refusal);
  }
}

function webSocketLimits(options: QuicTransportOptions): QmuxLimits {
  return {
    keepAliveInterval: options.keepAliveInterval ?? KEEP_ALIVE_INTERVAL,
    maxIdleTimeout: options.maxIdleTimeout ?? MAX_IDLE_TIMEOUT,
    maxBidiStreams: options.maxBidiStreams ?? MAX_BIDI_STREAMS,
    maxUniStreams: options.maxUniStreams ?? MAX_UNI_STREAMS,
  };
}
