import { MoqtClient } from "./moqt.ts";
import { MoqtPeer } from "./moqt_session.ts";
import { connectQuicTransport, type QuicServerAddress } from "../transport/quic_transport.ts";

/** Connects `@moqt/transport` over raw QUIC at draft 18. */
export async function connectMoqt(server: QuicServerAddress): Promise<MoqtPeer> {
  const client = await MoqtClient.connect(await connectQuicTransport(server));
  return new MoqtPeer("@moqt/transport over QUIC", client);
}
