import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { openSubgroup } from "../support/peers/scripted_objects.ts";
import { subscribe } from "../support/peers/scripted_requests.ts";

const PUBLISHERS = 3;
const GROUPS = 500;
const ALIAS = 4n;

faultTest("publishers that finish no group cost their viewer no session", async (context) => {
  const { relay, deadline } = context;
  const viewer = await ScriptedPeer.dial(relay);
  void viewer.readStreams();
  for (let publisher = 0; publisher < PUBLISHERS; publisher++) {
    const name = `flaky ${publisher}`;
    const peer = await offer(relay, name, ALIAS);
    const request = await subscribe(viewer, {}, trackOf(name, "track"));
    await deadline.for("the subscription", request.expect("subscribeOk"));
    await deadline.for("the groups to be begun", beginGroups(peer));
    peer.close();
  }
  // It is there and is answered.
  const request = await viewer.request({
    kind: "trackStatus",
    track: trackOf("canary", "track"),
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
async function beginGroups(publisher: ScriptedPeer): Promise<void> {
  for (let group = 0; group < GROUPS; group++) {
    const header = { alias: ALIAS, group: BigInt(group), firstObject: true };
    await openSubgroup(publisher, header, { id: 0, payload: new Uint8Array(20) });
  }
}
