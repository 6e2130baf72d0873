import type { DraftVersion } from "@moqt/transport";
import { connectQuicTransport, type QuicServerAddress } from "../transport/quic_transport.ts";
import { MoqtPeer } from "./moqt_session.ts";

/** Connects `@moqt/transport` over raw QUIC, of draft 18 when nothing is said. */
export async function connectMoqt(
  server: QuicServerAddress,
  draft: DraftVersion = 18,
): Promise<MoqtPeer> {
  const protocol = draft === 14 ? "moq-00" : `moqt-${draft}`;
  return await new MoqtPeer(draft).connect(await connectQuicTransport(server, protocol));
}
