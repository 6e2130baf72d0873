import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import { namespace, trackName, WirePeer } from "../support/peers/wire_peer.ts";

const PUBLISHERS = 3;
const GROUPS = 500;
const ALIAS = 4n;

faultTest("publishers that finish no group cost their viewer no session", async (context) => {
  const { relay, deadline } = context;
  const viewer = await WirePeer.connect(relay);
  void readAll(viewer);
  for (let publisher = 0; publisher < PUBLISHERS; publisher++) {
    const name = `flaky ${publisher}`;
    const peer = await offer(relay, namespace(name), ALIAS);
    const request = await viewer.request({
      kind: "subscribe",
      requestId: viewer.requestId(),
      track: trackName([name], "track"),
      parameters: {},
    });
    await deadline.for("the subscription", request.expect("subscribeOk"));
    await deadline.for("the groups to be begun", beginGroups(peer));
    peer.close();
  }
  // It is there and is answered.
  const request = await viewer.request({
    kind: "trackStatus",
    requestId: viewer.requestId(),
    track: trackName(["canary"], "track"),
    parameters: {},
  });
  await deadline.for("an answer", request.expect("requestOk"));
  for (const reason of ["protocol_error", "limit"]) {
    const ended = await counter(relay, `qumo_relay_sessions_ended_total{reason="${reason}"}`);
    assert.equal(ended, 0, reason);
  }
  viewer.close();
});

/** Begins groups with one small object each, and leaves them so. */
async function beginGroups(publisher: WirePeer): Promise<void> {
  for (let group = 0; group < GROUPS; group++) {
    const subgroup = await publisher.openSubgroup({
      alias: ALIAS,
      group: BigInt(group),
      subgroup: 0n,
      priority: undefined,
      hasProperties: false,
      endOfGroup: false,
      firstObject: true,
    });
    await subgroup.write({ object: 0, payload: new Uint8Array(20) });
  }
}

async function readAll(viewer: WirePeer): Promise<void> {
  while (await viewer.streams.next() !== undefined);
}
