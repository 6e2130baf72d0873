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

/**
 * What a foreign error means for a stream or connection that was alive before. Deno tells resets,
 * stops and closes apart by the text of the message alone, so this is the one place that reads it,
 * and a test holds it against the Deno that runs. Whatever it does not know is `closed` with code 0:
 * the stream is unusable in any case.
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

/** The error for a connection that did not come about. */
export function handshakeErrorFrom(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TransportError("handshake", 0, message, { cause: error });
}

const TEXTS: readonly (readonly [TransportErrorKind, RegExp])[] = [
  ["reset", /^stream reset by peer: error (\d+)$/],
  ["stopped", /^sending stopped by peer: error (\d+)$/],
  ["closed", /^closed by peer: .*\(code (\d+)\)$/s],
];
