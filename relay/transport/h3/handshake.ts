import { type Clock, sleep } from "@qumo/shared/runtime";
import { TransportError } from "../errors.ts";
import { HANDSHAKE_TIMEOUT } from "../limits.ts";
import type { Connection } from "../types.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { controlStreamPreface } from "./control_stream.ts";
import { LINGER_TIMEOUT } from "./limits.ts";
import { PeerStreams, type Role } from "./peer_streams.ts";

/** Options of both handshakes. */
export interface HandshakeOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly handshakeTimeout?: number;
}

/**
 * Starts HTTP/3 on a connection and runs `work` within the time limit. On failure the connection is
 * closed and a `handshake` {@linkcode TransportError} has the reason.
 */
export async function handshake(
  raw: Connection,
  role: Role,
  options: HandshakeOptions,
  work: (peer: PeerStreams) => Promise<Connection>,
): Promise<Connection> {
  const timeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
  const peer = new PeerStreams(raw, role, options.clock);
  const timer = options.clock.after(timeout, () => {
    peer.fail(new Http3Error(Http3Code.noError, `the handshake took longer than ${timeout} ms`));
  });
  try {
    return await Promise.race([begin(raw, peer, work), peer.failed]);
  } catch (caught) {
    const error = peer.failure ?? (caught instanceof Error ? caught : new Error(String(caught)));
    peer.fail(error);
    if (error instanceof TransportError && error.kind === "handshake") throw error;
    throw new TransportError("handshake", 0, error.message, { cause: error });
  } finally {
    timer.cancel();
  }
}

/**
 * Waits, for a bounded time, until `noted` resolves because the peer has received the last message.
 */
export async function linger(
  raw: Connection,
  clock: Clock,
  noted: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const limit = sleep(clock, LINGER_TIMEOUT, over.signal);
  // If the stream of the last message failed, the peer has ended the session already.
  await Promise.race([raw.closed, noted(over.signal).catch(() => {}), limit]);
  over.abort();
}

async function begin(
  raw: Connection,
  peer: PeerStreams,
  work: (peer: PeerStreams) => Promise<Connection>,
): Promise<Connection> {
  const control = await raw.openUni();
  await control.write(controlStreamPreface());
  return await work(peer);
}
