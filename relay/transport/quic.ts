import { type Clock, systemClock } from "@qumo/shared/runtime";
import { handshakeErrorFrom, TransportError } from "./errors.ts";
import { HANDSHAKE_TIMEOUT } from "./limits.ts";
import { QuicConnection } from "./quic_connection.ts";
import { openEndpoint, type QuicEndpoint } from "./quic_endpoint.ts";
import { type QuicTransportOptions, transportOptions } from "./quic_options.ts";
import type { Connection } from "./types.ts";

/** Whom to call, and how to know that it is them. */
export interface QuicDialOptions extends QuicTransportOptions {
  /** An IP address: a name would be resolved by Deno in a way that halts the whole program. */
  readonly hostname: string;
  readonly port: number;
  /** The name in the certificate; `hostname` when nothing is said. */
  readonly serverName?: string;
  readonly alpnProtocols: readonly string[];
  /** PEM certificates trusted beside the well-known roots. */
  readonly caCerts?: readonly string[];
  /** SHA-256 in hex of the certificates that are accepted; then nothing else but dates is checked. */
  readonly serverCertificateHashes?: readonly string[];
}

/** Calls a peer. Rejects with a `handshake` {@linkcode TransportError} when it does not come about. */
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

/** The connection, or a failure at the deadline; one that comes later is closed unseen. */
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

/** One socket for all calls: Deno would bind another for each, and on IPv6 alone. */
function clientEndpoint(): QuicEndpoint {
  if (shared !== undefined) return shared;
  try {
    shared = openEndpoint("::", 0);
  } catch {
    shared = openEndpoint("0.0.0.0", 0);
  }
  return shared;
}
