import { addressKey, type Clock, systemClock } from "@qumo/shared/runtime";
import { hostOf } from "./host_of.ts";
import { handshakeErrorFrom, isNoCommonAlpn, NoCommonProtocol } from "./errors.ts";
import { type HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";
import * as limits from "./limits.ts";
import { formatAddress, QuicConnection } from "./quic_connection.ts";
import type { QuicEndpoint } from "./quic_endpoint.ts";
import { type HandshakeBounds, handshakeOf } from "./quic_handshake.ts";
import { type QuicTransportOptions, transportOptions } from "./quic_options.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Listener } from "./types.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";

/** Options of {@linkcode listenQuic}. */
export interface QuicListenOptions extends QuicTransportOptions {
  /** The socket, which the listener closes with itself. */
  readonly endpoint: QuicEndpoint;
  readonly certificate: CertificatePair;
  /** All ALPN protocols of the port, including `h3` for browsers. */
  readonly alpnProtocols: readonly string[];
  /** Handshakes in progress; at the limit the least promising one is evicted. */
  readonly maxHandshakes?: number;
  /** Whether a host's handshakes are evicted last. */
  readonly isKnown?: (host: string) => boolean;
  /**
   * Called for each failed handshake, with a {@linkcode NoCommonProtocol} among others; the address
   * is undefined when the first packet was malformed.
   */
  readonly onRefused?: (reason: Error, remoteAddress: string | undefined) => void;
  /** Called with the limit that ended a connection or a handshake. */
  readonly onLimit?: (limit: TransportLimit) => void;
}

/**
 * Listens at an endpoint and yields a raw connection for every handshake that succeeds, `h3` too.
 * Throws a {@linkcode TransportError} when the certificate is bad; the endpoint is closed then.
 */
export function listenQuic(options: QuicListenOptions, clock: Clock = systemClock): QuicListener {
  return new QuicListener(options, clock);
}

/** A listening UDP port for raw QUIC and `h3` connections. */
export class QuicListener implements Listener {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly #endpoint: QuicEndpoint;
  // All listeners of the endpoint: when one is garbage-collected, the endpoint stops receiving
  // (Deno 2.9).
  readonly #listeners: Deno.QuicListener[] = [];
  readonly #options: QuicListenOptions;
  readonly #ready = new Queue<QuicConnection>(limits.MAX_CONNECTIONS_WAITING);
  readonly #live = new Set<QuicConnection>();
  readonly #bounds: HandshakeBounds;
  readonly #closing = new AbortController();

  constructor(options: QuicListenOptions, clock: Clock) {
    this.#options = options;
    this.#bounds = {
      slots: new HandshakeSlots(options.maxHandshakes ?? limits.MAX_HANDSHAKES),
      timeout: options.handshakeTimeout ?? limits.HANDSHAKE_TIMEOUT,
      clock,
      signal: this.#closing.signal,
      onGivenUp: () => options.onLimit?.("handshakes"),
    };
    this.#endpoint = options.endpoint;
    try {
      this.useCertificate(options.certificate);
    } catch (error) {
      this.#endpoint.close();
      throw error;
    }
    this.address = this.#endpoint.addr;
    this.#takeIncoming(this.#listeners[0]!)
      .catch((error) => this.#refused(error, undefined))
      .finally(() => this.#ready.close());
  }

  accept(): Promise<QuicConnection | undefined> {
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
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#ready.close();
    for (const connection of this.#live) connection.close(code, reason);
    this.#endpoint.close({ closeCode: code, reason });
  }

  // A listener keeps accepting after a newer one, with a newer certificate, was opened.
  async #takeIncoming(listener: Deno.QuicListener): Promise<void> {
    for await (const incoming of listener) void this.#handshake(incoming);
  }

  async #handshake(incoming: Deno.QuicIncoming): Promise<void> {
    let remoteAddress: string | undefined;
    try {
      // Accepted before the handshake completes: Deno has no information about a connection before.
      const raw = incoming.accept<true>({ zeroRtt: true });
      remoteAddress = formatAddress(raw.remoteAddr);
      await handshakeOf(raw, this.#peerAt(hostOf(remoteAddress)), this.#bounds);
      this.#welcome(new QuicConnection(raw));
    } catch (error) {
      this.#refused(error, remoteAddress);
    }
  }

  #peerAt(host: string): HandshakePeer {
    return { key: addressKey(host), isKnown: this.#options.isKnown?.(host) ?? false };
  }

  #welcome(connection: QuicConnection): void {
    this.#live.add(connection);
    void connection.closed.then(() => this.#live.delete(connection));
    if (this.#ready.push(connection)) return;
    connection.close(0, "");
    this.#refused("too many connections wait to be accepted", connection.remoteAddress);
  }

  #refused(reason: unknown, remoteAddress: string | undefined): void {
    if (this.#closing.signal.aborted) return;
    const { alpnProtocols, onRefused } = this.#options;
    const error = isNoCommonAlpn(reason)
      ? new NoCommonProtocol(
        "no common protocol: the client offered other ALPN tokens, which QUIC does not report; " +
          `here is ${alpnProtocols.join(", ")}`,
      )
      : handshakeErrorFrom(reason);
    onRefused?.(error, remoteAddress);
  }
}
