import { type Clock, systemClock } from "@qumo/shared/runtime";
import { addressKey, hostOf } from "./address_key.ts";
import { handshakeErrorFrom } from "./errors.ts";
import { type HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";
import * as limits from "./limits.ts";
import { formatAddress, QuicConnection } from "./quic_connection.ts";
import type { QuicEndpoint } from "./quic_endpoint.ts";
import { type HandshakeBounds, handshakeOf } from "./quic_handshake.ts";
import { type QuicTransportOptions, transportOptions } from "./quic_options.ts";
import { Queue } from "./queue.ts";
import type { CertificatePair, Code, Listener } from "./types.ts";
import type { TransportLimit } from "../vocabulary.ts";

/** Where and as whom to listen. */
export interface QuicListenOptions extends QuicTransportOptions {
  /** The socket, which the listener closes with itself. */
  readonly endpoint: QuicEndpoint;
  readonly certificate: CertificatePair;
  /** Every protocol of the port, `h3` among them where browsers come. */
  readonly alpnProtocols: readonly string[];
  /** Handshakes under way at once; beyond it those are given up that are least likely to end well. */
  readonly maxHandshakes?: number;
  /** Whose handshakes are given up last. */
  readonly isKnown?: (host: string) => boolean;
  /** Told of handshakes that failed; the address is unknown where the first packet was no good. */
  readonly onRefused?: (reason: string, remoteAddress: string | undefined) => void;
  /** Told which limit ended a connection or a handshake. */
  readonly onLimit?: (limit: TransportLimit) => void;
}

/**
 * Listens at an endpoint and yields a raw connection for every handshake that succeeds, `h3` too.
 * Throws a {@linkcode TransportError} when the certificate is bad; the endpoint is closed then.
 */
export function listenQuic(options: QuicListenOptions, clock: Clock = systemClock): QuicListener {
  return new QuicListener(options, clock);
}

/** A UDP port that connections arrive at, raw and `h3`. */
export class QuicListener implements Listener {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly #endpoint: QuicEndpoint;
  // All that there ever were: when an old one is garbage the endpoint goes deaf (Deno 2.9).
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

  // The first listener goes on yielding after others took its certificate's place.
  async #takeIncoming(listener: Deno.QuicListener): Promise<void> {
    for await (const incoming of listener) void this.#handshake(incoming);
  }

  async #handshake(incoming: Deno.QuicIncoming): Promise<void> {
    let remoteAddress: string | undefined;
    try {
      // Accepted before the handshake is complete: of an incoming connection Deno tells nothing.
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
    const text = reason instanceof Error ? reason.message : String(reason);
    this.#options.onRefused?.(text, remoteAddress);
  }
}
