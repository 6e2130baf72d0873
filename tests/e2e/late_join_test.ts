/** Clients that come when a group is long under way, and clients that come for what is already over. */
import assert from "node:assert/strict";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { MoqtPeer } from "../support/peers/moqt_session.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { payloadOf, readObjects, writeObjects } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const publishers = new Map<string, Connect>([
  ["@moq/net", connectMoqNet],
  ["@moqt/transport", connectMoqt],
]);

const PATH = "live/late";
const LARGEST_OBJECT = 0x9n;

for (const [name, connect] of publishers) {
  relayTest(
    `@moq/net joins in the middle of a group of ${name} and gets all of it`,
    async (test) => {
      const { deadline, join } = test;
      const { publisher, group } = await startLongGroup(test, connect);
      const late = await join(connectMoqNet);
      const watch = await deadline.for("the subscription", late.watch(PATH, "video"));
      await readObjects(watch, 0, 0, 50, deadline);
      await writeObjects(group, 50, 60);
      await readObjects(watch, 0, 50, 60, deadline);
      await group.end();
      const next = await publisher.startGroup("video");
      await writeObjects(next, 0, 3);
      await readObjects(watch, 1, 0, 3, deadline);
    },
  );

  relayTest(
    `@moqt/transport joins in the middle of a group of ${name} behind the largest object`,
    async (test) => {
      const { deadline, join } = test;
      const { group } = await startLongGroup(test, connect);
      const late = await join(connectMoqt);
      const subscribed = late.subscribe(PATH, "video", {
        subscriptionFilter: { type: "LargestObject" },
      });
      const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
      assert.deepEqual(subscription.ok.parameters.get(LARGEST_OBJECT), [{
        group: 0n,
        object: 49n,
      }]);
      await writeObjects(group, 50, 60);
      await readObjects(subscription, 0, 50, 60, deadline);
    },
  );

  relayTest(
    `@moqt/transport fetches what came before its subscription to ${name}`,
    async (test) => {
      const { deadline, join } = test;
      const { group } = await startLongGroup(test, connect);
      const late = await join(connectMoqt);
      const subscribed = late.subscribe(PATH, "video", {
        subscriptionFilter: { type: "LargestObject" },
      });
      const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
      await writeObjects(group, 50, 51);
      const joined = late.joiningFetch(subscription.ok.requestId);
      const fetched = await deadline.for("FETCH_OK", joined);
      await readObjects(fetched, 0, 0, 50, deadline);
      assert.equal(await deadline.for("the end of the fetch", fetched.next()), undefined);
      await readObjects(subscription, 0, 50, 51, deadline);
    },
  );

  relayTest(
    `@moqt/transport waits for the next group of ${name} when it asks for it`,
    async (test) => {
      const { deadline, join } = test;
      const { publisher, group } = await startLongGroup(test, connect);
      const late = await join(connectMoqt);
      const subscribed = late.subscribe(PATH, "video", {
        subscriptionFilter: { type: "NextGroupStart" },
      });
      const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
      await writeObjects(group, 50, 51);
      await group.end();
      const next = await publisher.startGroup("video");
      await writeObjects(next, 0, 1);
      await readObjects(subscription, 1, 0, 1, deadline);
    },
  );

  relayTest(`A catalog of ${name} reaches clients of @moq/net that come late`, async (test) => {
    const { deadline, join } = test;
    await publishCatalog(test, connect);
    for (const which of ["the first", "the second"]) {
      const watcher = await join(connectMoqNet);
      const watch = await deadline.for("the subscription", watcher.watch(PATH, "catalog"));
      const object = await deadline.for(`the catalog for ${which} client`, watch.next());
      assert.deepEqual(object, { group: 0, object: 0, payload: payloadOf(0, 0, 300) });
    }
  });

  relayTest(`A catalog of ${name} reaches @moqt/transport that comes late`, async (test) => {
    await publishCatalog(test, connect);
    await readCatalog(test, await test.join(connectMoqt));
  });
}

relayTest("a catalog that many clients read costs its publisher one FETCH", async (test) => {
  const { relay, deadline } = test;
  await publishCatalog(test, connectMoqt);
  const clients = [];
  for (let count = 0; count < 8; count++) clients.push(await test.join(connectMoqt));
  // Somebody keeps the track alive, so that the others only lack what was published before.
  await readCatalog(test, clients[0]!);
  await Promise.all(clients.slice(1).map((client) => readCatalog(test, client)));
  const metrics = await deadline.for("the metrics", relay.metrics());
  const asked = [
    ...metrics.matchAll(/^qumo_relay_upstream_requests_total\{.*kind="fetch".*\} (\d+)$/gm),
  ];
  assert.equal(asked.reduce((sum, [, count]) => sum + Number(count), 0), 1);
});

/** Takes the catalog from the subscription if it is still to come, and by a joining fetch if not. */
async function readCatalog({ deadline }: RelayTest, client: MoqtPeer): Promise<void> {
  const subscribed = client.subscribe(PATH, "catalog", {
    subscriptionFilter: { type: "LargestObject" },
  });
  const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
  const source = subscription.ok.parameters.has(LARGEST_OBJECT)
    ? await deadline.for("FETCH_OK", client.joiningFetch(subscription.ok.requestId))
    : subscription;
  await readObjects(source, 0, 0, 1, deadline, 300);
}

/** A group of which 50 objects have passed through the relay to somebody who came in time. */
async function startLongGroup({ deadline, join }: RelayTest, connect: Connect) {
  const publisher = await join(connect);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  const early = await join(connectMoqt);
  await deadline.for("the announcement", early.announced(PATH));
  const watch = await deadline.for("SUBSCRIBE_OK", early.watch(PATH, "video"));
  await deadline.for("the relay's subscription", publication.subscribed("video"));
  const group = await publication.startGroup("video");
  await writeObjects(group, 0, 50);
  await readObjects(watch, 0, 0, 50, deadline);
  return { publisher: publication, group };
}

/** A track of a single group, complete before anybody asks for it. */
async function publishCatalog({ deadline, join }: RelayTest, connect: Connect): Promise<void> {
  const publisher = await join(connect);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["catalog"]));
  const group = await publication.startGroup("catalog");
  await group.write(payloadOf(0, 0, 300));
  await group.end();
  const witness = await join(connectMoqt);
  await deadline.for("the announcement", witness.announced(PATH));
}
