import assert from "node:assert/strict";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { programMissing } from "../support/optional_test_case.ts";
import type { Peer } from "../support/peers/peer.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import { startTestPicture } from "./ffmpeg.ts";
import { connectMoqRs } from "./moq_rs.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("moq");

for (const transport of ["quic", "webtransport"] as const) {
  relayTest(`moq-rs publishes to moq-rs over ${transport}`, async (test) => {
    const publisher = await test.join((relay) => connectMoqRs(relay, { transport }));
    const watcher = await test.join((relay) => connectMoqRs(relay, { transport }));
    await passOn(test, publisher, watcher);
    await test.deadline.for("the withdrawal", watcher.withdrawn("live/a"));
  }, { missing });
}

relayTest("moq-rs publishes to @moq/net", async (test) => {
  const publisher = await test.join(connectMoqRs);
  await passOn(test, publisher, await test.join(connectMoqNet));
}, { missing });

relayTest("@moq/net publishes to moq-rs", async (test) => {
  const watcher = await test.join(connectMoqRs);
  await passOn(test, await test.join(connectMoqNet), watcher);
}, { missing });

relayTest("moq-rs publishes what ffmpeg encodes, and says what it is", async (test) => {
  const publisher = await test.join(connectMoqRs);
  const watcher = await test.join(connectMoqRs);
  await using picture = startTestPicture();
  const published = publisher.publishVideo("live/picture", picture.encoded);
  const catalog = await test.deadline.for("the catalog", watcher.catalog("live/picture"));
  assert.match(catalog, /avc1|avc3|H264/i);
  picture.stop();
  await published;
}, { missing: missing ?? programMissing("ffmpeg") });

async function passOn({ deadline }: RelayTest, publisher: Peer, watcher: Peer): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  await deadline.for("the announcement", watcher.announced("live/a"));
  const watch = await deadline.for("the subscription", watcher.watch("live/a", "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (const size of [1, 1000, 100_000]) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, 5, size);
    await readObjects(watch, group.id, 0, 5, deadline, size);
    await group.end();
  }
  await deadline.for("the end", publication.end());
}
