/** Clients of moq-lite, each with the others and with those of MoQT. */
import { connectMoqNet01, connectMoqNet02 } from "../peers/older_moq_net.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Peer, Publication, Watch } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const LITE = ["moq-lite-05", "moq-lite-04", "moq-lite-03"];
const MOQT = "moqt-18";
const PATH = "live/lite";

for (const publisher of [...LITE, MOQT]) {
  for (const viewer of [...LITE, MOQT]) {
    if (publisher === MOQT && viewer === MOQT) continue;
    relayTest(
      `@moq/net publishes by ${publisher} and views by ${viewer}`,
      (test) => passOn(test, moqNetBy(publisher), moqNetBy(viewer)),
    );
  }
}

for (const protocol of LITE) {
  const older: readonly [string, Connect][] = [
    ["@moq/net 0.1.9", (server) => connectMoqNet01(server, protocol)],
    ["@moq/net 0.2.8", (server) => connectMoqNet02(server, protocol)],
  ];
  // 0.1.9 knows no 05.
  for (const [name, connect] of protocol === "moq-lite-05" ? older.slice(1) : older) {
    relayTest(
      `${name} publishes by ${protocol}`,
      (test) => passOn(test, connect, moqNetBy(MOQT)),
    );
    relayTest(`${name} views by ${protocol}`, (test) => passOn(test, moqNetBy(MOQT), connect));
  }

  relayTest(`${protocol}: a viewer leaves, and the other one stays`, async (test) => {
    const { deadline, join } = test;
    const publisher = await join(moqNetBy(protocol));
    const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
    const viewers = [await join(moqNetBy(protocol)), await join(moqNetBy(protocol))];
    const watches: Watch[] = [];
    for (const viewer of viewers) {
      await deadline.for("the announcement", viewer.announced(PATH));
      watches.push(await deadline.for("a viewer", viewer.watch(PATH, "video")));
    }
    await deadline.for("the subscriber", publication.subscribed("video"));
    await broadcast(test, publication, watches);
    await watches[0]!.stop();
    await broadcast(test, publication, watches.slice(1));
    await watches[1]!.stop();
    await deadline.for("the last viewer to leave", publication.unsubscribed("video"));
  });

  relayTest(`${protocol}: a viewer that comes late has the group from its start`, async (test) => {
    const { deadline, join } = test;
    const publisher = await join(moqNetBy(protocol));
    const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
    const first = await watchOn(test, moqNetBy(protocol));
    await deadline.for("the subscriber", publication.subscribed("video"));
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 3);
    await readObjects(first, group.id, 0, 3, deadline);
    const late = await watchOn(test, moqNetBy(protocol));
    await readObjects(late, group.id, 0, 3, deadline);
    await writeObjects(group, 3, 5);
    for (const watch of [first, late]) await readObjects(watch, group.id, 3, 5, deadline);
    await group.end();
  });

  relayTest(`${protocol}: a publisher leaves and comes back`, async (test) => {
    const { deadline, join } = test;
    const viewer = await join(moqNetBy(protocol));
    const first = await join(moqNetBy(protocol));
    await deadline.for("the namespace", first.publish(PATH, ["video"]));
    await deadline.for("the announcement", viewer.announced(PATH));
    await first.close();
    await deadline.for("the withdrawal", viewer.withdrawn(PATH));
    const second = await join(moqNetBy(protocol));
    const publication = await deadline.for("the namespace", second.publish(PATH, ["video"]));
    await deadline.for("the announcement", viewer.announced(PATH));
    const watch = await deadline.for("the viewer", viewer.watch(PATH, "video"));
    await deadline.for("the subscriber", publication.subscribed("video"));
    await broadcast(test, publication, [watch]);
  });
}

async function passOn(test: RelayTest, publishing: Connect, viewing: Connect): Promise<void> {
  const { deadline, join } = test;
  const publisher = await join(publishing);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  const watch = await watchOn(test, viewing);
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (let count = 0; count < 3; count++) await broadcast(test, publication, [watch]);
}

/** A player of what is announced. */
async function watchOn({ deadline, join }: RelayTest, connect: Connect): Promise<Watch> {
  const viewer = await join(connect);
  await deadline.for("the announcement", viewer.announced(PATH));
  return await deadline.for("the viewer", viewer.watch(PATH, "video"));
}

/** Publishes a group, which each player must receive. */
async function broadcast(
  { deadline }: RelayTest,
  publication: Publication,
  players: readonly Watch[],
): Promise<void> {
  const group = await deadline.for("a group", publication.startGroup("video"));
  await writeObjects(group, 0, 5);
  await group.end();
  for (const player of players) await readObjects(player, group.id, 0, 5, deadline);
}
