/**
 * The interface between protocols and networks. Sessions use these types over raw QUIC,
 * WebTransport and in memory.
 */

import type { CertificatePair } from "@qumo/shared/runtime";
import type { TransportKind } from "../vocabulary/mod.ts";

export type { CertificatePair };

/**
 * An application error code: unchanged on raw QUIC, mapped on WebTransport
 * (draft-ietf-webtrans-http3).
 */
export type Code = number;

/** The highest send order: control and request streams. */
export const URGENT = 2 ** 31 - 1;

/** The sending half of a stream. */
export interface SendStream {
  /**
   * Resolves when the transport has accepted the bytes, which is the only back-pressure. The bytes
   * must not be modified afterwards. Rejects with a {@linkcode TransportError}: `stopped` with the
   * peer's code after STOP_SENDING, `closed` when the connection has ended.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream with a FIN. */
  finish(): Promise<void>;
  /**
   * Resets the stream with a code. Where the connection cannot reset (`canReset` is false) nothing
   * is sent and the stream stays open, because a FIN would mark it as complete. The caller may
   * finish it to close it anyway; QUIC sends a reset if the peer has stopped it.
   */
  reset(code: Code): void;
  /** Signed 32-bit send order, higher first. */
  priority: number;
}

/** The receiving half of a stream. */
export interface ReceiveStream {
  /**
   * Reads available bytes into the memory of `into` and returns the filled part; undefined at the
   * end of the stream. As with a BYOB reader the buffer of `into` is transferred: use the buffer of
   * the result, whose other bytes are unchanged. At the end of the stream and on errors the buffer
   * is lost. Rejects with a {@linkcode TransportError}: `reset` with the peer's code, or `closed`.
   */
  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Sends STOP_SENDING; unread bytes are dropped. */
  stop(code: Code): void;
}

/** Both halves of a bidirectional stream. */
export interface BidiStream {
  /** The QUIC stream id: a client's first bidirectional stream is 0, its next is 4. */
  readonly id: bigint;
  readonly send: SendStream;
  readonly receive: ReceiveStream;
}

/** How a connection ended. */
export interface CloseInfo {
  readonly code: Code;
  readonly reason: string;
  /** Who closed it; `lost` is a timeout, a failed handshake or a network error. */
  readonly by: "local" | "peer" | "lost";
  /** Whether the transport closed it because the peer exceeded a limit. */
  readonly overLimit?: boolean;
}

/** A connection to one peer. */
export interface Connection {
  readonly transport: TransportKind;
  /**
   * The negotiated ALPN or WebTransport protocol, such as `moqt-18`. Undefined for a WebTransport
   * client that offered none, as some browsers cannot; the version is negotiated in band then.
   */
  readonly protocol: string | undefined;
  /** Path and query of the WebTransport request; undefined on raw QUIC, where SETUP has them. */
  readonly path: string | undefined;
  /** Host and port of the WebTransport request; undefined on raw QUIC. */
  readonly authority: string | undefined;
  /** The peer's address and port, for logs. */
  readonly remoteAddress: string;
  /** Whether {@linkcode SendStream.reset} reaches the peer. */
  readonly canReset: boolean;
  /** Opens a stream; waits for stream credit of the peer. */
  openUni(): Promise<SendStream>;
  /** Opens a stream; waits for stream credit of the peer. */
  openBidi(): Promise<BidiStream>;
  /** The peer's next stream; undefined after the connection has ended. */
  acceptUni(): Promise<ReceiveStream | undefined>;
  /** The peer's next stream; undefined after the connection has ended. */
  acceptBidi(): Promise<BidiStream | undefined>;
  /** The maximum size of a datagram now; it changes with the path MTU. */
  readonly maxDatagramSize: number;
  /** Sends a datagram, unreliably and without waiting; false when it was dropped locally. */
  sendDatagram(bytes: Uint8Array): boolean;
  /** The peer's next datagram; undefined after the connection has ended. */
  receiveDatagram(): Promise<Uint8Array | undefined>;
  /**
   * Asks the peer to finish its work and open nothing new (WebTransport's DRAIN); does nothing on
   * raw QUIC.
   */
  drain(): void;
  /** Closes the connection and drops its streams. Only the first call counts. */
  close(code: Code, reason: string): void;
  /** Resolves when the connection has ended; never rejects. */
  readonly closed: Promise<CloseInfo>;
}

/** A listening port. */
export interface Listener {
  /** The address that it listens on, with the actual port when port 0 was requested. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** The next connection with a completed handshake; undefined after the listener is closed. */
  accept(): Promise<Connection | undefined>;
  /** Uses this certificate for new handshakes; open connections are unaffected. */
  useCertificate(pair: CertificatePair): void;
  /** Stops listening and closes every connection with this code. */
  close(code: Code, reason: string): void;
}
