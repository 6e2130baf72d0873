import { Connection } from "@moq/net";
import { asWebTransport } from "../support/peers/moq_net.ts";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import {
  connectionTransport,
  dial,
  type QuicServerAddress,
} from "../support/transport/quic_transport.ts";

/** Connects `@moq/net` as a page does: over WebTransport, to a certificate it knows by its hash. */
export async function connectByWebTransport(relay: QuicServerAddress): Promise<MoqNetPeer> {
  const url = new URL(`https://127.0.0.1:${relay.port}/`);
  const connection = await dial(url, {
    protocols: ["moqt-18"],
    serverCertificateHashes: [relay.certificateHash.toHex()],
    origin: "http://127.0.0.1",
  });
  const transport = asWebTransport(connectionTransport(connection));
  const session = await Connection.connect(url, { transport });
  return new MoqNetPeer(session);
}
