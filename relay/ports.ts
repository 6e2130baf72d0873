import { type Clock, messageOf, StartError } from "@qumo/shared/runtime";
import { formatAddress, parseAddress, type ServerConfig } from "./config.ts";
import type { OpsServer } from "./ops/server.ts";
import type { OriginPolicy } from "./origins.ts";
import { type CertificatePair, listen, type Listener } from "./transport/mod.ts";

/** What it takes to listen. */
export interface PortsOptions {
  readonly server: ServerConfig;
  readonly certificate: CertificatePair;
  readonly protocols: readonly string[];
  readonly allowOrigin: OriginPolicy;
  /** Told why a peer got no connection; the address is unknown where QUIC itself failed. */
  readonly onRefused: (reason: string, remoteAddress: string | undefined) => void;
  /** Listens for HTTP on this TCP port, or throws. */
  readonly serveHttp: (port: number) => OpsServer;
  readonly clock: Clock;
}

/** The two sides of the relay's port. */
export interface Ports {
  readonly udp: Listener;
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
  { server, certificate, protocols, allowOrigin, onRefused, clock }: PortsOptions,
): Listener {
  try {
    return listen({
      ...parseAddress(server.address)!,
      certificate,
      protocols,
      allowOrigin,
      onRefused,
      keepAliveInterval: server.keepAliveMs,
      maxIdleTimeout: server.idleTimeoutMs,
      handshakeTimeout: server.handshakeTimeoutMs,
      maxBidiStreams: server.maxBidiStreams,
      maxUniStreams: server.maxUniStreams,
      clock,
    });
  } catch (error) {
    throw new StartError(
      `cannot listen on ${server.address} (UDP): ${messageOf(error)}`,
      "server.address",
    );
  }
}
