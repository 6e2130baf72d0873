import { DecodeError, type SessionErrorName } from "@qumo/shared/wire";
import { TransportError } from "../transport/errors.ts";
import type { Malformed } from "../vocabulary/mod.ts";

/** An error that closes the session with this code. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorName;

  constructor(code: SessionErrorName, message: string) {
    super(message);
    this.code = code;
  }
}

/** A protocol violation by the peer. */
export function violation(message: string): SessionError {
  return new SessionError("protocol_violation", message);
}

/** The close code and reason for an error; the only mapping from errors to codes. */
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

/**
 * Notes which kind of message an error was found in; the innermost place counts. Returns the error.
 */
export function foundIn(place: Malformed, error: unknown): unknown {
  if (error instanceof Error && !places.has(error)) places.set(error, place);
  return error;
}

/** Which kind of message an error was found in; a control message by default. */
export function placeOf(error: unknown): Malformed {
  return (error instanceof Error ? places.get(error) : undefined) ?? "control";
}

/** Whether an error only means that the stream or the connection ended. */
export function isTransportEnd(error: unknown): error is TransportError {
  return error instanceof TransportError;
}
