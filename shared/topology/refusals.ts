/**
 * The `code` of a controller's refusal. The meaning of a code never changes: relays and scripts
 * depend on it, not on the message.
 */
export const refusalCodes = [
  "bad_request",
  "unauthorized",
  "forbidden",
  "not_found",
  "relay_not_found",
  "relay_revoked",
  "node_not_found",
  "no_path",
  "announce_not_found",
  "no_relay_available",
  "history_not_found",
  "method_not_allowed",
  "stale_epoch",
  "epoch_ahead",
  "stale_sequence",
  "history_gone",
  "precondition_failed",
  "too_large",
  "rate_limited",
  "limit_reached",
  "unavailable",
  "internal",
] as const;

/** One of the {@linkcode refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number];

/** What a relay needs after a heartbeat was refused for its epoch. */
export interface EpochHint {
  /** The newest epoch of the relay's name; with `epoch_ahead` the controller's time. */
  readonly epoch: number;
  /** Whether a relay is registered under that name now. */
  readonly lives: boolean;
}

/** A refusal: the code for programs, the message for people. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Present with `stale_epoch`, `stale_sequence` and `epoch_ahead`. */
  readonly hint?: EpochHint;
  /** When the same request may be accepted, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** Builds a {@linkcode Refusal}. */
export function refusal(code: RefusalCode, message: string, hint?: EpochHint): Refusal {
  return { code, message, ...(hint && { hint }) };
}
