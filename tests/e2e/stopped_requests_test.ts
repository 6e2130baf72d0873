/** Requests whose peer really sends STOP_SENDING and RESET_STREAM, or stops in the middle. */
import assert from "node:assert/strict";
import { referenceDraft } from "../support/reference_draft.ts";
import { connectAioquic } from "../peers/aioquic.ts";
import { pythonMissing } from "../peers/python.ts";
import {
  accept,
  announce,
  objects,
  openSubgroup,
  SubgroupReader,
  subscribe,
} from "../scenarios/script.ts";
import { RequestRefused } from "../support/peers/moqt.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import { type RelayTest, relayTest } from "../support/processes/relay_test_case.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";

const missing = pythonMissing("aioquic");

/** A scripted peer on a connection of aioquic, which leaves with the test. */
async function scripted({ join }: RelayTest): Promise<ScriptedPeer> {
  const connection = await join(async (relay) => {
    const connection = await connectAioquic(relay);
    return { connection, close: () => connection[Symbol.asyncDispose]() };
  });
  return await ScriptedPeer.connect(connection.connection);
}

relayTest(
  "a subscriber that leaves with STOP_SENDING alone is sent nothing more, and may come again at once",
  async (test) => {
    const { deadline } = test;
    const [publisher, viewer] = [await scripted(test), await scripted(test)];
    await deadline.for("the namespace", announce(publisher, "live"));
    const first = await subscribe(viewer);
    const { request: upstream } = await deadline.for("SUBSCRIBE", accept(publisher));
    await deadline.for("SUBSCRIBE_OK", first.expect("subscribeOk"));
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await deadline.for("the group", SubgroupReader.next(viewer));
    assert.equal(typeof await deadline.for("an object", reader.next()), "object");
    first.incoming.stop("cancelled");
    const again = await subscribe(viewer);
    await deadline.for("SUBSCRIBE_OK again", again.expect("subscribeOk"));
    await again.outgoing.finish();
    again.incoming.stop("cancelled");
    await deadline.for("the publisher to be left", upstream.incoming.whole());
    await group.finish().catch(() => {});
  },
  { missing, config: { relay: { solicit: false } } },
);

relayTest(
  "a session that resets more requests than it may have streams can still ask",
  async (test) => {
    const { deadline } = test;
    const peer = await scripted(test);
    await deadline.for("SETUP", peer.theirSetup());
    for (let time = 0; time < 700; time++) {
      const request = await deadline.for(`stream ${time}`, peer.openRequest(Uint8Array.of(0x03)));
      request.outgoing.reset("cancelled");
    }
    const request = await deadline.for("a stream", subscribe(peer));
    await deadline.for("an answer", request.expect("requestError"));
  },
  { missing },
);

relayTest("half a SUBSCRIBE is given up in time", async (test) => {
  const { deadline } = test;
  const peer = await scripted(test);
  await deadline.for("SETUP", peer.theirSetup());
  const request = await peer.openRequest(Uint8Array.of(0x03, 0x00));
  assert.equal(await deadline.for("the end of the request", request.ended()), "fin");
}, { missing, config: { server: { handshake_timeout_ms: 500 } } });

relayTest(
  "@moqt/transport understands what is said on a request that was asked whether it was stopped",
  async ({ deadline, join }) => {
    const [viewer, publisher] = [await join(connectMoqt), await join(connectMoqt)];
    const heard = await deadline.for("REQUEST_OK", viewer.subscribeNamespace("live"));
    const again = viewer.subscribeNamespace("live/cam");
    await assert.rejects(
      deadline.for("PREFIX_OVERLAP", again),
      (error) =>
        error instanceof RequestRefused &&
        error.code === BigInt(referenceDraft.requestCodes.prefix_overlap!),
    );
    await deadline.for("the namespace", publisher.publishNamespace("live/cam"));
    const event = await deadline.for("NAMESPACE", heard.next());
    assert.deepEqual(event, { path: "cam", active: true });
  },
);
