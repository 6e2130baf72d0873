import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { openSubgroup } from "../support/peers/scripted_objects.ts";
import { publish, subscribe } from "../support/peers/scripted_requests.ts";
import { until } from "../support/until.ts";

const OURS = trackOf("show", "track");
const ALIAS = 3n;
const REPLACED = "qumo_relay_publishers_replaced_total";

faultTest(
  "who contradicts a track that is there has no part in it where the elder keeps it",
  async (context) => {
    const { relay, deadline } = context;
    // The name of the canary, which goes on beside this and is compared object by object.
    const stranger = await ScriptedPeer.dial(relay);
    const request = await publish(stranger, { track: trackOf("canary", "track"), alias: ALIAS });
    await contradict(stranger);
    await deadline.for("an answer", request.next());
    await until("somebody to be replaced", async () => await counter(relay, REPLACED) > 0);
    stranger.close();
  },
  { config: { relay: { publishers: "oldest" } } },
);

faultTest("a track of which two say different things is malformed for nobody", async (context) => {
  const { relay, deadline } = context;
  const elder = await offer(relay, "show", ALIAS);
  const { request, viewer } = await watch(relay);
  await sendObject(elder, 0n, 1);
  const stranger = await offer(relay, "show", ALIAS);
  await publish(stranger, { track: OURS, alias: ALIAS });
  await sendObject(stranger, 0n, 2);
  const done = await deadline.for("the viewer to be told", request.expect("publishDone"));
  assert.notEqual(done.code, "malformed_track");
  // Whoever comes back finds the track of the one that has it now.
  const again = await deadline.for("the viewer to come back", watch(relay));
  for (const peer of [viewer, again.viewer, elder, stranger]) peer.close();
});

/** Takes the canary's first object for its own. */
async function contradict(publisher: ScriptedPeer): Promise<void> {
  await sendObject(publisher, 0n, 255);
}

async function sendObject(publisher: ScriptedPeer, group: bigint, filling: number): Promise<void> {
  const header = { alias: ALIAS, group, firstObject: true };
  await openSubgroup(publisher, header, { id: 0, payload: new Uint8Array(400).fill(filling) });
}

async function watch(server: QuicServerAddress) {
  const viewer = await ScriptedPeer.dial(server);
  const request = await subscribe(viewer, {}, OURS);
  await request.expect("subscribeOk");
  return { viewer, request };
}
