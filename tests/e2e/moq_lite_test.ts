/** Clients of moq-lite, each with the others and with those of MoQT. */
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const PROTOCOLS = ["moq-lite-05", "moq-lite-04", "moq-lite-03", "moqt-18"];
const PATH = "live/lite";
const GROUPS = 3;

for (const publisher of PROTOCOLS) {
  for (const viewer of PROTOCOLS) {
    if (publisher === viewer && viewer === "moqt-18") continue;
    relayTest(
      `@moq/net publishes by ${publisher} and views by ${viewer}`,
      (test) => passOn(test, moqNetBy(publisher), moqNetBy(viewer)),
    );
  }
}

async function passOn({ deadline, join }: RelayTest, publishing: Connect, viewing: Connect) {
  const publisher = await join(publishing);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  const viewer = await join(viewing);
  await deadline.for("the announcement", viewer.announced(PATH));
  const watch = await deadline.for("the viewer", viewer.watch(PATH, "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (let count = 0; count < GROUPS; count++) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5);
    await group.end();
    await readObjects(watch, group.id, 0, 5, deadline);
  }
}
