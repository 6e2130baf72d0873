/** Connections and streams over QUIC, WebTransport and WebSocket. */
export { hostOf } from "./host_of.ts";
export { dial, type DialOptions } from "./dial.ts";
export { NoCommonProtocol, TransportError, type TransportErrorKind } from "./errors.ts";
export { generateCertificate, generatedCertificates } from "./generated_certificate.ts";
export { type BoundedListener, listen, type PortListener, type RefusedPeer } from "./listener.ts";
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
