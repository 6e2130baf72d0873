import type { Clock } from "@qumo/shared/runtime";
import type { QuicEndpoint } from "./quic_endpoint.ts";
import type { QuicTransportOptions } from "./quic_options.ts";
import type { CertificatePair, Code, Listener } from "./types.ts";
import type { ByteStream, UpgradeRequest } from "./websocket/byte_stream.ts";
import type { TransportLimit } from "../vocabulary/mod.ts";

/** Options of listen(). */
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
  /** Whether WebSockets may come without TLS; they do where a client speaks to its own machine. */
  readonly allowsPlainWebSocket?: boolean;
  /** Handshakes in progress, for QUIC, again for WebTransport, and again for WebSocket. */
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
  /** Changes how many connections one address of clients may have. */
  limitConnections(perAddress: number): void;
}

/** A listener that takes WebSockets from an HTTP server as well. */
export interface PortListener extends BoundedListener {
  /** Opens a WebSocket on the connection of a request, or answers with a refusal. */
  upgrade(request: UpgradeRequest, stream: ByteStream): void;
}

/** A peer that was refused a connection. */
export interface RefusedPeer {
  /**
   * Whose handshake failed, that it has no protocol that both ends speak, or that the address has too
   * many connections.
   */
  readonly kind: "quic" | "webtransport" | "websocket" | "protocol" | "address";
  readonly reason: string;
  /** Undefined when the first packet was malformed. */
  readonly peer: string | undefined;
}
