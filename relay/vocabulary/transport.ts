/*
 * Names of connections.
 */

/** The kinds of transports. */
export const TRANSPORTS = ["quic", "webtransport", "websocket"] as const;
/** One of {@linkcode TRANSPORTS}. */
export type TransportKind = typeof TRANSPORTS[number];

/** Which limit of the transport ended a connection or a handshake. */
export const TRANSPORT_LIMITS = [
  "handshakes", // Too many QUIC handshakes in progress.
  "webtransport_handshakes",
  "websocket_handshakes",
  "connections_per_address",
  "unread_bytes_per_connection", // One peer's unread bytes.
  "unread_bytes", // All peers' unread bytes.
] as const;
/** One of {@linkcode TRANSPORT_LIMITS}. */
export type TransportLimit = typeof TRANSPORT_LIMITS[number];
