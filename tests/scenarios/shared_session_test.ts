/** Several players over one session of moq-dev's, whose libraries ask for a track once for each of them. */
import assert from "node:assert/strict";
import { ALIASES_IN_TURN, MAX_SUBSCRIPTIONS_OF_A_TRACK } from "../../relay/session/limits.ts";
import { draft18Test, draftTest } from "../support/draft_test_case.ts";
import type { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  announcing,
  datagram,
  nextDatagram,
  refused,
  sendSubgroup,
  sendSubscribeOk,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

const MOQ_DEV = { setup: { solicit: true } } as const;

/** What the next stream of the session brings: whose it is, by the alias, and what. */
async function nextObject(peer: ScriptedPeer): Promise<[bigint, string]> {
  const { header, ...reader } = await readNext(peer);
  assert.equal(reader.ids.length, 1);
  return [header.alias, `${header.group}`];
}

async function readNext(peer: ScriptedPeer) {
  const reader = await SubgroupReader.next(peer);
  return { header: reader.header, ...await reader.rest() };
}

/** Who is sent the next group, by alias, when so many subscriptions are served. */
async function served(peer: ScriptedPeer, count: number, group: string): Promise<bigint[]> {
  const came: bigint[] = [];
  while (came.length < count) {
    const [alias, which] = await nextObject(peer);
    assert.equal(which, group);
    came.push(alias);
  }
  return came.sort();
}

draftTest(
  "two players of one moq-dev session each have the track under an alias of their own, and either may leave",
  async () => {
    for (const leaves of [0, 1]) {
      await using world = new SessionWorld();
      const { publisher, subscriber, downstream, ok } = await watch(world, { subscriber: MOQ_DEV });
      const again = await subscribe(subscriber);
      const second = await again.expect("subscribeOk");
      const aliases = [ok.alias, second.alias];
      assert.notEqual(aliases[0], aliases[1]);
      await sendSubgroup(publisher, { group: 1n }, { id: 0, payload: "one" });
      assert.deepEqual(await served(subscriber, 2, "1"), aliases.toSorted());
      const players = [downstream, again];
      await players[leaves]!.finish();
      await world.settle();
      await sendSubgroup(publisher, { group: 2n }, { id: 0, payload: "two" });
      assert.deepEqual(await served(subscriber, 1, "2"), [aliases[1 - leaves]]);
      await world.stillPending(players[1 - leaves]!.next(), "A word to the player that stays");
      await world.stillPending(subscriber.nextStream(), "A stream to the player that left");
    }
  },
);

draftTest("two players of one moq-dev session wait for a track and are both served", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const viewer = await world.connect(MOQ_DEV);
  const players = [await subscribe(viewer), await subscribe(viewer)];
  const { request } = await publisher.expectRequest("subscribe");
  await sendSubscribeOk(request);
  const [first, second] = [
    await players[0]!.expect("subscribeOk"),
    await players[1]!.expect("subscribeOk"),
  ];
  assert.notEqual(first.alias, second.alias);
  await sendSubgroup(publisher, {}, { id: 0, payload: "zero" });
  assert.deepEqual(await served(viewer, 2, "0"), [first.alias, second.alias].toSorted());
});

draftTest("of two players that wait on one moq-dev session one may give up", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const viewer = await world.connect(MOQ_DEV);
  const impatient = await subscribe(viewer);
  const patient = await subscribe(viewer);
  const { request } = await publisher.expectRequest("subscribe");
  await impatient.finish();
  await world.settle();
  await sendSubscribeOk(request);
  const { alias } = await patient.expect("subscribeOk");
  await sendSubgroup(publisher, {}, { id: 0, payload: "zero" });
  assert.deepEqual(await nextObject(viewer), [alias, "0"]);
});

draftTest("two players of one moq-dev session are sent each datagram", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, ok } = await watch(world, { subscriber: MOQ_DEV });
  const second = await (await subscribe(subscriber)).expect("subscribeOk");
  publisher.sendDatagram(datagram(publisher, { group: 3n, text: "three" }));
  const came = [await nextDatagram(subscriber), await nextDatagram(subscriber)];
  assert.deepEqual(
    came.map(({ alias }) => alias).sort(),
    [ok.alias, second.alias].toSorted(),
  );
  for (const { group, payload } of came) {
    assert.equal(group, 3n);
    assert.equal(new TextDecoder().decode(payload), "three");
  }
});

draftTest("a player that comes when another has left has an alias that neither had", async () => {
  await using world = new SessionWorld();
  const { subscriber, downstream, ok } = await watch(world, { subscriber: MOQ_DEV });
  const second = await (await subscribe(subscriber)).expect("subscribeOk");
  await downstream.finish();
  await world.settle();
  const third = await (await subscribe(subscriber)).expect("subscribeOk");
  assert.ok(![ok.alias, second.alias].includes(third.alias));
});

draft18Test("a session of moq-dev's has no more players of a track than its limit", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world, { subscriber: MOQ_DEV });
  for (let count = 1; count < MAX_SUBSCRIPTIONS_OF_A_TRACK; count++) {
    await (await subscribe(subscriber)).expect("subscribeOk");
  }
  await refused(await subscribe(subscriber), "DUPLICATE_SUBSCRIPTION");
  assert.equal(world.metrics.requests.subscribe.duplicate_subscription, 1);
  await sendSubgroup(publisher, {}, { id: 0, payload: "zero" });
  const aliases = await served(subscriber, MAX_SUBSCRIPTIONS_OF_A_TRACK, "0");
  assert.equal(new Set(aliases).size, MAX_SUBSCRIPTIONS_OF_A_TRACK);
});

draft18Test("who is not moq-dev's has a track once, as the draft wants it", async () => {
  await using world = new SessionWorld();
  const { subscriber, downstream } = await watch(world);
  await refused(await subscribe(subscriber), "DUPLICATE_SUBSCRIPTION");
  await world.stillPending(downstream.next(), "A word to the first");
  downstream.cancel("cancelled");
});

draftTest(
  "a player that comes back to a moq-dev session has the track under another alias",
  async () => {
    await using world = new SessionWorld();
    const { subscriber, downstream, ok } = await watch(world, { subscriber: MOQ_DEV });
    const aliases = new Set([ok.alias]);
    let last = downstream;
    for (let times = 1; times < ALIASES_IN_TURN; times++) {
      await last.finish();
      await world.settle();
      last = await subscribe(subscriber);
      aliases.add((await last.expect("subscribeOk")).alias);
    }
    assert.equal(aliases.size, ALIASES_IN_TURN);
  },
);
