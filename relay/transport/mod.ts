/** Connections and streams, over whatever network there is. */
export { dial, type DialOptions } from "./dial.ts";
export { TransportError, type TransportErrorKind } from "./errors.ts";
export {
  generateCertificate,
  GENERATED_DAYS,
  generatedCertificates,
} from "./generated_certificate.ts";
export { listen, type ListenOptions } from "./listener.ts";
export { MemoryConnection, type MemoryOptions, memoryPair } from "./memory.ts";
export {
  dialQuic,
  listenQuic,
  type QuicDialOptions,
  type QuicListenOptions,
  type QuicTransportOptions,
} from "./quic.ts";
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
