import { callMoqNet, connectMoqNet } from "../peers/moq_net.ts";
import type { MoqNetPeer } from "../peers/moq_net_peer.ts";
import type { QuicServerAddress, SessionTransport } from "../transport/quic_transport.ts";

/** Where a client finds a relay of a mesh, and the certificate it must show. */
export interface RelayAddress extends QuicServerAddress {
  readonly name: string;
  /** The path of clients, with the token that they show: they come by WebSocket, where it has a place. */
  readonly clientPath?: string | undefined;
}

// A relay that is stopped or cut off is given up before the scenarios' own deadlines, and not one that is late.
const TRANSPORT_OPTIONS = { keepAliveInterval: 2000, maxIdleTimeout: 20_000 };

// It complains of every session that is closed while it waits for something, and these always do.
// deno-lint-ignore no-console
for (const level of ["warn", "error"] as const) console[level] = () => {};

// The library leaves promises of a session without a handler, so that one whose relay is killed
// would fail the whole file when its connection times out, or when a group is written to it.
addEventListener("unhandledrejection", (event) => {
  const { reason } = event;
  const isLost = reason instanceof Deno.errors.NotConnected ||
    reason instanceof Error && reason.message === "timed out";
  if (isLost) event.preventDefault();
});

/** Connects `@moq/net`, as a rule over QUIC; `prepare` may put something between the library and the connection. */
export async function connectClient(
  relay: RelayAddress,
  prepare?: (transport: SessionTransport) => void,
): Promise<MoqNetPeer> {
  const { port, clientPath, hostname = "127.0.0.1" } = relay;
  if (clientPath !== undefined) {
    return await callMoqNet(`http://${hostname}:${port}${clientPath}`);
  }
  return await connectMoqNet(relay, TRANSPORT_OPTIONS, prepare);
}
