/** The kinds of failure of a stream or connection. */
export type TransportErrorKind =
  /** The peer reset the stream that is read. */
  | "reset"
  /** The peer stopped the stream that is written (STOP_SENDING). */
  | "stopped"
  /** The connection was closed by either side, or lost. */
  | "closed"
  /** No connection was made: refused, no common protocol, bad certificate, or timeout. */
  | "handshake";

/** The only error type that leaves `relay/transport`. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportErrorKind;
  /** The peer's application code; 0 when there is none. */
  readonly code: number;

  constructor(kind: TransportErrorKind, code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.code = code;
  }
}

/** The client offered no protocol that the server has. */
export class NoCommonProtocol extends TransportError {
  constructor(message: string, options?: ErrorOptions) {
    super("handshake", 0, message, options);
  }
}

/**
 * Converts an error of the runtime on an established stream or connection. Deno distinguishes
 * resets, stops and closes by the message text only; this is the one place that parses it, and a
 * test pins the texts of the Deno version in use. Any other error is `closed` with code 0: the
 * stream is unusable in any case.
 */
export function transportErrorFrom(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const [kind, pattern] of TEXTS) {
    const code = pattern.exec(message)?.[1];
    if (code !== undefined) {
      return new TransportError(kind, Number(code), message, { cause: error });
    }
  }
  return new TransportError("closed", 0, message, { cause: error });
}

/** Converts an error of a connection attempt. */
export function handshakeErrorFrom(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (ALPN_REFUSED.test(message)) return new NoCommonProtocol(message, { cause: error });
  return new TransportError("handshake", 0, message, { cause: error });
}

/** Whether the runtime ended the handshake with a client because they have no ALPN token in common. */
export function isNoCommonAlpn(error: unknown): boolean {
  return error instanceof Error && NO_ALPN.test(error.message);
}

// The alert no_application_protocol of the server.
const ALPN_REFUSED = /^aborted by peer: the cryptographic handshake failed: error 120\b/;

const NO_ALPN = /peer doesn't support any known protocol/;

const TEXTS: readonly (readonly [TransportErrorKind, RegExp])[] = [
  ["reset", /^stream reset by peer: error (\d+)$/],
  ["stopped", /^sending stopped by peer: error (\d+)$/],
  ["closed", /^closed by peer: .*\(code (\d+)\)$/s],
];
