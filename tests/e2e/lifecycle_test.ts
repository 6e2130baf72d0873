/** Publishers and subscribers that come, go and come back, and tracks at their extremes. */
import { equalBytes } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { RequestRefused } from "../support/peers/moqt.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { payloadOf, readObjects, writeObjects } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const clients = new Map<string, Connect>([
  ["@moq/net", connectMoqNet],
  ["@moqt/transport", connectMoqt],
]);

const PATH = "live/room";
const DOES_NOT_EXIST = 0x10n;

for (const [name, connect] of clients) {
  relayTest(`${name} publishes again under the same name`, async ({ relay, deadline, join }) => {
    const watcher = await join(connectMoqt);
    // The other library takes the first NAMESPACE_DONE for the end of all news.
    const witness = await join(connectMoqNet);
    for (const generation of ["first", "second"]) {
      const publisher = await deadline.for(`the ${generation} publisher`, connect(relay));
      const publication = await deadline.for(
        `the ${generation} namespace`,
        publisher.publish(PATH, ["video"]),
      );
      await deadline.for(`the ${generation} NAMESPACE`, witness.announced(PATH));
      const subscribed = watcher.subscribe(PATH, "video");
      const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
      await deadline.for("the relay's subscription", publication.subscribed("video"));
      const group = await publication.startGroup("video");
      await writeObjects(group, 0, 5);
      await readObjects(subscription, 0, 0, 5, deadline);
      await publisher.close();
      await deadline.for(`the PUBLISH_DONE of the ${generation} track`, subscription.done);
      await deadline.for(`the ${generation} NAMESPACE_DONE`, witness.withdrawn(PATH));
    }
  });

  relayTest(`${name} stops watching and watches again`, async (test) => {
    const { deadline, join } = test;
    const { publication } = await publish(test, connectMoqt, ["video"]);
    const watcher = await join(connect);
    const first = await deadline.for("SUBSCRIBE_OK", watcher.watch(PATH, "video"));
    await deadline.for("the relay's subscription", publication.subscribed("video"));
    const group = await publication.startGroup("video");
    await writeObjects(group, 0, 3);
    await readObjects(first, 0, 0, 3, deadline);
    await group.end();
    await first.stop();
    // Deno cannot reset a stream, so the other library's goodbye arrives as a FIN, which says nothing.
    if (connect === connectMoqNet) {
      await deadline.for("the relay to unsubscribe", publication.unsubscribed("video"));
    }
    const second = await deadline.for("another SUBSCRIBE_OK", watcher.watch(PATH, "video"));
    await deadline.for("the relay's other subscription", publication.subscribed("video"));
    const next = await publication.startGroup("video");
    await writeObjects(next, 0, 3);
    // A client that joins from the start of the current group may get the old one once more.
    let object = await deadline.for("an object", second.next());
    while (object?.group === 0) object = await deadline.for("an object", second.next());
    assert.deepEqual(object, { group: 1, object: 0, payload: payloadOf(1, 0, 100) });
    await readObjects(second, 1, 1, 3, deadline);
  }, { config: { relay: { linger_ms: 50 } } });

  relayTest(`Two publishers of ${name} are kept apart`, async ({ deadline, join }) => {
    const watcher = await join(connectMoqt);
    const paths = ["live/red", "live/blue"];
    const publications = [];
    for (const path of paths) {
      const publisher = await join(connect);
      publications.push(await deadline.for("a namespace", publisher.publish(path, ["video"])));
    }
    const watches = [];
    for (const path of paths) {
      await deadline.for(`the announcement of ${path}`, watcher.announced(path));
      watches.push(await deadline.for("SUBSCRIBE_OK", watcher.watch(path, "video")));
    }
    for (const [index, publication] of publications.entries()) {
      const group = await publication.startGroup("video");
      for (let object = 0; object < 5; object++) {
        await group.write(payloadOf(100 * index, object, 500));
      }
    }
    for (const [index, watch] of watches.entries()) {
      for (let object = 0; object < 5; object++) {
        const found = await deadline.for(`object ${object} of ${paths[index]}`, watch.next());
        assert.deepEqual(found?.payload, payloadOf(100 * index, object, 500));
      }
    }
  });

  relayTest(`${name} publishes 50 tracks at once`, async (test) => {
    const { deadline, join } = test;
    const names = Array.from({ length: 50 }, (_, index) => `track${index}`);
    const { publication } = await publish(test, connect, names);
    const watchers = [await join(connectMoqNet), await join(connectMoqt)];
    for (const watcher of watchers) {
      const watches = await deadline.for(
        "50 SUBSCRIBE_OKs",
        Promise.all(names.map((name) => watcher.watch(PATH, name))),
      );
      await deadline.for(
        "50 subscriptions of the relay",
        Promise.all(names.map((name) => publication.subscribed(name))),
      );
      await Promise.all(names.map(async (name) => {
        const group = await publication.startGroup(name);
        await writeObjects(group, 0, 4);
        await group.end();
      }));
      await Promise.all(watches.map(async (watch) => {
        const first = await deadline.for("a first object", watch.next());
        // The second watcher may join at the group that was there before it came.
        await readObjects(watch, first!.group, first!.object + 1, 4, deadline);
        await watch.stop();
      }));
    }
  });

  relayTest(`${name} publishes an object of 2 MiB between empty ones`, async (test) => {
    const { deadline, join } = test;
    const { publication } = await publish(test, connect, ["video"]);
    const watches = [];
    for (const watcher of [await join(connectMoqNet), await join(connectMoqt)]) {
      watches.push(await deadline.for("SUBSCRIBE_OK", watcher.watch(PATH, "video")));
    }
    await deadline.for("the relay's subscription", publication.subscribed("video"));
    const sizes = [0, 0, 2 * 1024 * 1024, 0, 1];
    const group = await publication.startGroup("video");
    for (const [object, size] of sizes.entries()) await group.write(payloadOf(0, object, size));
    await group.end();
    for (const watch of watches) {
      for (const [object, size] of sizes.entries()) {
        const found = await deadline.for(`object ${object}`, watch.next());
        assert.equal(found?.object, object);
        assert(
          equalBytes(found.payload, payloadOf(0, object, size)),
          `object ${object} is another`,
        );
      }
    }
  });
}

relayTest("A track that nobody publishes is refused at once", async ({ deadline, join }) => {
  const watcher = await join(connectMoqt);
  await assert.rejects(
    deadline.for("the refusal", watcher.subscribe("nobody/here", "video")),
    (error) => error instanceof RequestRefused && error.code === DOES_NOT_EXIST,
  );
});

relayTest("A relay that is told to stop says GOAWAY and ends with code 0", async (test) => {
  const { relay, deadline, join } = test;
  const client = await join(connectMoqt);
  // Once it answers requests, the relay has taken in the client's SETUP.
  await deadline.for("REQUEST_OK", client.subscribeNamespace(""));
  const goaway = Promise.withResolvers<void>();
  client.connection.onMessage = ({ type }) => {
    if (type === "GOAWAY") goaway.resolve();
  };
  relay.kill("SIGTERM");
  await deadline.for("GOAWAY", goaway.promise);
  await client.close();
  const code = await deadline.for("the relay to end", relay.ended);
  assert.equal(code, 0);
}, { config: { drain_timeout_ms: 10_000 }, endsRelay: true });

async function publish(
  { deadline, join }: RelayTest,
  connect: Connect,
  tracks: readonly string[],
) {
  const publisher = await join(connect);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, tracks));
  const witness = await join(connectMoqt);
  await deadline.for("the announcement", witness.announced(PATH));
  return { publisher, publication };
}
