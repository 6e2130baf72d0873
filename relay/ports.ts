import { type Clock, messageOf, StartError } from "@qumo/shared/runtime";
import { formatAddress, isLoopback, parseAddress, type RelayConfig } from "./config.ts";
import type { OpsServer } from "./ops/server.ts";
import type { OriginPolicy } from "./origins.ts";
import {
  type CertificatePair,
  listen,
  openEndpoint,
  type PortListener,
  type QuicEndpoint,
  type RefusedPeer,
} from "./transport/mod.ts";
import type { TransportLimit } from "./vocabulary/mod.ts";

/** What it takes to listen at an endpoint. */
export interface ListenerParts {
  readonly server: RelayConfig["server"];
  readonly certificate: CertificatePair;
  readonly protocols: readonly string[];
  readonly allowOrigin: OriginPolicy;
  /** Whether an address is trusted. */
  readonly isKnown: (host: string) => boolean;
  /** The code with which a session is closed when its peer exceeds a limit. */
  readonly overloadCode: number;
  /** Called for each peer that was refused a connection. */
  readonly onRefused: (refusal: RefusedPeer) => void;
  /** Called with the limit that ended a connection or a handshake. */
  readonly onLimit: (limit: TransportLimit) => void;
  readonly clock: Clock;
}

/** What it takes to open the relay's port. */
export interface PortsOptions extends ListenerParts {
  /** Listens for HTTP on the TCP port of this listener, which takes WebSockets, or throws. */
  readonly serveHttp: (udp: PortListener) => OpsServer;
}

/** The UDP and the TCP side of the relay's port. */
export interface Ports {
  readonly udp: PortListener;
  readonly http: OpsServer;
}

// A free UDP port may be in use for TCP: attempts to find another when any port will do.
const MAX_ATTEMPTS = 10;

/** Listens on the same port for UDP and TCP. Throws a {@linkcode StartError}. */
export function openPorts(options: PortsOptions): Ports {
  const address = parseAddress(options.server.address)!;
  for (let attempt = 1;; attempt++) {
    const udp = openUdp(options);
    const { port } = udp.address;
    try {
      return { udp, http: options.serveHttp(udp) };
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

/** Listens at an endpoint within the bounds of the configuration. Throws a TransportError. */
export function listenAt(
  endpoint: QuicEndpoint,
  { server, ...parts }: ListenerParts,
): PortListener {
  return listen({
    ...parts,
    endpoint,
    allowsPlainWebSocket: allowsPlainWebSocket(server),
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
}

/** Whether WebSockets may come without TLS. */
function allowsPlainWebSocket({ websocket, address }: RelayConfig["server"]): boolean {
  return websocket === "any" || websocket === "auto" && isLoopback(parseAddress(address)!);
}

function openUdp({ serveHttp: _, ...parts }: PortsOptions): PortListener {
  const { server } = parts;
  const { hostname, port } = parseAddress(server.address)!;
  try {
    return listenAt(openEndpoint(hostname, port), parts);
  } catch (error) {
    throw new StartError(
      `cannot listen on ${server.address} (UDP): ${messageOf(error)}`,
      "server.address",
    );
  }
}
