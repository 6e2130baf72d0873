import { type Clock, systemClock } from "@qumo/shared/runtime";
import { handshakeErrorFrom, TransportError } from "./errors.ts";
import { HANDSHAKE_TIMEOUT } from "./limits.ts";
import { QuicConnection } from "./quic_connection.ts";
import { openEndpoint, type QuicEndpoint } from "./quic_endpoint.ts";
import { type QuicTransportOptions, transportOptions } from "./quic_options.ts";
import type { Connection } from "./types.ts";

/** Options of {@linkcode dialQuic}. */
export interface QuicDialOptions extends QuicTransportOptions {
  /** An IP address: Deno resolves names with a blocking call. */
  readonly hostname: string;
  readonly port: number;
  /** The name in the certificate; `hostname` by default. */
  readonly serverName?: string;
  readonly alpnProtocols: readonly string[];
  /** PEM certificates that are trusted beside the system's roots. */
  readonly caCerts?: readonly string[];
  /**
   * SHA-256 hashes, in hex, of the accepted certificates; apart from its dates nothing else is
   * verified then.
   */
  readonly serverCertificateHashes?: readonly string[];
}

/** Connects to a peer. Rejects with a `handshake` {@linkcode TransportError} on failure. */
export async function dialQuic(
  options: QuicDialOptions,
  clock: Clock = systemClock,
): Promise<Connection> {
  const { hostname, port, serverName } = options;
  try {
    // `serverCertificateHashes` works but is missing from Deno's types.
    const connecting = Deno.connectQuic<false>({
      ...transportOptions(options),
      endpoint: clientEndpoint(),
      hostname,
      port,
      serverName: serverName ?? hostname,
      alpnProtocols: [...options.alpnProtocols],
      ...(options.caCerts && { caCerts: [...options.caCerts] }),
      ...(options.serverCertificateHashes && {
        serverCertificateHashes: options.serverCertificateHashes.map((hash) => ({
          algorithm: "sha-256",
          value: Uint8Array.fromHex(hash),
        })),
      }),
    });
    const timeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
    return await beforeDeadline(connecting, clock, timeout);
  } catch (error) {
    throw handshakeErrorFrom(error);
  }
}

/** The connection, or an error at the deadline; a connection that is made later is closed. */
function beforeDeadline(
  connecting: Promise<Deno.QuicConn>,
  clock: Clock,
  timeout: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = clock.after(timeout, () => {
      late = true;
      reject(new TransportError("handshake", 0, `Handshake took longer than ${timeout} ms`));
    });
    connecting.then((connection) => {
      timer.cancel();
      const wrapped = new QuicConnection(connection);
      if (late) wrapped.close(0, "");
      else resolve(wrapped);
    }).catch((error) => {
      timer.cancel();
      reject(error);
    });
  });
}

let shared: QuicEndpoint | undefined;

/** One socket for all connections: Deno would bind one for each, and for IPv6 only. */
function clientEndpoint(): QuicEndpoint {
  if (shared !== undefined) return shared;
  try {
    shared = openEndpoint("::", 0);
  } catch {
    shared = openEndpoint("0.0.0.0", 0);
  }
  return shared;
}
