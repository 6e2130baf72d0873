/** What npm serves as the newest publisher and player of moq-dev has older libraries in it, at draft 18. */
import assert from "node:assert/strict";
import { connectMoqNet01, connectMoqNet02 } from "../peers/older_moq_net.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { Peer, Publication, Watch } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const CLIENTS: Readonly<Record<string, Connect>> = {
  "@moq/net 0.1.9 (@moq/publish 0.2.17)": connectMoqNet01,
  "@moq/net 0.2.8 (@moq/watch 0.4.6)": connectMoqNet02,
  "@moq/net": connectMoqNet,
  "@moqt/transport": connectMoqt,
};

const OLDER = Object.keys(CLIENTS).slice(0, 2);
const PATH = "live/older";
const GROUPS = 3;

for (const [publisher, connectPublisher] of Object.entries(CLIENTS)) {
  for (const [viewer, connectViewer] of Object.entries(CLIENTS)) {
    if (!OLDER.includes(publisher) && !OLDER.includes(viewer)) continue;
    relayTest(
      `${publisher} publishes to ${viewer}`,
      (test) => passOn(test, connectPublisher, connectViewer),
    );
  }
}

for (const [viewer, connectViewer] of Object.entries(CLIENTS).slice(0, 3)) {
  relayTest(
    `two players over one session of ${viewer} have the same track, and one may leave`,
    async (test) => {
      const { relay, deadline, join } = test;
      const publisher = await join(connectMoqNet);
      const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
      const viewer = await join(connectViewer);
      await deadline.for("the announcement", viewer.announced(PATH));
      const leaving = await deadline.for("the first player", viewer.watch(PATH, "video"));
      const staying = await deadline.for("the second player", viewer.watch(PATH, "video"));
      await deadline.for("the subscriber", publication.subscribed("video"));
      await broadcast(test, publication, [leaving, staying]);
      await leaving.stop();
      await broadcast(test, publication, [staying]);
      await broadcast(test, publication, [staying]);
      assert.doesNotMatch(relay.log(), /protocol_error|duplicate/);
    },
  );
}

/** Publishes a group, which each player must receive. */
async function broadcast({ deadline }: RelayTest, publication: Publication, players: Watch[]) {
  const group = await deadline.for("a group", publication.startGroup("video"));
  await writeObjects(group, 0, 5);
  await group.end();
  for (const player of players) await readObjects(player, group.id, 0, 5, deadline);
}

async function passOn(test: RelayTest, connectPublisher: Connect, connectViewer: Connect) {
  const { relay, deadline, join } = test;
  const publisher = await join(connectPublisher);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  const viewer = await join(connectViewer);
  await deadline.for("the announcement", viewer.announced(PATH));
  const watch = await deadline.for("the subscription", viewer.watch(PATH, "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (let count = 0; count < GROUPS; count++) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5);
    await readObjects(watch, group.id, 0, 5, deadline);
    await group.end();
  }
  assert.doesNotMatch(relay.log(), /protocol_error/);
}
