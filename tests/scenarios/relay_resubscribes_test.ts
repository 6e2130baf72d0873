import { draftOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { accept, announcing, at, refused, subscribe } from "./script.ts";

const RELAY = { relayName: "west" };

for (const protocol of ["moqt-18", "moqt-22"]) {
  Deno.test(`another relay that subscribes anew in ${protocol} has left its old subscription, whatever comes first`, async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const relay = await world.connect({ setup: RELAY, draft: draftOf(protocol)! });
    const first = await subscribe(relay);
    await accept(publisher, { largest: at(3, 1) });
    await first.expect("subscribeOk");
    const second = await subscribe(relay);
    await second.expect("subscribeOk");
    await world.settle();
    const [scope] = world.registry.scopes();
    assert.deepEqual([...scope!.tracks].map(({ feeds }) => feeds.demand), [1]);
  });
}

Deno.test("another relay that subscribes anew before it was answered is answered once", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const relay = await world.connect({ setup: RELAY });
  await subscribe(relay);
  const { request } = await publisher.expectRequest("subscribe");
  const second = await subscribe(relay);
  await request.send({
    kind: "subscribeOk",
    alias: 7n,
    parameters: {},
    properties: new Uint8Array(),
  });
  await second.expect("subscribeOk");
});

Deno.test("a client that subscribes twice is refused", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const client = await world.connect();
  const first = await subscribe(client);
  await accept(publisher);
  await first.expect("subscribeOk");
  await refused(await subscribe(client), "DUPLICATE_SUBSCRIPTION");
});
