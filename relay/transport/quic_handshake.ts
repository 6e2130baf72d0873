import { type Clock, sleep, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "./errors.ts";
import type { HandshakePeer, HandshakeSlots } from "./handshake_slots.ts";

/** What bounds the handshakes of a listener. */
export interface HandshakeBounds {
  readonly slots: HandshakeSlots;
  /** Milliseconds. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Aborted when the listener closes. */
  readonly signal: AbortSignal;
  /** Told of a handshake that was given up because others needed its place. */
  readonly onGivenUp: () => void;
}

/**
 * Waits until the handshake of a connection that was accepted before it is complete, which is how Deno
 * tells the peer's address and lets go of a handshake. Rejects when it failed, took too long or was
 * given up; the connection is closed then.
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

/** Deno says that a handshake is over even where it failed, and a moment later that it did. */
async function over(connection: Deno.QuicConn, signal: AbortSignal): Promise<void> {
  await connection.handshake;
  await sleep(systemClock, 0, signal);
}
