/**
 * The versions of `@moq/net` that `@moq/publish` 0.2.17 and `@moq/watch` 0.4.6 bring, which are what npm
 * has as their newest.
 */
import { sleep, systemClock } from "@qumo/shared/runtime";
import * as Net01 from "@moq/net-0.1";
import * as Net02 from "@moq/net-0.2";
import * as Lite from "@moq/lite";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import {
  connectQuicTransport,
  type QuicServerAddress,
} from "../support/transport/quic_transport.ts";
import { BroadcastPeer } from "./broadcast_peer.ts";
import { asWebTransport, withoutWebTransport } from "../support/peers/moq_net.ts";

/** Connects `@moq/net` 0.2.8 over raw QUIC, as `@moq/watch` 0.4.6 does. */
export async function connectMoqNet02(
  server: QuicServerAddress,
  protocol?: string,
): Promise<Peer> {
  const session = await Net02.Connection.connect(
    urlOf(server),
    await transportTo(server, protocol),
  );
  // What is used of the library is the same in both versions.
  return new MoqNetPeer(session as never);
}

/** Connects `@moq/net` 0.1.9 over raw QUIC, as `@moq/publish` 0.2.17 does. */
export async function connectMoqNet01(
  server: QuicServerAddress,
  protocol?: string,
): Promise<Peer> {
  const session = await Net01.Connection.connect(
    urlOf(server),
    await transportTo(server, protocol),
  );
  return new BroadcastPeer(session, Net01);
}

/** Connects `@moq/net` 0.2.8 over WebSocket, in a runtime without WebTransport. */
export async function callMoqNet02({ port }: QuicServerAddress): Promise<Peer> {
  const url = new URL(`http://127.0.0.1:${port}/`);
  const session = await withoutWebTransport(() => Net02.Connection.connect(url));
  return new MoqNetPeer(session as never);
}

/** Connects `@moq/lite` 0.2.2, which `@moq/net` was before, over raw QUIC. */
export async function connectMoqLite(server: QuicServerAddress, protocol: string): Promise<Peer> {
  const session = await Lite.Connection.connect(urlOf(server), await transportTo(server, protocol));
  return new BroadcastPeer(session as never, Lite as never);
}

/** Connects `@moq/lite` 0.2.2 over WebSocket, where it offers no protocol but `qmux-00`. */
export async function callMoqLite({ port }: QuicServerAddress): Promise<Peer> {
  const url = new URL(`http://127.0.0.1:${port}/`);
  const session = await withoutWebTransport(() => Lite.Connection.connect(url));
  return new WebSocketPeer(session as never, Lite as never);
}

/** Connects `@moq/net` 0.1.9 over WebSocket, in a runtime without WebTransport. */
export async function callMoqNet01({ port }: QuicServerAddress): Promise<Peer> {
  const url = new URL(`http://127.0.0.1:${port}/`);
  const session = await withoutWebTransport(() => Net01.Connection.connect(url));
  return new WebSocketPeer(session, Net01);
}

/** Its libraries close the WebSocket a tenth of a second after the session. */
class WebSocketPeer extends BroadcastPeer {
  override async close(): Promise<void> {
    await super.close();
    await sleep(systemClock, 120);
  }
}

function urlOf({ port }: QuicServerAddress): URL {
  return new URL(`https://127.0.0.1:${port}/`);
}

async function transportTo(server: QuicServerAddress, protocol?: string) {
  return { transport: asWebTransport(await connectQuicTransport(server, protocol)) };
}
