/** Clients that no QUIC reaches: the same relay, the same port, over TCP. */
import assert from "node:assert/strict";
import { Connection } from "@moq/net";
import { sleep, systemClock } from "@qumo/shared/runtime";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

/** `@moq/net` as it is, in a runtime without WebTransport. */
async function connectWithoutUdp({ port }: QuicServerAddress): Promise<Peer> {
  const scope: { WebTransport?: unknown } = globalThis;
  const { WebTransport } = scope;
  delete scope.WebTransport;
  try {
    const session = await Connection.connect(new URL(`http://127.0.0.1:${port}/`));
    return new WebSocketPeer("@moq/net over WebSocket", session);
  } finally {
    scope.WebTransport = WebTransport;
  }
}

class WebSocketPeer extends MoqNetPeer {
  /** The library ends its socket a moment after it has said goodbye. */
  override async close(): Promise<void> {
    await super.close();
    await sleep(systemClock, 300);
  }
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
}
