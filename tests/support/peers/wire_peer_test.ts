import { WHOLE_GROUP } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { Deadline } from "../deadline.ts";
import { MoqtClient } from "./moqt.ts";
import { MoqtPeer } from "./moqt_session.ts";
import { listenQuicTransport } from "../transport/quic_transport.ts";
import { namespace, trackName, WirePeer } from "./wire_peer.ts";

const VIDEO = trackName(["live", "a"], "video");

Deno.test("WirePeer subscribes to and fetches from @moqt/transport", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(deadline);
  const publication = await publishOn(pair.wire, pair.moqt, deadline);
  const group = await publication.startGroup("video");
  await group.write(Uint8Array.of(1, 2, 3));

  const subscription = await pair.wire.request({
    kind: "subscribe",
    requestId: pair.wire.requestId(),
    track: VIDEO,
    parameters: { filter: { type: "absolute_start", start: { group: 0n, object: 0n } } },
  });
  const ok = await deadline.for("SUBSCRIBE_OK", subscription.expect("subscribeOk"));
  assert.deepEqual(ok.parameters, { largestObject: { group: 0n, object: 0n } });
  await group.write(new Uint8Array());
  await group.end();

  const stream = await deadline.for("a subgroup", pair.wire.streams.next());
  assert(stream?.kind === "subgroup");
  assert.deepEqual([stream.header.alias, stream.header.group], [ok.alias, 0n]);
  const objects = [await stream.objects.next(), await stream.objects.next()];
  assert.deepEqual(objects.map((object) => [object?.object, object?.payload.toHex()]), [
    [0, "010203"],
    [1, ""],
  ]);
  await deadline.for("the end of the subgroup", stream.ended);

  const requestId = pair.wire.requestId();
  const fetch = await pair.wire.request({
    kind: "fetch",
    requestId,
    range: {
      type: "standalone",
      track: VIDEO,
      start: { group: 0n, object: 1n },
      end: { group: 0n, object: WHOLE_GROUP },
    },
    parameters: {},
  });
  await deadline.for("FETCH_OK", fetch.expect("fetchOk"));
  const fetched = await deadline.for("the fetch's stream", pair.wire.streams.next());
  assert(fetched?.kind === "fetch");
  assert.equal(fetched.requestId, requestId);
  const item = await deadline.for("a fetched object", fetched.items.next());
  assert.deepEqual([item?.group, item?.object], [0n, 1]);
});

Deno.test("WirePeer publishes to @moqt/transport, by streams and datagrams", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(deadline);
  const { wire, moqt } = pair;
  const subscribed = moqt.client.subscribe("live/a", "video");
  const request = await deadline.for("a request", wire.requests.next());
  const subscribe = await deadline.for("SUBSCRIBE", request!.expect("subscribe"));
  assert.deepEqual(subscribe.track, VIDEO);
  await request!.send({
    kind: "subscribeOk",
    alias: 7n,
    parameters: {},
    properties: new Uint8Array(),
  });
  const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
  const common = { alias: 7n, group: 5n, priority: 1, endOfGroup: true };
  const subgroup = await wire.openSubgroup({
    ...common,
    subgroup: 2n,
    hasProperties: true,
    firstObject: false,
  });
  await subgroup.write({
    object: 4,
    properties: Uint8Array.of(0x3c, 1),
    payload: new Uint8Array(9),
  });
  const object = await deadline.for("the object", subscription.next());
  assert(object?.kind === "data");
  assert.deepEqual([object.groupId, object.subgroupId, object.objectId], [5n, 2n, 4n]);
  assert.equal(object.properties?.toHex(), "3c01");
  await wire.sendDatagram({
    ...common,
    object: 6,
    properties: new Uint8Array(),
    status: 0,
    payload: Uint8Array.of(8),
  });
  const datagram = await deadline.for("the datagram", subscription.next());
  assert(datagram?.kind === "data");
  assert.deepEqual([datagram.objectId, datagram.payload.toHex()], [6n, "08"]);
});

async function connectPair(deadline: Deadline) {
  const listener = await listenQuicTransport();
  const accepted = listener.accept().then((transport) => MoqtClient.accept(transport));
  const setup = Promise.all([WirePeer.connect(listener), accepted]);
  const [wire, client] = await deadline.for("SETUP in both directions", setup);
  return {
    wire,
    moqt: new MoqtPeer("@moqt/transport as a server", client),
    async [Symbol.asyncDispose]() {
      wire.close();
      await client.close();
      listener.close();
    },
  };
}

/** Lets the other side announce, which waits for our answer. */
async function publishOn(wire: WirePeer, moqt: MoqtPeer, deadline: Deadline) {
  const published = moqt.publish("live/a", ["video"]);
  const request = await deadline.for("a request", wire.requests.next());
  const announce = await deadline.for("an announce", request!.expect("publishNamespace"));
  assert.deepEqual(announce.namespace, namespace("live", "a"));
  await request!.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array() });
  return await deadline.for("the namespace", published);
}
