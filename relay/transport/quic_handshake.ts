import { type Clock, sleep, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "./errors.ts";
import type { HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";

/** Limits of a listener's handshakes. */
export interface HandshakeBounds {
  readonly slots: HandshakeSlots;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Aborted when the listener closes. */
  readonly signal: AbortSignal;
  /** Called when a handshake is evicted by others. */
  readonly onGivenUp: () => void;
}

/**
 * Waits until the handshake of an accepted connection is complete: only an accepted connection has
 * the peer's address and can be aborted. Rejects when the handshake failed, timed out or was
 * evicted; the connection is closed then.
 */
export async function handshakeOf(
  connection: Deno.QuicConn,
  peer: HandshakePeer,
  { slots, timeout, clock, signal, onGivenUp }: HandshakeBounds,
): Promise<void> {
  const through = new AbortController();
  const failed = Promise.withResolvers<never>();
  const giveUp = (reason: string) => {
    failed.reject(new TransportError("handshake", 0, reason));
    connection.close({ closeCode: 0, reason: "" });
  };
  connection.closed.catch(failed.reject);
  const slot = slots.take(peer, () => {
    onGivenUp();
    giveUp("too many handshakes at once, and this one took longest");
  });
  const timer = clock.after(timeout, () => giveUp(`Handshake took longer than ${timeout} ms`));
  const end = () => failed.reject(new TransportError("handshake", 0, "the listener closed"));
  signal.addEventListener("abort", end);
  try {
    await Promise.race([over(connection, through.signal), failed.promise]);
  } finally {
    signal.removeEventListener("abort", end);
    through.abort();
    timer.cancel();
    slot.give();
  }
}

/**
 * Resolves after the handshake. Deno resolves `handshake` even for a failed one, and reports the
 * failure a moment later.
 */
async function over(connection: Deno.QuicConn, signal: AbortSignal): Promise<void> {
  await connection.handshake;
  await sleep(systemClock, 0, signal);
}
