import { type Clock, messageOf, StartError } from "@qumo/shared/runtime";
import { formatAddress, parseAddress, type RelayConfig } from "./config.ts";
import type { OpsServer } from "./ops/server.ts";
import type { OriginPolicy } from "./origins.ts";
import {
  type BoundedListener,
  type CertificatePair,
  listen,
  type RefusedPeer,
} from "./transport/mod.ts";
import type { TransportLimit } from "./vocabulary.ts";

/** What it takes to listen. */
export interface PortsOptions {
  readonly server: RelayConfig["server"];
  readonly certificate: CertificatePair;
  readonly protocols: readonly string[];
  readonly allowOrigin: OriginPolicy;
  /** Whether an address is no stranger's. */
  readonly isKnown: (host: string) => boolean;
  /** What a session is closed with whose peer burdens us too much. */
  readonly overloadCode: number;
  /** Told why a peer got no connection. */
  readonly onRefused: (refusal: RefusedPeer) => void;
  /** Told which limit ended a connection or a handshake. */
  readonly onLimit: (limit: TransportLimit) => void;
  /** Listens for HTTP on this TCP port, or throws. */
  readonly serveHttp: (port: number) => OpsServer;
  readonly clock: Clock;
}

/** The two sides of the relay's port. */
export interface Ports {
  readonly udp: BoundedListener;
  readonly http: OpsServer;
}

// A free UDP port may be a taken TCP port: how often to look for another when any will do.
const MAX_ATTEMPTS = 10;

/** Listens on the same port of UDP and TCP. Throws a {@linkcode StartError}. */
export function openPorts(options: PortsOptions): Ports {
  const address = parseAddress(options.server.address)!;
  for (let attempt = 1;; attempt++) {
    const udp = openUdp(options);
    const { port } = udp.address;
    try {
      return { udp, http: options.serveHttp(port) };
    } catch (error) {
      udp.close(0, "");
      if (address.port === 0 && attempt < MAX_ATTEMPTS) continue;
      const where = formatAddress({ ...address, port });
      throw new StartError(
        `cannot listen on ${where} (TCP): ${messageOf(error)}`,
        "server.address",
      );
    }
  }
}

function openUdp(
  { server, serveHttp: _, ...options }: PortsOptions,
): BoundedListener {
  try {
    return listen({
      ...options,
      ...parseAddress(server.address)!,
      maxHandshakes: server.maxHandshakes,
      maxConnectionsPerAddress: server.maxConnectionsPerAddress,
      maxUnreadPerConnection: server.maxUnreadBytesPerConnection,
      maxUnread: server.maxUnreadBytes,
      keepAliveInterval: server.keepAliveMs,
      maxIdleTimeout: server.idleTimeoutMs,
      handshakeTimeout: server.handshakeTimeoutMs,
      maxBidiStreams: server.maxBidiStreams,
      maxUniStreams: server.maxUniStreams,
    });
  } catch (error) {
    throw new StartError(
      `cannot listen on ${server.address} (UDP): ${messageOf(error)}`,
      "server.address",
    );
  }
}
