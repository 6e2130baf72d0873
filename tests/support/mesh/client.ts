import { Connection } from "@moq/net";
import { type QuicTransport, quicTransport } from "../transport/quic_transport.ts";
import { asWebTransport } from "../peers/moq_net.ts";

/** Where a client finds a relay, and the certificate it must show. */
export interface RelayAddress {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly certificateHash: Uint8Array<ArrayBuffer>;
}

/** A session of `@moq/net` over raw QUIC. */
export interface Client {
  readonly session: Connection.Established;
  close(): void;
}

// A relay that is stopped or cut off is given up before the scenarios' own deadlines.
const TRANSPORT_OPTIONS: Deno.QuicTransportOptions = {
  keepAliveInterval: 2000,
  maxIdleTimeout: 6000,
  maxConcurrentBidirectionalStreams: 256,
  maxConcurrentUnidirectionalStreams: 1024,
};

// It complains of every session that is closed while it waits for something, and these always do.
// deno-lint-ignore no-console
for (const level of ["warn", "error"] as const) console[level] = () => {};

let endpoint: Deno.QuicEndpoint | undefined;

/** Connects; `prepare` may put something between the library and the connection. */
export async function connectClient(
  relay: RelayAddress,
  prepare: (transport: QuicTransport) => void = () => {},
): Promise<Client> {
  // One socket for all clients of the process, on every IPv4 address: relays may be elsewhere.
  endpoint ??= new Deno.QuicEndpoint({ hostname: "0.0.0.0", port: 0 });
  const options = {
    ...TRANSPORT_OPTIONS,
    hostname: relay.hostname,
    port: relay.port,
    alpnProtocols: ["moqt-18"],
    endpoint,
    // Deno knows this option, its types do not.
    serverCertificateHashes: [{ algorithm: "sha-256", value: relay.certificateHash }],
  };
  const transport = quicTransport(await Deno.connectQuic<false>(options));
  prepare(transport);
  const url = new URL(`https://${relay.hostname}:${relay.port}/`);
  const session = await Connection.connect(url, { transport: asWebTransport(transport) });
  return { session, close: () => session.close() };
}
