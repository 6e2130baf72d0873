/** Limits of the transport, each with its reason. */

/** Send streams left open for want of a reset; more and the connection is not worth keeping (Deno 2.9). */
export const MAX_PARKED_STREAMS = 64;
