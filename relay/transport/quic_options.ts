import * as limits from "./limits.ts";

/** Options of a QUIC connection; `limits.ts` has the defaults. */
export interface QuicTransportOptions {
  /** Milliseconds between keep-alive packets; 0 for none. */
  readonly keepAliveInterval?: number;
  /**
   * Milliseconds without packets after which the connection is lost; the lower value of both sides
   * counts.
   */
  readonly maxIdleTimeout?: number;
  /** Bidirectional streams that the peer may have open. */
  readonly maxBidiStreams?: number;
  /** Unidirectional streams that the peer may have open. */
  readonly maxUniStreams?: number;
  /** CUBIC ("throughput", the default) or BBR ("low-latency"). */
  readonly congestionControl?: "throughput" | "low-latency";
  /** Milliseconds for the handshake. */
  readonly handshakeTimeout?: number;
}

/** The options with defaults, as Deno's options. */
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
