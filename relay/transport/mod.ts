/** Connections and streams over QUIC, WebTransport and WebSocket. */
export { hostOf } from "./host_of.ts";
export { dial, type DialOptions } from "./dial.ts";
export { NoCommonProtocol, TransportError, type TransportErrorKind } from "./errors.ts";
export { generateCertificate, generatedCertificates } from "./generated_certificate.ts";
export { listen } from "./listener.ts";
export type { BoundedListener, PortListener, RefusedPeer } from "./listen_options.ts";
export { dialQuic } from "./quic.ts";
export { openEndpoint, type QuicEndpoint } from "./quic_endpoint.ts";
export { listenQuic } from "./quic_listener.ts";
export type { QuicTransportOptions } from "./quic_options.ts";
export {
  type BidiStream,
  type CertificatePair,
  type CloseInfo,
  type Code,
  type Connection,
  type Listener,
  type ReceiveStream,
  type SendStream,
  URGENT,
} from "./types.ts";
