import { type Clock, systemClock } from "@qumo/shared/runtime";
import { handshakeErrorFrom, TransportError } from "./errors.ts";
import * as limits from "./limits.ts";
import { QuicConnection } from "./quic_connection.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Connection, Listener } from "./types.ts";

/** How a connection behaves while it lives; see `limits.ts` for what holds when nothing is said. */
export interface QuicTransportOptions {
  /** Milliseconds between packets that keep a quiet connection alive; 0 for none. */
  readonly keepAliveInterval?: number;
  /** Milliseconds of silence that end the connection; the lower value of both sides counts. */
  readonly maxIdleTimeout?: number;
  /** Bidirectional streams the peer may have open. */
  readonly maxBidiStreams?: number;
  /** Unidirectional streams the peer may have open. */
  readonly maxUniStreams?: number;
  /** CUBIC ("throughput", the default) or BBR ("low-latency"). */
  readonly congestionControl?: "throughput" | "low-latency";
  /** Milliseconds for the handshake. */
  readonly handshakeTimeout?: number;
}

/** Where and as whom to listen. */
export interface QuicListenOptions extends QuicTransportOptions {
  /** An address or a name of this machine. */
  readonly hostname: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly certificate: CertificatePair;
  /** Every protocol of the port, `h3` among them where browsers come. */
  readonly alpnProtocols: readonly string[];
  /** Handshakes under way at once; further ones are refused. */
  readonly maxHandshakes?: number;
  /** Told of handshakes that failed, without a peer's address: Deno has none to give at that point. */
  readonly onRefused?: (reason: string) => void;
}

/** Whom to call, and how to know that it is them. */
export interface QuicDialOptions extends QuicTransportOptions {
  /** An IP address: a name would be resolved by Deno in a way that halts the whole program. */
  readonly hostname: string;
  readonly port: number;
  /** The name in the certificate; `hostname` when nothing is said. */
  readonly serverName?: string;
  readonly alpnProtocols: readonly string[];
  /** PEM certificates trusted beside the well-known roots. */
  readonly caCerts?: readonly string[];
  /** SHA-256 in hex of the certificates that are accepted; then nothing else but dates is checked. */
  readonly serverCertificateHashes?: readonly string[];
}

/**
 * Listens on a UDP port and yields a raw connection for every handshake that succeeds, `h3` too.
 * Throws a {@linkcode TransportError} when the port is taken or the certificate is bad.
 */
export function listenQuic(options: QuicListenOptions, clock: Clock = systemClock): Listener {
  return new QuicListener(options, clock);
}

/** Calls a peer. Rejects with a `handshake` {@linkcode TransportError} when it does not come about. */
export async function dialQuic(
  options: QuicDialOptions,
  clock: Clock = systemClock,
): Promise<Connection> {
  const { hostname, port, serverName } = options;
  try {
    // `serverCertificateHashes` works but is missing from Deno's types.
    const connecting = Deno.connectQuic<false>({
      ...transportOptions(options),
      endpoint: clientEndpoint(),
      hostname,
      port,
      serverName: serverName ?? hostname,
      alpnProtocols: [...options.alpnProtocols],
      ...(options.caCerts && { caCerts: [...options.caCerts] }),
      ...(options.serverCertificateHashes && {
        serverCertificateHashes: options.serverCertificateHashes.map((hash) => ({
          algorithm: "sha-256",
          value: Uint8Array.fromHex(hash),
        })),
      }),
    });
    const timeout = options.handshakeTimeout ?? limits.HANDSHAKE_TIMEOUT;
    return await beforeDeadline(connecting, clock, timeout);
  } catch (error) {
    throw handshakeErrorFrom(error);
  }
}

class QuicListener implements Listener {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly #endpoint: Deno.QuicEndpoint;
  // All that there ever were: when an old one is garbage the endpoint goes deaf (Deno 2.9).
  readonly #listeners: Deno.QuicListener[] = [];
  readonly #options: QuicListenOptions;
  readonly #clock: Clock;
  readonly #ready = new Queue<Connection>(limits.MAX_CONNECTIONS_WAITING);
  readonly #live = new Set<Connection>();
  #handshakes = 0;
  #closed = false;

  constructor(options: QuicListenOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    try {
      this.#endpoint = new Deno.QuicEndpoint({ hostname: options.hostname, port: options.port });
    } catch (error) {
      throw handshakeErrorFrom(error);
    }
    try {
      this.useCertificate(options.certificate);
    } catch (error) {
      this.#endpoint.close();
      throw error;
    }
    this.address = this.#endpoint.addr;
    this.#takeIncoming(this.#listeners[0]!)
      .catch((error) => this.#refused(error))
      .finally(() => this.#ready.close());
  }

  accept(): Promise<Connection | undefined> {
    return this.#ready.take();
  }

  useCertificate({ certificate, key }: CertificatePair): void {
    try {
      this.#listeners.push(this.#endpoint.listen({
        ...transportOptions(this.#options),
        alpnProtocols: [...this.#options.alpnProtocols],
        cert: certificate,
        key,
      }));
    } catch (error) {
      throw handshakeErrorFrom(error);
    }
  }

  close(code: Code, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ready.close();
    for (const connection of this.#live) connection.close(code, reason);
    this.#endpoint.close({ closeCode: code, reason });
  }

  // The first listener goes on yielding after others took its certificate's place.
  async #takeIncoming(listener: Deno.QuicListener): Promise<void> {
    for await (const incoming of listener) {
      if (this.#handshakes < (this.#options.maxHandshakes ?? limits.MAX_HANDSHAKES)) {
        void this.#handshake(incoming);
      } else {
        incoming.refuse();
        this.#refused("too many handshakes at once");
      }
    }
  }

  async #handshake(incoming: Deno.QuicIncoming): Promise<void> {
    this.#handshakes++;
    try {
      const timeout = this.#options.handshakeTimeout ?? limits.HANDSHAKE_TIMEOUT;
      this.#welcome(await beforeDeadline(incoming.accept<false>(), this.#clock, timeout));
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#handshakes--;
    }
  }

  #welcome(connection: Connection): void {
    this.#live.add(connection);
    void connection.closed.then(() => this.#live.delete(connection));
    if (this.#ready.push(connection)) return;
    connection.close(0, "");
    this.#refused("too many connections wait to be accepted");
  }

  #refused(reason: unknown): void {
    if (this.#closed) return;
    this.#options.onRefused?.(reason instanceof Error ? reason.message : String(reason));
  }
}

/** The connection, or a failure at the deadline; one that comes later is closed unseen. */
function beforeDeadline(
  connecting: Promise<Deno.QuicConn>,
  clock: Clock,
  timeout: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = clock.after(timeout, () => {
      late = true;
      reject(new TransportError("handshake", 0, `Handshake took longer than ${timeout} ms`));
    });
    connecting.then((connection) => {
      timer.cancel();
      const wrapped = new QuicConnection(connection);
      if (late) wrapped.close(0, "");
      else resolve(wrapped);
    }).catch((error) => {
      timer.cancel();
      reject(error);
    });
  });
}

function transportOptions(options: QuicTransportOptions): Deno.QuicTransportOptions {
  const keepAliveInterval = options.keepAliveInterval ?? limits.KEEP_ALIVE_INTERVAL;
  return {
    ...(keepAliveInterval > 0 && { keepAliveInterval }),
    maxIdleTimeout: options.maxIdleTimeout ?? limits.MAX_IDLE_TIMEOUT,
    maxConcurrentBidirectionalStreams: options.maxBidiStreams ?? limits.MAX_BIDI_STREAMS,
    maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? limits.MAX_UNI_STREAMS,
    congestionControl: options.congestionControl ?? "default",
  };
}

let shared: Deno.QuicEndpoint | undefined;

/** One socket for all calls: Deno would bind another for each, and on IPv6 alone. */
function clientEndpoint(): Deno.QuicEndpoint {
  if (shared !== undefined) return shared;
  try {
    shared = new Deno.QuicEndpoint({ hostname: "::", port: 0 });
  } catch {
    shared = new Deno.QuicEndpoint({ hostname: "0.0.0.0", port: 0 });
  }
  return shared;
}
