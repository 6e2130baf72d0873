import { QuicConnection } from "../../relay/transport/quic_connection.ts";
import type { Connection, ReceiveStream } from "../../relay/transport/mod.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";
import type { ServerAddress } from "./server_process.ts";

// Several objects of the sizes that are measured, and still little memory for hundreds of streams.
const READ_BYTES = 16_384;

/** How a client connects. */
export interface ClientOptions {
  readonly protocol: string;
  /** How many groups the server may have open to it. */
  readonly maxUniStreams?: number | undefined;
  /** Over TCP instead of QUIC. */
  readonly isWebSocket?: boolean | undefined;
}

/** Reads timestamps out of one stream. */
export interface StreamMeter {
  /** Takes bytes from 0 to `end` and returns how many; the rest is a header that is not whole. */
  take(bytes: Uint8Array, end: number): number;
}

/**
 * A connection, over raw QUIC as a rule, from a socket of its own as clients have: a burst to a shared
 * one overflows it.
 */
export class BenchClient {
  readonly connection: Connection;
  readonly #endpoint: Deno.QuicEndpoint | undefined;

  private constructor(connection: Connection, endpoint?: Deno.QuicEndpoint) {
    this.connection = connection;
    this.#endpoint = endpoint;
  }

  static async connect(
    server: ServerAddress,
    { protocol, maxUniStreams = 512, isWebSocket }: ClientOptions,
  ): Promise<BenchClient> {
    if (isWebSocket === true) {
      const target = { port: server.port, protocols: [`qmux-02.${protocol}`] };
      const { connection } = await connectWebSocket(target, { maxUniStreams });
      return new BenchClient(connection);
    }
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    // Deno knows `serverCertificateHashes`, its types do not.
    const options = {
      endpoint,
      hostname: "127.0.0.1",
      port: server.port,
      alpnProtocols: [protocol],
      serverCertificateHashes: [{
        algorithm: "sha-256",
        value: Uint8Array.fromHex(server.certificateHash),
      }],
      keepAliveInterval: 4000,
      maxIdleTimeout: 15_000,
      maxConcurrentUnidirectionalStreams: maxUniStreams,
    };
    const connection = new QuicConnection(await Deno.connectQuic<false>(options));
    return new BenchClient(connection, endpoint);
  }

  /** Reads every stream that comes, until the connection ends. */
  async receive(makeMeter: () => StreamMeter): Promise<void> {
    for (;;) {
      const stream = await this.connection.acceptUni();
      if (stream === undefined) return;
      readStream(stream, makeMeter()).catch(() => {});
    }
  }

  /** Leaves. */
  close(): void {
    this.connection.close(0, "");
    void this.connection.closed.then(() => this.#endpoint?.close());
  }
}

async function readStream(stream: ReceiveStream, meter: StreamMeter): Promise<void> {
  let bytes = new Uint8Array(READ_BYTES);
  let kept = 0;
  for (;;) {
    const filled = await stream.read(bytes.subarray(kept));
    if (filled === undefined) return;
    bytes = new Uint8Array(filled.buffer);
    const end = kept + filled.length;
    const taken = meter.take(bytes, end);
    kept = end - taken;
    if (kept > 0) bytes.copyWithin(0, taken, end);
  }
}
