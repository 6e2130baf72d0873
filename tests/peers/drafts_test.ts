/** Other people's libraries in drafts of MoQT that they are not tried in elsewhere. */
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { connectMoqRs } from "./moq_rs.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("moq");

for (const protocol of ["moqt-17", "moqt-19", "moqt-20"]) {
  relayTest(
    `@moq/net publishes in ${protocol} to one of ${protocol} and one of moqt-18`,
    async (test) => {
      const publisher = await test.join(moqNetBy(protocol));
      await passOn(test, publisher, [
        await test.join(moqNetBy(protocol)),
        await test.join(moqNetBy("moqt-18")),
      ]);
    },
  );

  relayTest(`@moq/net publishes in moqt-18 to one of ${protocol}`, async (test) => {
    const publisher = await test.join(moqNetBy("moqt-18"));
    await passOn(test, publisher, [await test.join(moqNetBy(protocol))]);
  });
}

const MOQ_RS = [
  "moq-00",
  "moqt-15",
  "moqt-16",
  "moqt-17",
  "moqt-19",
  "moqt-20",
  "moqt-21",
  "moqt-22",
];

for (const protocol of MOQ_RS) {
  for (const transport of ["quic", "webtransport"] as const) {
    relayTest(`moq-rs publishes to moq-rs in ${protocol} over ${transport}`, async (test) => {
      const publisher = await test.join((relay) => connectMoqRs(relay, { transport }));
      const watcher = await test.join((relay) => connectMoqRs(relay, { transport }));
      await passOn(test, publisher, [watcher]);
    }, { missing, config: { server: { protocols: [protocol] } } });
  }
}

/** Objects of two groups reach everybody, the first one's also when they come in its middle. */
async function passOn(
  { deadline }: RelayTest,
  publisher: Peer,
  watchers: readonly Peer[],
): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  const watches = [];
  for (const watcher of watchers) {
    await deadline.for("the announcement", watcher.announced("live/a"));
    watches.push(await deadline.for("a subscription", watcher.watch("live/a", "video")));
  }
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [1, 50_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5, size);
    for (const watch of watches) await readObjects(watch, group.id, 0, 5, deadline, size);
    await group.end();
  }
  await deadline.for("the end", publication.end());
}
