/** The scripted peer over QUIC, against another implementation of the same draft. */
import assert from "node:assert/strict";
import { nextFetch } from "./scripted_fetches.ts";
import { datagram, openSubgroup, SubgroupReader } from "./scripted_objects.ts";
import { accept, fetch, subscribe } from "./scripted_requests.ts";
import { Deadline } from "../deadline.ts";
import { listenQuicTransport } from "../transport/quic_transport.ts";
import { MoqtClient } from "./moqt.ts";
import { MoqtPeer } from "./moqt_session.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "./scripted_peer.ts";

const VIDEO = trackOf("live/a", "video");

Deno.test("a scripted peer subscribes to and fetches from @moqt/transport", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(deadline);
  const { scripted, moqt } = pair;
  // It announces, and waits for our answer.
  const published = moqt.publish("live/a", ["video"]);
  const offer = await deadline.for("an offer", scripted.expectRequest("publishNamespace"));
  assert.deepEqual(offer.message.namespace, namespaceOf("live/a"));
  await offer.request.sendOk();
  const group = await (await deadline.for("the namespace", published)).startGroup("video");
  await group.write(Uint8Array.of(1, 2, 3));

  const filter = { type: "absolute_start", start: { group: 0n, object: 0n } } as const;
  const subscription = await subscribe(scripted, { filter }, VIDEO);
  const ok = await deadline.for("SUBSCRIBE_OK", subscription.expect("subscribeOk"));
  assert.deepEqual(ok.parameters, { largestObject: { group: 0n, object: 0n } });
  await group.write(new Uint8Array());
  await group.end();

  const reader = await deadline.for("a subgroup", SubgroupReader.next(scripted));
  assert.deepEqual([reader.header.alias, reader.header.group], [ok.alias, 0n]);
  assert.deepEqual(await deadline.for("the subgroup", reader.objects()), {
    objects: [{ id: 0, payload: "\x01\x02\x03" }, { id: 1, payload: "" }],
    end: "fin",
  });

  const request = await fetch(scripted, [0, 1], [0, "whole"], {}, VIDEO);
  await deadline.for("FETCH_OK", request.expect("fetchOk"));
  const fetched = await deadline.for("the fetch's stream", nextFetch(scripted));
  assert.equal(fetched.requestId, 2n);
  assert.deepEqual(fetched.items.map(({ group, object }) => [group, object]), [[0n, 1]]);
});

Deno.test("a scripted peer publishes to @moqt/transport, by streams and datagrams", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(deadline);
  const { scripted, moqt } = pair;
  const subscribed = moqt.client.subscribe("live/a", "video");
  const { message } = await deadline.for("SUBSCRIBE", accept(scripted, { alias: 7n }));
  assert.deepEqual(message.track, VIDEO);
  const subscription = await deadline.for("SUBSCRIBE_OK", subscribed);
  const common = { alias: 7n, group: 5n, priority: 1, endOfGroup: true };
  await openSubgroup(scripted, { ...common, subgroup: 2n, hasProperties: true }, {
    id: 4,
    properties: Uint8Array.of(0x3c, 1),
    payload: new Uint8Array(9),
  });
  const object = await deadline.for("the object", subscription.next());
  assert(object?.kind === "data");
  assert.deepEqual([object.groupId, object.subgroupId, object.objectId], [5n, 2n, 4n]);
  assert.equal(object.properties?.toHex(), "3c01");
  scripted.sendDatagram(datagram(scripted, { ...common, object: 6, text: "d" }));
  const arrived = await deadline.for("the datagram", subscription.next());
  assert(arrived?.kind === "data");
  assert.deepEqual([arrived.objectId, arrived.payload.toHex()], [6n, "64"]);
});

async function connectPair(deadline: Deadline) {
  const listener = await listenQuicTransport();
  const accepted = listener.accept().then((transport) => MoqtClient.accept(transport));
  const setup = Promise.all([ScriptedPeer.dial(listener), accepted]);
  const [scripted, client] = await deadline.for("SETUP in both directions", setup);
  return {
    scripted,
    moqt: new MoqtPeer("@moqt/transport as a server", client),
    async [Symbol.asyncDispose]() {
      scripted.close();
      await client.close();
      listener.close();
    },
  };
}
