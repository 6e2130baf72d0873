import {
  addressForm,
  bytes,
  listOf,
  milliseconds,
  oneOf,
  parseAddress,
  section,
  text,
} from "@qumo/shared/runtime";
import { ALL_OTHERS, protocols } from "../session/negotiate.ts";
import { LOOPBACK, parseNetwork } from "./networks.ts";
import { count, GIB, path } from "./values.ts";

/** The port, and the limits of connections. */
export const serverSettings = section({
  /** IP address and port of UDP (QUIC, WebTransport) and TCP (HTTP); port 0 takes a free one. */
  address: text(64, addressForm(4433), (value) => parseAddress(value) !== undefined)
    .default("127.0.0.1:4433"),
  /** PEM files, the leaf first; both empty: the relay generates a certificate and renews it. */
  certFile: path(),
  keyFile: path(),
  /**
   * The protocols that clients may speak, in order of preference; `auto` is all that are not in the
   * list, the newest draft first.
   */
  protocols: listOf(oneOf(ALL_OTHERS, ...protocols), 64).default([ALL_OTHERS]),
  /**
   * Origins of pages that may open sessions; `*` is every one; `auto` is those of this
   * machine while the relay listens on a loopback address, otherwise every one.
   */
  allowedOrigins: listOf(
    text(512, "auto, * or an origin, like https://example.com", isOriginOrStar),
    1000,
  ).default(["auto"]),
  /**
   * Who may open WebSockets at the TCP port, as clients do whose network blocks UDP: `tls` those that
   * speak TLS, `any` also others, `off` nobody; `auto` is `any` while the relay listens on a loopback
   * address, otherwise `tls`.
   */
  websocket: oneOf("auto", "tls", "any", "off").default("auto"),
  /** Time between packets that keep a quiet connection alive; 0 sends none. */
  keepAliveMs: milliseconds(0, 60_000).default(4000),
  /** Time without a packet after which a connection is lost. */
  idleTimeoutMs: milliseconds(500, 600_000).default(10_000),
  /** Time for each of QUIC's handshake, the request for WebTransport or WebSocket, and SETUP. */
  handshakeTimeoutMs: milliseconds(100, 60_000).default(10_000),
  /** Handshakes at once, of QUIC, again of WebTransport, and again of WebSocket. */
  maxHandshakes: count(1_000_000).default(1024),
  /** Sessions at once; new ones above it are closed. */
  maxSessions: count(1_000_000).default(5000),
  /** Connections that one address of clients may have. */
  maxConnectionsPerAddress: count(1_000_000).default(500),
  /** Addresses and networks without that limit; `loopback` is this machine. */
  knownAddresses: listOf(
    text(64, "loopback, an address or a network, like 10.0.0.0/8", isKnownAddress),
    1000,
  ).default([LOOPBACK]),
  /** Unread bytes of one connection. */
  maxUnreadBytesPerConnection: bytes(2_097_152, 1024 * GIB).default(67_108_864),
  /** Unread bytes of all connections together. */
  maxUnreadBytes: bytes(2_097_152, 1024 * GIB).default(402_653_184),
  /** Bidirectional streams, requests that is, that a peer may have open. */
  maxBidiStreams: count(65_536, 8).default(512),
  /** Unidirectional streams, subgroups mostly, that a publisher may have open. */
  maxUniStreams: count(65_536, 8).default(1024),
});

function isKnownAddress(value: string): boolean {
  return value === LOOPBACK || parseNetwork(value) !== undefined;
}

function isOriginOrStar(value: string): boolean {
  return value === "*" || value === "auto" ||
    URL.canParse(value) && new URL(value).origin === value;
}
