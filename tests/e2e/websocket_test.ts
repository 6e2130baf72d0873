/** Clients that no QUIC reaches: the same relay, the same port, over TCP. */
import { Connection } from "@moq/net";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

/** `@moq/net` as it is, where nothing answers over UDP. */
async function connectWithoutUdp({ port }: QuicServerAddress): Promise<Peer> {
  const session = await Connection.connect(new URL(`https://127.0.0.1:9/`), {
    websocket: { url: new URL(`http://127.0.0.1:${port}/`) },
  });
  return new MoqNetPeer("@moq/net over WebSocket", session);
}

const CLIENTS: Readonly<Record<string, Connect>> = {
  "QUIC": connectMoqNet,
  "WebSocket": connectWithoutUdp,
};

for (const [publisher, connectPublisher] of Object.entries(CLIENTS)) {
  for (const [viewer, connectViewer] of Object.entries(CLIENTS)) {
    if (publisher === viewer && publisher === "QUIC") continue;
    relayTest(
      `@moq/net publishes over ${publisher} to a viewer over ${viewer}`,
      (test) => passOn(test, connectPublisher, connectViewer),
    );
  }
}

async function passOn(
  { deadline, join }: RelayTest,
  connectPublisher: Connect,
  connectViewer: Connect,
): Promise<void> {
  const publisher = await join(connectPublisher);
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  const viewer = await join(connectViewer);
  await deadline.for("the announcement", viewer.announced("live/a"));
  const watch = await deadline.for("the subscription", viewer.watch("live/a", "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [0, 1000, 200_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await deadline.for("the writes", writeObjects(group, 0, 5, size));
    await deadline.for("the end of a group", group.end());
    await readObjects(watch, group.id, 0, 5, deadline, size);
  }
}
