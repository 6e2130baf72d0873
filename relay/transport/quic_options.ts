import * as limits from "./limits.ts";

/** How a connection behaves while it lives; see `limits.ts` for what holds when nothing is said. */
export interface QuicTransportOptions {
  /** Milliseconds between packets that keep a quiet connection alive; 0 for none. */
  readonly keepAliveInterval?: number;
  /** Milliseconds of silence that end the connection; the lower value of both sides counts. */
  readonly maxIdleTimeout?: number;
  /** Bidirectional streams the peer may have open. */
  readonly maxBidiStreams?: number;
  /** Unidirectional streams the peer may have open. */
  readonly maxUniStreams?: number;
  /** CUBIC ("throughput", the default) or BBR ("low-latency"). */
  readonly congestionControl?: "throughput" | "low-latency";
  /** Milliseconds for the handshake. */
  readonly handshakeTimeout?: number;
}

/** What is said, and the rest as `limits.ts` has it, in Deno's words. */
export function transportOptions(options: QuicTransportOptions): Deno.QuicTransportOptions {
  const keepAliveInterval = options.keepAliveInterval ?? limits.KEEP_ALIVE_INTERVAL;
  return {
    ...(keepAliveInterval > 0 && { keepAliveInterval }),
    maxIdleTimeout: options.maxIdleTimeout ?? limits.MAX_IDLE_TIMEOUT,
    maxConcurrentBidirectionalStreams: options.maxBidiStreams ?? limits.MAX_BIDI_STREAMS,
    maxConcurrentUnidirectionalStreams: options.maxUniStreams ?? limits.MAX_UNI_STREAMS,
    congestionControl: options.congestionControl ?? "default",
  };
}
