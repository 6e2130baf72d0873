/** moq-dev's Rust library by moq-lite: it takes the first protocol of the relay's that it knows. */
import { moqNetBy } from "../support/peers/moq_net.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import type { Peer, Watch } from "../support/peers/peer.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { connectMoqRs, MoqRsPeer } from "./moq_rs.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("moq");

for (const protocol of ["moq-lite-06", "moq-lite-05", "moq-lite-04", "moq-lite-03"]) {
  const options = { missing, config: { server: { protocols: [protocol, "moqt-18"] } } };

  for (const transport of ["quic", "webtransport"] as const) {
    relayTest(`${protocol}: moq-rs publishes to moq-rs over ${transport}`, async (test) => {
      const publisher = await test.join((relay) => connectMoqRs(relay, { transport }));
      const viewer = await test.join((relay) => connectMoqRs(relay, { transport }));
      await passOn(test, publisher, viewer);
      await test.deadline.for("the withdrawal", viewer.withdrawn("live/a"));
    }, options);
  }

  relayTest(`${protocol}: moq-rs publishes to @moq/net by moqt-18`, async (test) => {
    const publisher = await test.join(connectMoqRs);
    await passOn(test, publisher, await test.join(moqNetBy("moqt-18")));
  }, options);

  relayTest(`${protocol}: @moq/net publishes by moqt-18 to moq-rs`, async (test) => {
    const viewer = await test.join(connectMoqRs);
    await passOn(test, await test.join(moqNetBy("moqt-18")), viewer);
  }, options);

  relayTest(`${protocol}: a publisher of moq-rs dies, and another one follows`, async (test) => {
    const { deadline, join } = test;
    const first = await join(connectMoqRs);
    const viewer = await join(connectMoqRs);
    await deadline.for("the namespace", first.publish("live/a", ["video"]));
    await deadline.for("the announcement", viewer.announced("live/a"));
    first.vanish();
    await deadline.for("the withdrawal", viewer.withdrawn("live/a"));
    await passOn(test, await join(connectMoqRs), viewer);
  }, options);
}

async function passOn({ deadline }: RelayTest, publisher: Peer, viewer: Peer): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  await deadline.for("the announcement", viewer.announced("live/a"));
  const watch = reading(await deadline.for("the subscription", viewer.watch("live/a", "video")));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [1, 1000, 100_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5, size);
    await group.end();
    await readObjects(watch, group.id, 0, 5, deadline, size);
  }
  await watch.stop();
  // At draft 18 @moq/net does not notice it over Deno's QUIC.
  if (publisher instanceof MoqRsPeer) {
    await deadline.for("the last viewer to leave", publication.unsubscribed("video"));
  }
  await publication.end();
}

/** By 03 and 04 the library subscribes when it is asked for an object. */
function reading(watch: Watch): Watch {
  let first: ReturnType<Watch["next"]> | undefined = watch.next();
  return {
    next() {
      const next = first ?? watch.next();
      first = undefined;
      return next;
    },
    stop: () => watch.stop(),
  };
}
