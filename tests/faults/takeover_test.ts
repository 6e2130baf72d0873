import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { faultTest, total, until } from "../support/faults/case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { trackName, WirePeer } from "../support/peers/wire_peer.ts";

const OURS = trackName(["show"], "track");
const ALIAS = 3n;
const REPLACED = "qumo_relay_publishers_replaced_total";

faultTest(
  "who contradicts a track that is there has no part in it where the elder keeps it",
  async (context) => {
    const { relay, deadline } = context;
    // The name of the canary, which goes on beside this and is compared object by object.
    const stranger = await WirePeer.connect(relay);
    const request = await stranger.request({
      kind: "publish",
      requestId: stranger.requestId(),
      track: trackName(["canary"], "track"),
      alias: ALIAS,
      parameters: {},
      properties: new Uint8Array(0),
    });
    await contradict(stranger);
    const done = await deadline.for("an answer", request.next());
    assert.ok(done !== undefined);
    await deadline.for(
      "somebody to be replaced",
      until(async () => await total(relay, REPLACED) > 0),
    );
    stranger.close();
  },
  { config: { relay: { publishers: "oldest" } } },
);

faultTest("a track of which two say different things is malformed for nobody", async (context) => {
  const { relay, deadline } = context;
  const elder = await offer(relay, OURS.namespace, ALIAS);
  const { request, viewer } = await watch(relay);
  await sendObject(elder, 0n, 1);
  const stranger = await offer(relay, OURS.namespace, ALIAS);
  await stranger.request({
    kind: "publish",
    requestId: stranger.requestId(),
    track: OURS,
    alias: ALIAS,
    parameters: {},
    properties: new Uint8Array(0),
  });
  await sendObject(stranger, 0n, 2);
  const done = await deadline.for("the viewer to be told", request.expect("publishDone"));
  assert.notEqual(done.code, "malformed_track");
  // Whoever comes back finds the track of the one that has it now.
  const again = await deadline.for("the viewer to come back", watch(relay));
  for (const peer of [viewer, again.viewer, elder, stranger]) peer.close();
});

/** Takes the canary's first object for its own. */
async function contradict(publisher: WirePeer): Promise<void> {
  await sendObject(publisher, 0n, 255);
}

async function sendObject(publisher: WirePeer, group: bigint, filling: number): Promise<void> {
  const subgroup = await publisher.openSubgroup({
    alias: ALIAS,
    group,
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: false,
    firstObject: true,
  });
  await subgroup.write({ object: 0, payload: new Uint8Array(400).fill(filling) });
}

async function watch(server: QuicServerAddress) {
  const viewer = await WirePeer.connect(server);
  const requestId = viewer.requestId();
  const request = await viewer.request({
    kind: "subscribe",
    requestId,
    track: OURS,
    parameters: {},
  });
  await request.expect("subscribeOk");
  return { viewer, request };
}
