/**
 * The seam between protocols and networks, in MoQT's own verbs. A session is written against these
 * types and runs over raw QUIC, WebTransport and memory alike.
 */

import type { CertificatePair } from "@qumo/shared/runtime";
import type { TransportKind } from "../vocabulary.ts";

export type { CertificatePair };

/** Application codes travel as they are on raw QUIC and mapped (RFC draft-ietf-webtrans-http3) on WebTransport. */
export type Code = number;

/** The highest send order there is: control and request streams. */
export const URGENT = 2 ** 31 - 1;

/** The half of a stream that we write. */
export interface SendStream {
  /**
   * Resolves when the transport has taken the bytes, which is the only back-pressure there is.
   * The bytes must not change afterwards. Rejects with a {@linkcode TransportError}: `stopped` with
   * the peer's code when it no longer wants the stream, `closed` when the connection is gone.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream: everything was said. */
  finish(): Promise<void>;
  /**
   * Ends the stream early, with the reason. Where the connection cannot (`canReset` is false) nothing
   * happens: the stream stays open, because a FIN would tell the peer that nothing is missing. Whoever
   * wants it to end all the same finishes it; one that the peer stopped is then reset after all.
   */
  reset(code: Code): void;
  /** Signed 32-bit send order, higher first. */
  priority: number;
}

/** The half of a stream that the peer writes. */
export interface ReceiveStream {
  /**
   * Reads what is there into the memory of `into` and returns the part that was filled, or undefined
   * at the end of the stream. As with a BYOB reader the buffer under `into` is given up: go on with
   * the buffer of the result, bytes outside the filled part are unchanged. At the end of the stream
   * and on errors the buffer is lost. Rejects with a {@linkcode TransportError}: `reset` with the
   * peer's code, or `closed`.
   */
  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Tells the peer to stop sending. Unread bytes are dropped. */
  stop(code: Code): void;
}

/** Both halves of a bidirectional stream. */
export interface BidiStream {
  /** The stream's number on the connection: a client's first is 0, its next 4. */
  readonly id: bigint;
  readonly send: SendStream;
  readonly receive: ReceiveStream;
}

/** How a connection ended. */
export interface CloseInfo {
  readonly code: Code;
  readonly reason: string;
  /** Who ended it: `lost` is silence, a handshake that failed or an error of the network. */
  readonly by: "local" | "peer" | "lost";
  /** The transport ended it because the peer sent too much of something. */
  readonly overLimit?: boolean;
}

/** One peer. */
export interface Connection {
  readonly transport: TransportKind;
  /**
   * The token both sides agreed on, `moqt-18` say. Undefined for a WebTransport client that offered
   * none: browsers come that cannot, and their first bytes tell what they speak.
   */
  readonly protocol: string | undefined;
  /** Path and query of the WebTransport request; undefined on raw QUIC, where SETUP carries it. */
  readonly path: string | undefined;
  /** Host and port that the WebTransport request named; undefined on raw QUIC. */
  readonly authority: string | undefined;
  /** For the log: address and port of the peer. */
  readonly remoteAddress: string;
  /** Whether {@linkcode SendStream.reset} reaches the peer. */
  readonly canReset: boolean;
  /** Waits for credit when the peer allows no more streams. */
  openUni(): Promise<SendStream>;
  /** Waits for credit when the peer allows no more streams. */
  openBidi(): Promise<BidiStream>;
  /** The next stream of the peer, or undefined when the connection has ended. */
  acceptUni(): Promise<ReceiveStream | undefined>;
  /** The next stream of the peer, or undefined when the connection has ended. */
  acceptBidi(): Promise<BidiStream | undefined>;
  /** Bytes that fit into a datagram now; it grows and shrinks with the path. */
  readonly maxDatagramSize: number;
  /** Sends without waiting and without promise of arrival; false when it was not even sent. */
  sendDatagram(bytes: Uint8Array): boolean;
  /** The next datagram of the peer, or undefined when the connection has ended. */
  receiveDatagram(): Promise<Uint8Array | undefined>;
  /** Asks the peer to finish what it does and open nothing new (WebTransport's DRAIN); nothing on raw QUIC. */
  drain(): void;
  /** Ends the connection; streams are dropped as they are. The first call counts. */
  close(code: Code, reason: string): void;
  /** Resolves, never rejects, when the connection has ended. */
  readonly closed: Promise<CloseInfo>;
}

/** A port that connections arrive at. */
export interface Listener {
  /** Where it listens, with the port that was given when port 0 was asked for. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** The next connection whose handshake is complete, or undefined when the listener is closed. */
  accept(): Promise<Connection | undefined>;
  /** New handshakes use this certificate; live connections stay as they are. */
  useCertificate(pair: CertificatePair): void;
  /** Stops listening and ends every connection with this code. */
  close(code: Code, reason: string): void;
}
