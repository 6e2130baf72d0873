import { Connection } from "@moq/net";
import { MoqNetPeer } from "./moq_net_peer.ts";
import {
  connectQuicTransport,
  type QuicServerAddress,
  type SessionTransport,
} from "../transport/quic_transport.ts";

// The library narrates its whole life on this channel, tests of 50 tracks included.
// deno-lint-ignore no-console
console.debug = () => {};

/** Connects `@moq/net` over raw QUIC. */
export async function connectMoqNet(
  server: QuicServerAddress,
  protocol?: string,
): Promise<MoqNetPeer> {
  const transport = await connectQuicTransport(server, protocol);
  const url = new URL(`https://${server.hostname ?? "127.0.0.1"}:${server.port}/`);
  const session = await Connection.connect(url, { transport: asWebTransport(transport) });
  return new MoqNetPeer(session);
}

/** Connects `@moq/net` over raw QUIC by one protocol. */
export function moqNetBy(protocol: string): (server: QuicServerAddress) => Promise<MoqNetPeer> {
  return (server) => connectMoqNet(server, protocol);
}

/** Connects `@moq/net` as it is in a runtime without WebTransport, to a relay's `http:` URL. */
export async function callMoqNet(url: URL | string): Promise<MoqNetPeer> {
  const session = await withoutWebTransport(() => Connection.connect(new URL(url)));
  return new MoqNetPeer(session);
}

/**
 * A connection as moq-dev's libraries want it. They offer draft 14 in a list of versions, where no
 * protocol was agreed to: they know no token of it. Nothing in them catches that the stream of a group
 * cannot be opened any more, which would fail the whole file of a test whose publisher outlives its
 * relay: such a stream goes nowhere instead, and `closed` says that the session is over.
 */
export function asWebTransport(transport: SessionTransport): WebTransport {
  const open = transport.createUnidirectionalStream;
  const nowhere = () => new WritableStream<Uint8Array>();
  const wrapped: SessionTransport = {
    ...transport,
    protocol: transport.protocol === "moq-00" ? "" : transport.protocol,
    createUnidirectionalStream: (options) => open(options).catch(nowhere),
  };
  // They use the part of WebTransport that the adapter has, their types ask for all of it.
  return wrapped as unknown as WebTransport;
}

/** Connects where there is no WebTransport, as in browsers that lack it: the libraries take a WebSocket. */
export async function withoutWebTransport<T>(connect: () => Promise<T>): Promise<T> {
  const scope: { WebTransport?: unknown } = globalThis;
  const { WebTransport } = scope;
  delete scope.WebTransport;
  try {
    return await connect();
  } finally {
    scope.WebTransport = WebTransport;
  }
}
