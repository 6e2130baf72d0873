import * as transport from "../../../relay/transport/mod.ts";
import type { Connection, ReceiveStream, SendStream } from "../../../relay/transport/mod.ts";
import { TransportError } from "../../../relay/transport/errors.ts";
import { PATIENCE_MS } from "../until.ts";

/** Where a server is, and the certificate it must show. */
export interface QuicServerAddress {
  /** The loopback address when nothing is said. */
  readonly hostname?: string;
  readonly port: number;
  readonly certificateHash: Uint8Array<ArrayBuffer>;
}

// Few tests are about how long a handshake takes, or about a client that gives up a relay which says
// nothing because the machine does not let it.
const PATIENT = { handshakeTimeout: PATIENCE_MS, maxIdleTimeout: PATIENCE_MS };

/** Calls by the address of a relay. */
export const dial: typeof transport.dial = (url, options) =>
  transport.dial(url, { ...PATIENT, ...options });

/** Calls by QUIC alone. */
export const dialQuic: typeof transport.dialQuic = (options) =>
  transport.dialQuic({ ...PATIENT, ...options });

/** Calls a server by QUIC. */
export function dialRelay(
  { hostname = "127.0.0.1", port, certificateHash }: QuicServerAddress,
  protocol: string,
  options: transport.QuicTransportOptions = {},
): Promise<Connection> {
  return dialQuic({
    ...options,
    hostname,
    port,
    alpnProtocols: [protocol],
    serverCertificateHashes: [certificateHash.toHex()],
  });
}

/** A connection by QUIC in the shape of a WebTransport session. */
export async function connectQuicTransport(
  server: QuicServerAddress,
  protocol = "moqt-18",
): Promise<SessionTransport> {
  return connectionTransport(await dialRelay(server, protocol, PLAYER));
}

// As many streams as a player would allow, for many tracks.
const PLAYER = { maxBidiStreams: 256, maxUniStreams: 1024 };

/** The part of a WebTransport session that MoQ libraries use. */
export type SessionTransport = ReturnType<typeof connectionTransport>;

/** Puts a connection of the relay's transport into the shape of a WebTransport session. */
export function connectionTransport(connection: Connection) {
  const closed = connection.closed.then(({ by, code, reason }) => {
    if (by === "lost") throw new TransportError("closed", 0, reason);
    return { closeCode: code, reason };
  });
  // For those who do not ask how it ended.
  closed.catch(() => {});
  return {
    protocol: connection.protocol ?? "",
    ready: Promise.resolve(),
    closed,
    close(info?: { readonly closeCode?: number; readonly reason?: string }) {
      connection.close(info?.closeCode ?? 0, info?.reason ?? "");
    },
    async createUnidirectionalStream(options?: { readonly sendOrder?: number }) {
      const stream = await connection.openUni();
      stream.priority = options?.sendOrder ?? 0;
      return writable(stream, connection);
    },
    createBidirectionalStream: async () => bidirectional(await connection.openBidi(), connection),
    incomingUnidirectionalStreams: incoming(async () => {
      const stream = await connection.acceptUni();
      return stream && readable(stream);
    }),
    incomingBidirectionalStreams: incoming(async () => {
      const stream = await connection.acceptBidi();
      return stream && bidirectional(stream, connection);
    }),
    datagrams: {
      readable: incoming(() => connection.receiveDatagram()),
      writable: new WritableStream({ write: (bytes) => void connection.sendDatagram(bytes) }),
      get maxDatagramSize() {
        return connection.maxDatagramSize;
      },
    },
  };
}

function bidirectional(
  { send, receive }: { readonly send: SendStream; readonly receive: ReceiveStream },
  connection: Connection,
) {
  return { readable: readable(receive), writable: writable(send, connection) };
}

function writable(stream: SendStream, { canReset }: Connection): WritableStream<Uint8Array> {
  return new WritableStream({
    // The caller may use its memory again once this resolves, the transport may not be done with it.
    write: (bytes) => stream.write(bytes.slice()),
    close: () => stream.finish(),
    // Where nothing can be reset Deno ends a stream that is aborted.
    abort: () => canReset ? stream.reset(0) : stream.finish(),
  });
}

const READ_SIZE = 65_536;

function readable(stream: ReceiveStream): ReadableStream<Uint8Array> {
  return incoming(() => stream.read(new Uint8Array(READ_SIZE)), () => stream.stop(0));
}

/** A stream of what comes one by one, until there is nothing any more. */
function incoming<T>(
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
