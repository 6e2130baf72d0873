import { handshakeErrorFrom } from "./errors.ts";

/** A UDP socket that QUIC can listen at and call from. */
export type QuicEndpoint = Deno.QuicEndpoint;

/**
 * Binds a UDP port, 0 for any free one. Whoever is given the endpoint to listen at closes it. Throws a
 * `handshake` TransportError when the port is taken.
 */
export function openEndpoint(hostname: string, port: number): QuicEndpoint {
  try {
    return new Deno.QuicEndpoint({ hostname, port });
  } catch (error) {
    throw handshakeErrorFrom(error);
  }
}
