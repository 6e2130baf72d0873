import type { Connection, ReceiveStream, SendStream } from "../../../relay/transport/mod.ts";
import { incoming, type SessionTransport } from "./quic_transport.ts";

const READ_SIZE = 65_536;

/** Puts a connection of the relay's transport into the shape of a WebTransport session. */
export function connectionTransport(connection: Connection): SessionTransport {
  return {
    protocol: connection.protocol ?? "",
    ready: Promise.resolve(),
    closed: connection.closed.then(({ code, reason }) => ({ closeCode: code, reason })),
    close: (info) => connection.close(info?.closeCode ?? 0, info?.reason ?? ""),
    createUnidirectionalStream: async () => writable(await connection.openUni()),
    createBidirectionalStream: async () => bidirectional(await connection.openBidi()),
    incomingUnidirectionalStreams: incoming(async () => {
      const stream = await connection.acceptUni();
      return stream && readable(stream);
    }),
    incomingBidirectionalStreams: incoming(async () => {
      const stream = await connection.acceptBidi();
      return stream && bidirectional(stream);
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

function bidirectional(stream: { readonly send: SendStream; readonly receive: ReceiveStream }) {
  return { readable: readable(stream.receive), writable: writable(stream.send) };
}

function writable(stream: SendStream): WritableStream<Uint8Array> {
  return new WritableStream({
    // The caller may use its memory again once this resolves, the transport may not be done with it.
    write: (bytes) => stream.write(bytes.slice()),
    close: () => stream.finish(),
    abort: () => stream.reset(0),
  });
}

function readable(stream: ReceiveStream): ReadableStream<Uint8Array> {
  return incoming(() => stream.read(new Uint8Array(READ_SIZE)), () => stream.stop(0));
}
