/** Transport error codes of QUIC, which QMux uses (RFC 9000, section 20.1). */
export const QmuxCode = {
  noError: 0x0,
  internalError: 0x1,
  flowControlError: 0x3,
  streamLimitError: 0x4,
  streamStateError: 0x5,
  finalSizeError: 0x6,
  frameEncodingError: 0x7,
  transportParameterError: 0x8,
  protocolViolation: 0xa,
} as const;

/**
 * A protocol violation by the peer, or an exceeded limit; closes the connection with this code.
 * Stays within the transport.
 */
export class QmuxError extends Error {
  override readonly name = "QmuxError";
  readonly code: number;
  /** Whether the peer did something allowed, but too much of it. */
  readonly isOverLimit: boolean;

  constructor(code: number, message: string, isOverLimit = false) {
    super(message);
    this.code = code;
    this.isOverLimit = isOverLimit;
  }
}
