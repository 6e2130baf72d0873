import { draft18 } from "@qumo/shared/wire";
import type { QuicServerAddress } from "../transport/quic_transport.ts";
import { trackName } from "../peers/wire_peer.ts";

/** What is different from the usual. */
export interface RawPeerOptions {
  readonly port?: number;
  readonly protocol?: string;
  readonly maxIdleTimeout?: number;
}

/** A QUIC connection that nobody reads, and whose every stream can be written as one likes. */
export class RawPeer {
  readonly connection: Deno.QuicConn;
  readonly #endpoint: Deno.QuicEndpoint;
  // Deno ends a stream that nobody references.
  readonly #held: unknown[] = [];

  private constructor(connection: Deno.QuicConn, endpoint: Deno.QuicEndpoint) {
    this.connection = connection;
    this.#endpoint = endpoint;
    connection.closed.catch(() => {});
  }

  /** Connects from a socket of its own to `port`, which may be that of a forwarder. */
  static async connect(
    server: QuicServerAddress,
    { port = server.port, protocol = "moqt-18", maxIdleTimeout = 5_000 }: RawPeerOptions = {},
  ): Promise<RawPeer> {
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    try {
      const options = {
        hostname: "127.0.0.1",
        port,
        alpnProtocols: [protocol],
        endpoint,
        keepAliveInterval: 500,
        maxIdleTimeout,
        // Few, so that a peer that does not read is felt soon.
        maxConcurrentUnidirectionalStreams: 8,
        serverCertificateHashes: [{ algorithm: "sha-256", value: server.certificateHash }],
      };
      return new RawPeer(await Deno.connectQuic<false>(options), endpoint);
    } catch (error) {
      endpoint.close({ closeCode: 0, reason: "" });
      throw error;
    }
  }

  /** Opens the control stream. */
  async setup(): Promise<WritableStreamDefaultWriter<Uint8Array>> {
    const options = {};
    return await this.uni(draft18.control.encode({ kind: "setup", options }));
  }

  /** Opens a unidirectional stream with these bytes and leaves it open. */
  async uni(bytes: Uint8Array): Promise<WritableStreamDefaultWriter<Uint8Array>> {
    const stream = await this.connection.createUnidirectionalStream({ waitUntilAvailable: true });
    return await this.#begin(stream, bytes);
  }

  /** Opens a bidirectional stream with these bytes and leaves it open; nobody reads the answer. */
  async bidi(bytes: Uint8Array): Promise<WritableStreamDefaultWriter<Uint8Array>> {
    const stream = await this.connection.createBidirectionalStream({ waitUntilAvailable: true });
    this.#held.push(stream.readable);
    return await this.#begin(stream.writable, bytes);
  }

  /** The code that the other side closed the connection with; undefined when it was lost. */
  async closeCode(): Promise<number | undefined> {
    return await this.connection.closed.then(({ closeCode }) => closeCode, () => undefined);
  }

  close(): void {
    this.connection.close({ closeCode: 0, reason: "" });
    this.#endpoint.close({ closeCode: 0, reason: "" });
  }

  async #begin(stream: Deno.QuicSendStream, bytes: Uint8Array) {
    this.#held.push(stream);
    const writer = stream.getWriter();
    writer.closed.catch(() => {});
    if (bytes.length > 0) await writer.write(bytes);
    return writer;
  }
}

// What QUIC takes of a stream that nobody reads.
const STREAM_WINDOW = 1_250_000;

/**
 * Asks for so many tracks that it is content to wait for, and changes its mind without end on every
 * stream.
 */
export async function sayTooMuch(peer: RawPeer, requests: number): Promise<void> {
  await peer.setup();
  const streams = Array.from({ length: requests }, async (_, index) => {
    const track = trackName(["nowhere"], `${index}`);
    const parameters = { rendezvousTimeout: 30_000n };
    const requestId = BigInt(2 * index);
    const writer = await peer.bidi(
      draft18.control.encode({ kind: "subscribe", requestId, track, parameters }),
    );
    for (let written = 0; written < STREAM_WINDOW; written += UPDATES.length) {
      await writer.write(UPDATES);
    }
  });
  await Promise.allSettled(streams);
}

const UPDATES = new Uint8Array(64 * 1024);
const UPDATE = draft18.control.encode({ kind: "requestUpdate", requestId: 2_000n, parameters: {} });
for (let at = 0; at + UPDATE.length <= UPDATES.length; at += UPDATE.length) UPDATES.set(UPDATE, at);
