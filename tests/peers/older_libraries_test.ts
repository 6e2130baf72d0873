/** `@moq/lite` 0.2.2, which `@moq/net` was before, and 0.1.9 of the latter where no protocol is offered. */
import assert from "node:assert/strict";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { callMoqLite, callMoqNet01, connectMoqLite } from "./older_moq_net.ts";

for (const protocol of ["moq-lite-04", "moq-lite-03"]) {
  relayTest(
    `@moq/lite in ${protocol} publishes to itself and @moq/net, and watches`,
    async (test) => {
      const { join } = test;
      const lite = await join((relay) => connectMoqLite(relay, protocol));
      const other = await join((relay) => connectMoqLite(relay, protocol));
      const net = await join(connectMoqNet);
      await passOn(test, { path: "live/old", publisher: lite, viewers: [other, net] });
      await passOn(test, { path: "live/new", publisher: net, viewers: [lite, other] });
    },
  );
}

// As a viewer in these it has no stream that overtakes SUBSCRIBE_OK, and no property of a track.
for (const protocol of ["moqt-17", "moqt-16", "moqt-15", "moq-00"]) {
  relayTest(`@moq/lite in ${protocol} publishes to @moq/net`, async (test) => {
    const publisher = await test.join((relay) => connectMoqLite(relay, protocol));
    const viewers = [await test.join(connectMoqNet)];
    await passOn(test, { path: "live/old", publisher, viewers });
  });
}

relayTest(
  "@moq/lite and @moq/net 0.1.9 publish over WebSocket, where they offer no protocol",
  async (test) => {
    const lite = await test.join(callMoqLite);
    const old = await test.join(callMoqNet01);
    const net = await test.join(connectMoqNet);
    await passOn(test, { path: "live/a", publisher: lite, viewers: [old, net] });
    await passOn(test, { path: "live/b", publisher: old, viewers: [net] });
    assert.equal([...test.relay.log().matchAll(/"websocket","protocol":"moq-00"/g)].length, 2);
  },
);

interface Passing {
  readonly path: string;
  readonly publisher: Peer;
  readonly viewers: readonly Peer[];
}

async function passOn(
  { relay, deadline }: RelayTest,
  { path, publisher, viewers }: Passing,
): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish(path, ["video"]));
  const watches = [];
  for (const [at, viewer] of viewers.entries()) {
    await deadline.for(`the announcement to viewer ${at}`, viewer.announced(path));
    watches.push(await deadline.for("a subscription", viewer.watch(path, "video")));
  }
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [1, 1000, 50_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5, size);
    await group.end();
    for (const watch of watches) await readObjects(watch, group.id, 0, 5, deadline, size);
  }
  for (const watch of watches) await watch.stop();
  await publication.end();
  for (const viewer of viewers) await deadline.for("the withdrawal", viewer.withdrawn(path));
  assert.doesNotMatch(relay.log(), /protocol_error/);
}
