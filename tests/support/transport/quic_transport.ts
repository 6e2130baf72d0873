import type { WebTransportLike } from "@moqt/webtransport";

/** The part of a WebTransport session that MoQ libraries use, and that is easy to build. */
export interface SessionTransport extends WebTransportLike {
  readonly protocol: string;
  readonly ready: Promise<void>;
  createUnidirectionalStream(
    options?: Deno.QuicSendStreamOptions,
  ): Promise<WritableStream<Uint8Array>>;
  readonly datagrams: Required<WebTransportLike["datagrams"]> & {
    readonly maxDatagramSize: number;
  };
}

/** Where a server is, and the certificate it must show. */
export interface QuicServerAddress {
  /** The loopback address when nothing is said. */
  readonly hostname?: string;
  readonly port: number;
  readonly certificateHash: Uint8Array<ArrayBuffer>;
}

// Chosen as a player would: idle long enough for a slow test machine, many streams for many tracks.
const TRANSPORT_OPTIONS: Deno.QuicTransportOptions = {
  keepAliveInterval: 4000,
  maxIdleTimeout: 60_000,
  maxConcurrentBidirectionalStreams: 256,
  maxConcurrentUnidirectionalStreams: 1024,
};

let clients: Deno.QuicEndpoint | undefined;

/**
 * A Deno QUIC connection in the shape of a WebTransport session, to a server that must show the
 * certificate of that hash. It uses nothing of the relay's own transport, so what it proves it proves
 * about the wire.
 */
export async function connectQuicTransport(
  server: QuicServerAddress,
  protocol = "moqt-18",
  transport: Deno.QuicTransportOptions = {},
): Promise<SessionTransport> {
  // One socket for all clients of the process, on every IPv4 address, which every machine has.
  clients ??= new Deno.QuicEndpoint({ hostname: "0.0.0.0", port: 0 });
  const options = {
    ...TRANSPORT_OPTIONS,
    ...transport,
    hostname: server.hostname ?? "127.0.0.1",
    port: server.port,
    alpnProtocols: [protocol],
    endpoint: clients,
    // Deno knows this option, its types do not.
    serverCertificateHashes: [{ algorithm: "sha-256", value: server.certificateHash }],
  };
  return quicTransport(await Deno.connectQuic<false>(options));
}

function quicTransport(connection: Deno.QuicConn): SessionTransport {
  // Deno ends a stream that nobody references with a FIN, so open streams are held here.
  const open = new Set<Deno.QuicSendStream>();
  connection.closed.then(() => open.clear(), () => open.clear());
  const hold = (stream: Deno.QuicSendStream) => holdUntilClosed(stream, open);
  return {
    protocol: connection.protocol ?? "",
    ready: Promise.resolve(),
    closed: connection.closed,
    close: (info) =>
      connection.close({ closeCode: info?.closeCode ?? 0, reason: info?.reason ?? "" }),
    createUnidirectionalStream: async (options) =>
      hold(await connection.createUnidirectionalStream({ waitUntilAvailable: true, ...options })),
    createBidirectionalStream: async (options?: Deno.QuicSendStreamOptions) => {
      const stream = { waitUntilAvailable: true, ...options };
      const { readable, writable } = await connection.createBidirectionalStream(stream);
      return { readable, writable: hold(writable) };
    },
    incomingUnidirectionalStreams: connection.incomingUnidirectionalStreams,
    incomingBidirectionalStreams: connection.incomingBidirectionalStreams.pipeThrough(
      new TransformStream({
        transform: ({ readable, writable }, controller) =>
          controller.enqueue({ readable, writable: hold(writable) }),
      }),
    ),
    datagrams: {
      // There is no other way to learn that the connection ended.
      readable: incoming(() => connection.readDatagram().catch(() => undefined)),
      writable: new WritableStream({ write: (bytes) => connection.sendDatagram(bytes) }),
      get maxDatagramSize() {
        return connection.maxDatagramSize;
      },
    },
  };
}

/** The same stream, referenced by `open` until it is finished or given up. */
function holdUntilClosed(
  stream: Deno.QuicSendStream,
  open: Set<Deno.QuicSendStream>,
): WritableStream<Uint8Array> {
  open.add(stream);
  const writer = stream.getWriter();
  writer.closed.catch(() => {}).finally(() => open.delete(stream));
  return new WritableStream<Uint8Array>({
    write: (bytes) => writer.write(bytes),
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}

/** A stream of what comes one by one, until there is nothing any more. */
export function incoming<T>(
  next: () => Promise<T | undefined>,
  cancel = () => {},
): ReadableStream<T> {
  return new ReadableStream({
    async pull(controller) {
      const value = await next();
      if (value === undefined) controller.close();
      else controller.enqueue(value);
    },
    cancel,
  }, { highWaterMark: 0 });
}
