/** Clients of drafts with one control stream, on either side of clients of draft 18. */
import assert from "node:assert/strict";
import { connectMoqNet01, connectMoqNet02 } from "../peers/older_moq_net.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { connectMoqNet, moqNetBy } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const OLD: Readonly<Record<string, Connect>> = {
  "@moqt/transport in 14": (relay) => connectMoqt(relay, 14),
  "@moqt/transport in 16": (relay) => connectMoqt(relay, 16),
  "@moq/net 0.3.4 in 16": moqNetBy("moqt-16"),
  "@moq/net 0.2.8 in 16": (relay) => connectMoqNet02(relay, "moqt-16"),
  "@moq/net 0.1.9 in 16": (relay) => connectMoqNet01(relay, "moqt-16"),
  "@moq/net 0.3.4 in 15": moqNetBy("moqt-15"),
  "@moq/net 0.1.9 in 15": (relay) => connectMoqNet01(relay, "moqt-15"),
  "@moq/net 0.3.4 in 14": moqNetBy("moq-00"),
  "@moq/net 0.1.9 in 14": (relay) => connectMoqNet01(relay, "moq-00"),
};

/** Pairs that cannot be: its viewer fails on the properties of a track, which draft 16 has. */
const UNREADABLE: ReadonlySet<string> = new Set(["@moq/net in 18 @moq/net 0.1.9 in 16"]);

const NEW: Readonly<Record<string, Connect>> = {
  "@moq/net in 18": connectMoqNet,
  "@moqt/transport in 18": connectMoqt,
};

const PATH = "live/across";
const GROUPS = 3;
const OBJECTS = 5;

for (const [old, connectOld] of Object.entries(OLD)) {
  for (const [young, connectYoung] of Object.entries(NEW)) {
    relayTest(`${old} publishes to ${young}`, (test) => passOn(test, connectOld, connectYoung));
    if (UNREADABLE.has(`${young} ${old}`)) continue;
    relayTest(`${young} publishes to ${old}`, (test) => passOn(test, connectYoung, connectOld));
  }
  relayTest(`${old} publishes to another`, (test) => passOn(test, connectOld, connectOld));
}

async function passOn(
  { relay, deadline, join }: RelayTest,
  connectPublisher: Connect,
  connectViewer: Connect,
): Promise<void> {
  const publisher = await join(connectPublisher);
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  const viewer = await join(connectViewer);
  await deadline.for("the announcement", viewer.announced(PATH));
  const watch = await deadline.for("SUBSCRIBE_OK", viewer.watch(PATH, "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  for (let number = 0; number < GROUPS; number++) {
    const group = await deadline.for("a group", publication.startGroup("video"));
    await writeObjects(group, 0, OBJECTS);
    await group.end();
    await readObjects(watch, group.id, 0, OBJECTS, deadline);
  }
  await watch.stop();
  await publication.end();
  await deadline.for("the withdrawal", viewer.withdrawn(PATH));
  assert.doesNotMatch(relay.log(), /protocol_error|internal_error/);
}
