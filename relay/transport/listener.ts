import { type Clock, systemClock, TaskGroup } from "@qumo/shared/runtime";
import { acceptWebTransport } from "./h3/mod.ts";
import { MAX_CONNECTIONS_WAITING, MAX_HANDSHAKES } from "./limits.ts";
import { listenQuic, type QuicTransportOptions } from "./quic.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Connection, Listener } from "./types.ts";

/** Where to listen, what to speak and with whom. */
export interface ListenOptions extends QuicTransportOptions {
  /** An address or a name of this machine. */
  readonly hostname: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly certificate: CertificatePair;
  /** The protocols we speak over raw QUIC and WebTransport alike, what we like best first. */
  readonly protocols: readonly string[];
  /** Whether pages of this origin may connect; programs have none. */
  readonly allowOrigin: (origin: string | undefined) => boolean;
  /** Told why a peer got no connection; QUIC's own failures come without an address. */
  readonly onRefused?: (reason: string, remoteAddress: string | undefined) => void;
  readonly clock?: Clock;
}

/**
 * Listens for raw QUIC and WebTransport on one UDP port. Throws a `handshake` TransportError when
 * the port is taken or the certificate is bad.
 */
export function listen(options: ListenOptions): Listener {
  return new SharedListener(options);
}

class SharedListener implements Listener {
  readonly #options: ListenOptions;
  readonly #clock: Clock;
  readonly #quic: Listener;
  readonly #ready = new Queue<Connection>(MAX_CONNECTIONS_WAITING);
  readonly #live = new Set<Connection>();
  readonly #tasks = new TaskGroup((task, error) => this.#refused(`${task}: ${error}`, undefined));
  #closing: { readonly code: Code; readonly reason: string } | undefined;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#quic = listenQuic({
      ...options,
      // The server's order decides, and raw QUIC costs less.
      alpnProtocols: [...options.protocols, "h3"],
      onRefused: (reason) => this.#refused(reason, undefined),
    }, this.#clock);
    this.#tasks.spawn("accept", () => this.#takeConnections());
  }

  get address(): Listener["address"] {
    return this.#quic.address;
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
    const ending = [...this.#live].map((connection) => {
      connection.close(code, reason);
      return connection.closed;
    });
    // WebTransport says goodbye on a stream, which must arrive before the port goes.
    void Promise.all(ending).then(() => this.#quic.close(code, reason));
  }

  async #takeConnections(): Promise<void> {
    for (;;) {
      const raw = await this.#quic.accept();
      if (raw === undefined) return void this.#ready.close();
      if (raw.protocol !== "h3") {
        this.#welcome(raw);
      } else if (this.#tasks.size <= MAX_HANDSHAKES) {
        this.#tasks.spawn("WebTransport handshake", () => this.#upgrade(raw));
      } else {
        this.#turnAway(raw, "too many handshakes at once");
      }
    }
  }

  async #upgrade(raw: Connection): Promise<void> {
    const { protocols, allowOrigin, handshakeTimeout } = this.#options;
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
      this.#refused(error instanceof Error ? error.message : `${error}`, raw.remoteAddress);
    }
  }

  #welcome(connection: Connection): void {
    if (this.#closing !== undefined) {
      return connection.close(this.#closing.code, this.#closing.reason);
    }
    this.#live.add(connection);
    void connection.closed.then(() => this.#live.delete(connection));
    if (!this.#ready.push(connection)) {
      this.#turnAway(connection, "too many connections wait to be accepted");
    }
  }

  #turnAway(connection: Connection, reason: string): void {
    connection.close(0, "");
    this.#refused(reason, connection.remoteAddress);
  }

  #refused(reason: string, remoteAddress: string | undefined): void {
    if (this.#closing === undefined) this.#options.onRefused?.(reason, remoteAddress);
  }
}
