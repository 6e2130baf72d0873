import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { type BidiStream, URGENT } from "../../relay/transport/mod.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { type Joined, SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announcing,
  fetch,
  objects,
  openSubgroup,
  sendSubgroup,
  subscribe,
  watch,
} from "./script.ts";

/** The streams of requests that the relay accepts from now on. */
function recordAccepted({ connection }: Joined): BidiStream[] {
  const accepted: BidiStream[] = [];
  const accept = connection.acceptBidi.bind(connection);
  const record = async () => {
    const stream = await accept();
    if (stream !== undefined) accepted.push(stream);
    return stream;
  };
  Object.assign(connection, { acceptBidi: record });
  return accepted;
}

/** Send orders of the streams that the relay opened behind its control stream. */
function ordersOf({ connection: { opened } }: Joined): number[] {
  return opened.slice(1).map(({ priority }) => priority);
}

draftTest(
  "R-150: control streams go before requests, and those before the most urgent object",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world, {
      parameters: { subscriberPriority: 0 },
    });
    const accepted = recordAccepted(joined);
    // The accept that was under way is not seen, the next is.
    for (const path of ["a", "b"]) {
      const prefix = namespaceOf(path);
      await (await subscriber.request({ kind: "subscribeNamespace", prefix, parameters: {} }))
        .expect("requestOk");
    }
    await openSubgroup(publisher, { group: 0n, priority: 0 }, ...objects(1));
    await world.settle();
    const control = joined.connection.opened[0]!.priority;
    const request = accepted[0]!.send.priority;
    const [object] = ordersOf(joined);
    assert.equal(control, URGENT);
    assert.ok(control > request && request > object!, `${control} ${request} ${object}`);
  },
);

draftTest(
  "R-150: of two subscriptions the one of higher priority goes first, whatever the publishers say",
  async () => {
    await using world = new SessionWorld();
    const publisher = await announcing(world);
    const joined = await world.join();
    for (const [index, subscriberPriority] of [20, 10].entries()) {
      await subscribe(joined.peer, { subscriberPriority }, trackOf("live", `t${index}`));
      await accept(publisher, { alias: BigInt(index) });
    }
    await openSubgroup(publisher, { alias: 0n, priority: 0 }, ...objects(1));
    await world.settle();
    await openSubgroup(publisher, { alias: 1n, priority: 255 }, ...objects(1));
    await world.settle();
    const [first, second] = ordersOf(joined);
    assert.ok(second! > first!);
  },
);

for (const groupOrder of ["ascending", "descending"] as const) {
  draftTest(
    `R-150: inside one, publisher priority, ${groupOrder} groups and subgroups decide`,
    async () => {
      await using world = new SessionWorld();
      const { publisher, joined } = await watch(world, { parameters: { groupOrder } });
      const places = [
        { group: 1n, subgroup: 0n, priority: 128 },
        { group: 1n, subgroup: 1n, priority: 128 },
        { group: 2n, subgroup: 0n, priority: 128 },
        { group: 2n, subgroup: 1n, priority: 127 },
      ];
      for (const [id, place] of places.entries()) {
        await openSubgroup(publisher, place, ...objects(1, id));
        await world.settle();
      }
      const ranked = [...ordersOf(joined).entries()].sort(([, a], [, b]) => b - a);
      const expected = groupOrder === "ascending" ? [3, 0, 1, 2] : [3, 2, 0, 1];
      assert.deepEqual(ranked.map(([index]) => index), expected);
    },
  );
}

draftTest(
  "R-045, R-150, R-152: a fetch has the priority that it or its last update says",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, joined } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    await world.settle();
    const open = await openSubgroup(publisher, { group: 2n }, ...objects(1));
    await world.settle();
    const [, live] = ordersOf(joined);
    const fetching = await fetch(subscriber, [2, 0], [2, 0], { subscriberPriority: 100 });
    await fetching.expect("fetchOk");
    assert.ok(joined.connection.opened.at(-1)!.priority > live!);
    await open.finish();

    const waiting = await openSubgroup(publisher, { group: 3n });
    const large = waiting.encode({ id: 0, payload: "x".repeat(1_000) });
    await waiting.write(large.slice(0, 500));
    await world.settle();
    const unfinished = await fetch(subscriber, [3, 0], [3, 0], { subscriberPriority: 100 });
    await unfinished.expect("fetchOk");
    const update = async (parameters: { subscriberPriority?: number }) => {
      const requestId = subscriber.takeRequestId();
      await unfinished.send({ kind: "requestUpdate", requestId, parameters });
      await unfinished.expect("requestOk");
      return joined.connection.opened.at(-1)!.priority;
    };
    const before = joined.connection.opened.at(-1)!.priority;
    assert.equal(await update({}), before, "An update that says nothing");
    assert.ok(await update({ subscriberPriority: 200 }) < before);
    await waiting.write(large.slice(500));
  },
);
