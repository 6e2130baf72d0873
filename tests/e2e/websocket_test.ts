/** Clients that no QUIC reaches: the same relay, the same port, over TCP. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { callMoqNet02 } from "../peers/older_moq_net.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { callMoqNet, connectMoqNet } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const WEB_SOCKET: Readonly<Record<string, Connect>> = {
  "@moq/net": connectOverWebSocket,
  "@moq/net 0.2.8": callMoqNet02,
};

for (const [client, connect] of Object.entries(WEB_SOCKET)) {
  relayTest(
    `${client} over WebSocket publishes to a viewer over QUIC`,
    (test) => passOn(test, connect, connectMoqNet),
  );
  relayTest(
    `${client} over WebSocket views what is published over QUIC`,
    (test) => passOn(test, connectMoqNet, connect),
  );
  relayTest(
    `${client} over WebSocket publishes to another over WebSocket`,
    (test) => passOn(test, connect, connectOverWebSocket),
  );
}

relayTest("a client that names QMux alone is told apart by its first bytes", async (test) => {
  const { relay, deadline } = test;
  for (const version of ["qmux-02", "qmux-01", "qmux-00"]) {
    const { connection } = await connectWebSocket({ port: relay.port, protocols: [version] });
    const peer = await ScriptedPeer.connect(connection);
    const setup = await deadline.for("SETUP", peer.theirSetup());
    assert.match(setup.implementation ?? "", /^qumo-relay/);
    peer.close();
    await connection.closed;
  }
});

/** `@moq/net` as it is, in a runtime without WebTransport. */
function connectOverWebSocket({ port }: QuicServerAddress): Promise<Peer> {
  return callMoqNet(`http://127.0.0.1:${port}/`);
}

async function passOn(
  { relay, deadline, join }: RelayTest,
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
  assert.match(relay.log(), /"transport":"websocket"/);
  for (const peer of [publisher, viewer]) await peer.close();
  // The libraries end their sockets a moment after they have said goodbye.
  await sleep(systemClock, 500);
}
