/** Each client publishes through the relay to each client: libraries that know nothing of us. */
import assert from "node:assert/strict";
import { connectChromium } from "../peers/browser_peer.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import { MoqtPeer } from "../support/peers/moqt_session.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import {
  relayChromiumTest,
  type RelayTest,
  relayTest,
} from "../support/processes/relay_test_case.ts";
import { payloadOf } from "../support/peers/traffic.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const clients = new Map<string, Connect>([
  ["@moq/net over QUIC", connectMoqNet],
  ["@moqt/transport over QUIC", connectMoqt],
]);

for (const [publisherName, publisher] of clients) {
  for (const [watcherName, watcher] of clients) {
    relayTest(
      `${publisherName} publishes to ${watcherName}`,
      async (test) => await passOn(test, await test.join(publisher), await test.join(watcher)),
    );
  }
}

for (const [name, connect] of clients) {
  relayChromiumTest(`@moq/net in Chromium publishes to ${name}`, async (test, browser) => {
    const page = await test.join((relay) => connectChromium(browser, relay));
    await passOn(test, page, await test.join(connect));
  });

  relayChromiumTest(`${name} publishes to @moq/net in Chromium`, async (test, browser) => {
    const page = await test.join((relay) => connectChromium(browser, relay));
    await passOn(test, await test.join(connect), page);
  });
}

relayChromiumTest("@moq/net in Chromium publishes to another page", async (test, browser) => {
  const publisher = await test.join((relay) => connectChromium(browser, relay));
  const watcher = await test.join((relay) => connectChromium(browser, relay));
  await passOn(test, publisher, watcher);
});

/** Three groups of objects from nothing to many packets, of which nothing may be missing or changed. */
async function passOn({ deadline }: RelayTest, publisher: Peer, watcher: Peer): Promise<void> {
  const sizes = [0, 1, 1200, 0, 100_000, 17];
  const path = "example.net/live/a";
  const publication = await deadline.for("the namespace", publisher.publish(path, ["video"]));
  await deadline.for("the announcement", watcher.announced(path));
  const watch = await deadline.for("SUBSCRIBE_OK", watcher.watch(path, "video"));
  await deadline.for("the relay's subscription", publication.subscribed("video"));
  for (let id = 0; id < 3; id++) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    for (const [object, size] of sizes.entries()) {
      await deadline.for("a write", group.write(payloadOf(id, object, size)));
      const found = await deadline.for(`object ${id}/${object}`, watch.next());
      assert.deepEqual(found, { group: id, object, payload: payloadOf(id, object, size) });
    }
    await deadline.for("the end of a group", group.end());
  }
  await deadline.for("the publication to end", publication.end());
  // `@moq/net` at draft 18 never reads PUBLISH_DONE.
  if (!(watcher instanceof MoqtPeer)) return;
  assert.equal(await deadline.for("the end of the track", watch.next()), undefined);
}
