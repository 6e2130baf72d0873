import { DecodeError, type SessionErrorName } from "@qumo/shared/wire";
import { TransportError } from "../transport/errors.ts";
import type { Malformed } from "../vocabulary.ts";

/** Ends the session with this code. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorName;

  constructor(code: SessionErrorName, message: string) {
    super(message);
    this.code = code;
  }
}

/** The peer broke the protocol. */
export function violation(message: string): SessionError {
  return new SessionError("protocol_violation", message);
}

/** The code and reason that a session is closed with for an error, the one place that says so. */
export function closingOf(error: unknown): { code: SessionErrorName; reason: string } {
  if (error instanceof SessionError) return { code: error.code, reason: error.message };
  if (error instanceof DecodeError) {
    const isPair = error.fault === "key_value" || error.fault === "token";
    const code = isPair ? "key_value_formatting_error" : "protocol_violation";
    return { code, reason: error.message };
  }
  return { code: "internal_error", reason: "internal error" };
}

const places = new WeakMap<object, Malformed>();

/** Notes in what an error was found; the innermost place counts. Gives the error back, to be thrown. */
export function foundIn(place: Malformed, error: unknown): unknown {
  if (error instanceof Error && !places.has(error)) places.set(error, place);
  return error;
}

/** In what an error was found: in a control message, unless it was noted. */
export function placeOf(error: unknown): Malformed {
  return (error instanceof Error ? places.get(error) : undefined) ?? "control";
}

/** Whether an error only says that the stream or the connection is over. */
export function isTransportEnd(error: unknown): error is TransportError {
  return error instanceof TransportError;
}
