import { sleep, systemClock } from "@qumo/shared/runtime";
import type { QuicServerAddress } from "../transport/quic_transport.ts";

/** Who a crowd is and where it comes from. */
export interface CrowdOptions {
  readonly protocol?: string;
  /** An address of this machine. */
  readonly hostname?: string;
}

/** Many connections over one socket that say nothing. */
export class Crowd {
  readonly #connections: readonly Deno.QuicConn[];
  readonly #endpoint: Deno.QuicEndpoint;

  private constructor(connections: readonly Deno.QuicConn[], endpoint: Deno.QuicEndpoint) {
    this.#connections = connections;
    this.#endpoint = endpoint;
  }

  static async connect(
    server: QuicServerAddress,
    count: number,
    { protocol = "moqt-18", hostname = "127.0.0.1" }: CrowdOptions = {},
  ): Promise<Crowd> {
    const endpoint = new Deno.QuicEndpoint({ hostname, port: 0 });
    const connections: Deno.QuicConn[] = [];
    // A few at a time: this machine has to do both halves of each handshake.
    while (connections.length < count) {
      const next = Math.min(AT_ONCE, count - connections.length);
      const calls = Array.from(
        { length: next },
        () => call(endpoint, server, server.port, protocol),
      );
      connections.push(...await Promise.all(calls));
    }
    for (const { closed } of connections) closed.catch(() => {});
    return new Crowd(connections, endpoint);
  }

  close(): void {
    for (const connection of this.#connections) connection.close({ closeCode: 0, reason: "" });
    this.#endpoint.close({ closeCode: 0, reason: "" });
  }
}

/**
 * Begins handshakes and reads none of the answers: the calls are made into a line that keeps their
 * first packets, which are then sent to the server in one go.
 */
export async function beginHandshakes(server: QuicServerAddress, count: number) {
  const line = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const { port } = line.addr as Deno.NetAddr;
  // By the connection's first number: a call repeats its packet when no answer comes.
  const packets = new Map<string, Uint8Array>();
  const calls: Promise<unknown>[] = [];
  while (packets.size < count) {
    // It fails once it has waited for so long, which may be before all have begun.
    if (calls.length < count) calls.push(call(endpoint, server, port, "moqt-18").catch(() => {}));
    const [packet] = await line.receive();
    packets.set(packet.slice(6, 6 + packet[5]!).toHex(), packet.slice());
  }
  for (const packet of packets.values()) {
    await line.send(packet, { transport: "udp", hostname: "127.0.0.1", port: server.port });
    // A socket's buffer holds no more than a few hundred.
    await sleep(systemClock, 1);
  }
  line.close();
  endpoint.close({ closeCode: 0, reason: "" });
  await Promise.all(calls);
}

function call(
  endpoint: Deno.QuicEndpoint,
  server: QuicServerAddress,
  port: number,
  protocol: string,
): Promise<Deno.QuicConn> {
  const options = {
    endpoint,
    hostname: "127.0.0.1",
    port,
    alpnProtocols: [protocol],
    maxIdleTimeout: 60_000,
    keepAliveInterval: 1_000,
    serverCertificateHashes: [{ algorithm: "sha-256", value: server.certificateHash }],
  };
  return Deno.connectQuic<false>(options);
}

const AT_ONCE = 50;
