/** What can go wrong with a stream or a connection, whatever the network calls it. */
export type TransportErrorKind =
  /** The peer reset the stream we read. */
  | "reset"
  /** The peer stopped the stream we write. */
  | "stopped"
  /** The connection ended: closed by either side, or lost. */
  | "closed"
  /** No connection came about: refused, no common protocol, bad certificate, deadline. */
  | "handshake";

/** The one error that leaves `relay/transport`. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportErrorKind;
  /** The peer's application code, 0 where there is none. */
  readonly code: number;

  constructor(kind: TransportErrorKind, code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.code = code;
  }
}
