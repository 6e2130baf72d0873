/** `@moq/net` in Chromium talks over our WebTransport to `@moq/net` in Deno, with no relay between. */
import { Connection } from "@moq/net";
import type { Browser } from "playwright-core";
import { listen, openEndpoint } from "../../relay/transport/mod.ts";
import { makeCertificate } from "../support/transport/certificate.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { connectChromium } from "../peers/browser_peer.ts";
import { connectionTransport } from "../support/transport/quic_transport.ts";
import { Deadline } from "../support/deadline.ts";
import { asWebTransport } from "../support/peers/moq_net.ts";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";

chromiumTest("@moq/net in Chromium publishes over our WebTransport", async (browser) => {
  await withPair(browser, (page, server, deadline) => passOn(page, server, deadline));
});

chromiumTest("@moq/net in Chromium watches over our WebTransport", async (browser) => {
  await withPair(browser, (page, server, deadline) => passOn(server, page, deadline));
});

async function withPair(
  browser: Browser,
  test: (page: Peer, server: Peer, deadline: Deadline) => Promise<void>,
): Promise<void> {
  using deadline = new Deadline();
  const certificate = await makeCertificate();
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols: ["moqt-18"],
    allowOrigin: () => true,
  });
  const accept = async () => {
    const transport = asWebTransport(connectionTransport((await listener.accept())!));
    return new MoqNetPeer(await Connection.accept(transport, new URL("https://127.0.0.1/")));
  };
  const server = { port: listener.address.port, certificateHash: certificate.hash };
  const [page, peer] = await deadline.for(
    "SETUP in both directions",
    Promise.all([connectChromium(browser, server), accept()]),
  );
  await test(page, peer, deadline);
  await page.close();
  listener.close(0, "");
}

async function passOn(publisher: Peer, watcher: Peer, deadline: Deadline): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  await deadline.for("the announcement", watcher.announced("live/a"));
  const watch = await deadline.for("the subscription", watcher.watch("live/a", "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [0, 1000, 100_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await deadline.for("the writes", writeObjects(group, 0, 5, size));
    await deadline.for("the end of a group", group.end());
    await readObjects(watch, group.id, 0, 5, deadline, size);
  }
}
