import { MoqtClient } from "./moqt.ts";
import { MoqtPeer } from "./moqt_session.ts";
import type { DraftVersion } from "@moqt/transport";
import { connectQuicTransport, type QuicServerAddress } from "../transport/quic_transport.ts";

/** Connects `@moqt/transport` over raw QUIC at draft 18. */
export function connectMoqt(server: QuicServerAddress): Promise<MoqtPeer> {
  return connectMoqtAt(server, 18);
}

/** Connects `@moqt/transport` over raw QUIC at another draft. */
export async function connectMoqtAt(
  server: QuicServerAddress,
  draft: DraftVersion,
): Promise<MoqtPeer> {
  const protocol = draft === 14 ? "moq-00" : `moqt-${draft}`;
  const client = await MoqtClient.connect(await connectQuicTransport(server, protocol), draft);
  return new MoqtPeer(`@moqt/transport ${draft} over QUIC`, client);
}
