import { done } from "@qumo/shared/runtime";
import { type ControlMessageOf } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { type Gate, openGate } from "../../relay/session/rights.ts";
import { draft19Test, draftTest, modernTest } from "../support/draft_test_case.ts";
import { namespaceOf } from "../support/peers/scripted_peer.ts";
import type { RequestStream } from "../support/peers/scripted_streams.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  at,
  closedWith,
  fetch,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  publish,
  sendSubgroup,
  SubgroupReader,
  subscribe,
  watch,
} from "./script.ts";

type Update = ControlMessageOf<"requestUpdate">["parameters"];

function update(
  request: RequestStream,
  requestId: bigint,
  parameters: Update = {},
): Promise<void> {
  return request.send({ kind: "requestUpdate", requestId, parameters });
}

draftTest("R-042, R-065: each update gets one answer, with the largest location", async () => {
  await using world = new SessionWorld();
  const { publisher, downstream } = await watch(world);
  await sendSubgroup(publisher, { group: 4n }, ...objects(2));
  await world.settle();
  for (const id of [2n, 4n, 6n]) await update(downstream, id, { subscriberPriority: Number(id) });
  for (let answers = 0; answers < 3; answers++) {
    const ok = await downstream.expect("requestOk");
    assert.deepEqual(ok.parameters, { largestObject: at(4, 1) });
  }
  await world.stillPending(downstream.next(), "A fourth answer");
});

draftTest("R-042: updates of namespace and fetch requests are answered too", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, announcement, downstream } = await watch(world);
  await update(announcement, 2n);
  await announcement.expect("requestOk");
  let id = 100n;
  for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
    const request = await subscriber.request({ kind, prefix: namespaceOf("x"), parameters: {} });
    await request.expect("requestOk");
    await update(request, id += 2n, { namespacePrefix: namespaceOf("y") });
    await request.expect("requestOk");
  }
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  await world.settle();
  const fetching = await fetch(subscriber, [1, 0], [1, 1]);
  await update(fetching, 200n, { subscriberPriority: 3 });
  const answers = [await fetching.next(), await fetching.next()].map(({ kind }) => kind);
  assert.deepEqual(answers.sort(), ["fetchOk", "requestOk"]);
  // Whatever they change they are counted alike.
  await update(downstream, 300n, { subscriberPriority: 3 });
  await downstream.expect("requestOk");
  assert.equal(world.metrics.requests.request_update.ok, 5);
});

draft19Test("R-044: a failed update ends the subscription with UPDATE_FAILED", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world);
  await sendSubgroup(publisher, { group: 4n }, ...objects(2));
  await nextSubgroup(subscriber);
  const open = await openSubgroup(publisher, { group: 5n }, ...objects(2));
  const reader = await SubgroupReader.next(subscriber);
  await reader.next();
  await reader.next();
  await update(downstream, 2n, {
    filter: { type: "absolute_range", start: at(1, 0), endGroup: 2n },
  });
  assert.equal((await downstream.expect("requestError")).code, "invalid_range");
  const done = await downstream.expect("publishDone");
  assert.deepEqual([done.code, done.streamCount], ["update_failed", 2n]);
  assert.equal(await downstream.ended(), "fin");
  assert.equal(await reader.next(), "cancelled");
  await open.send(...objects(1, 2));
});

modernTest("R-044, R-142: a failed update of a namespace request ends its stream", async () => {
  await using world = new SessionWorld();
  const peer = await world.connect();
  for (const kind of ["subscribeNamespace", "subscribeTracks"] as const) {
    const [first, second] = [
      await peer.request({ kind, prefix: namespaceOf("a"), parameters: {} }),
      await peer.request({ kind, prefix: namespaceOf("b"), parameters: {} }),
    ];
    await first.expect("requestOk");
    await second.expect("requestOk");
    await update(second, peer.takeRequestId(), { namespacePrefix: namespaceOf("a/c") });
    assert.equal((await second.expect("requestError")).code, "prefix_overlap");
    assert.equal(await second.ended(), "fin");
  }
});

draftTest("R-045: an update leaves what it does not name", async () => {
  await using world = new SessionWorld();
  const filter = { type: "absolute_start", start: at(0, 2) } as const;
  const { publisher, subscriber, joined, downstream } = await watch(world, {
    parameters: { filter, subscriberPriority: 10 },
  });
  await update(downstream, 2n, { forward: false });
  await downstream.expect("requestOk");
  await update(downstream, 4n, { forward: true });
  await downstream.expect("requestOk");
  await sendSubgroup(publisher, { group: 0n }, ...objects(4));
  assert.deepEqual((await nextSubgroup(subscriber)).ids, [2, 3]);
  const before = joined.connection.opened.at(-1)!.priority;
  const other = await join(world, { subscriberPriority: 10 });
  await sendSubgroup(publisher, { group: 0n, subgroup: 1n }, ...objects(1, 9));
  await world.settle();
  const after = other.joined.connection.opened.at(-1)!.priority;
  assert.equal(Math.floor(before / 2 ** 23), Math.floor(after / 2 ** 23));
});

draftTest(
  "R-045, R-063: a narrower filter counts from now on, and forwarding is as it was",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world);
    await update(downstream, 2n, {
      filter: { type: "absolute_range", start: at(2, 1), endGroup: 3n },
    });
    await downstream.expect("requestOk");
    for (const group of [1n, 2n, 3n, 4n]) await sendSubgroup(publisher, { group }, ...objects(2));
    const came = [await nextSubgroup(subscriber), await nextSubgroup(subscriber)];
    assert.deepEqual(came.map(({ group, ids }) => [group, ids]), [[2n, [1]], [3n, [0, 1]]]);
    await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream outside the range");
  },
);

draftTest("R-045, R-063: a wider filter counts from now on too", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber, downstream } = await watch(world, {
    parameters: { filter: { type: "absolute_range", start: at(0, 0), endGroup: 1n } },
  });
  for (const group of [1n, 2n]) await sendSubgroup(publisher, { group }, ...objects(2));
  assert.equal((await nextSubgroup(subscriber)).group, 1n);
  await update(downstream, 2n, {
    filter: { type: "absolute_range", start: at(0, 0), endGroup: 3n },
  });
  const ok = await downstream.expect("requestOk");
  assert.deepEqual(ok.parameters.largestObject, at(2, 1));
  for (const group of [3n, 4n]) await sendSubgroup(publisher, { group }, ...objects(2));
  assert.equal((await nextSubgroup(subscriber)).group, 3n);
  await world.stillPending(subscriber.nextStream().catch(() => {}), "A stream outside the range");
});

draftTest(
  "R-063, R-099: with forwarding off a stream that was begun is reset, and goes on anew",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, downstream } = await watch(world);
    const group = await openSubgroup(publisher, { group: 1n }, ...objects(2));
    const reader = await SubgroupReader.next(subscriber);
    await reader.next();
    await reader.next();
    await update(downstream, 2n, { forward: false });
    await downstream.expect("requestOk");
    assert.equal(await reader.next(), "cancelled");
    await group.send(...objects(1, 2));
    await update(downstream, 4n, { forward: true });
    assert.deepEqual((await downstream.expect("requestOk")).parameters.largestObject, at(1, 2));
    await group.send(...objects(1, 3));
    await group.finish();
    assert.deepEqual((await nextSubgroup(subscriber)).ids, [3]);
  },
);

draftTest(
  "R-026: a prefix in a subscription's update closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const { subscriber, downstream } = await watch(world);
    await update(downstream, 2n, { namespacePrefix: namespaceOf("x") });
    await closedWith(subscriber, "protocol_violation");
  },
);

draftTest(
  "R-026: FORWARD in a PUBLISH_NAMESPACE's update closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const request = await announce(peer, "live");
    await update(request, 2n, { forward: true });
    await closedWith(peer, "protocol_violation");
  },
);

draftTest(
  "R-026: a filter in a publisher's update closes the session with PROTOCOL_VIOLATION",
  async () => {
    await using world = new SessionWorld();
    const peer = await world.connect();
    const request = await publish(peer);
    await request.expect("requestOk");
    await update(request, 2n, { filter: { type: "next_group" } });
    await closedWith(peer, "protocol_violation");
  },
);

draftTest(
  "R-041: a message that is no update closes the session, on whatever request",
  async () => {
    const stray = { kind: "namespace", suffix: namespaceOf("x") } as const;
    const requests: ((world: SessionWorld) => Promise<RequestStream>)[] = [
      async (world) => (await watch(world)).downstream,
      async (world) => announce(await world.connect(), "x"),
      async (world) => {
        const request = await (await world.connect())
          .request({ kind: "subscribeNamespace", prefix: [], parameters: {} });
        await request.expect("requestOk");
        return request;
      },
      async (world) => {
        const request = await (await world.connect())
          .request({ kind: "subscribeTracks", prefix: [], parameters: {} });
        await request.expect("requestOk");
        return request;
      },
      async (world) => {
        const request = await publish(await world.connect());
        await request.expect("requestOk");
        return request;
      },
    ];
    for (const make of requests) {
      await using world = new SessionWorld();
      const request = await make(world);
      await request.send(stray);
      await world.settle();
      assert.equal(world.metrics.sessionsEnded.protocol_error, 1, String(make));
    }
  },
);

draftTest("R-152: a changed subscriber priority counts for streams that are open", async () => {
  await using world = new SessionWorld();
  const { publisher, joined, downstream } = await watch(world);
  await openSubgroup(publisher, { group: 1n }, ...objects(1));
  await world.settle();
  const before = joined.connection.opened.at(-1)!.priority;
  await update(downstream, 2n, { subscriberPriority: 100 });
  await downstream.expect("requestOk");
  assert.equal(joined.connection.opened.at(-1)!.priority - before, 28 * 2 ** 23);
});

/** Lets everybody do everything; what is shown later is looked at for as long as a test says. */
function slowToRenew(looked: Promise<void>): Gate {
  return {
    async admit(peer) {
      const admitted = await openGate.admit(peer);
      if (!admitted.ok) return admitted;
      const rights = admitted.value;
      return done({
        ...rights,
        async authorize(request) {
          const allowed = await rights.authorize(request);
          const renew = () => looked.then(() => done(undefined));
          return allowed.ok ? done({ ...allowed.value, renew }) : allowed;
        },
      });
    },
  };
}

draftTest("R-042: updates behind one whose token takes time are answered too", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using world = new SessionWorld({ gate: () => slowToRenew(promise) });
  const publisher = await announcing(world);
  const downstream = await subscribe(await world.connect());
  // The first comes before the subscription is served, as of a player that does not wait.
  await update(downstream, 2n, { authorizationTokens: [TOKEN] });
  await accept(publisher);
  await downstream.expect("subscribeOk");
  for (const id of [4n, 6n]) await update(downstream, id, { subscriberPriority: Number(id) });
  await world.settle();
  resolve();
  for (let answers = 0; answers < 3; answers++) await downstream.expect("requestOk");
});

const TOKEN = { alias: "none", type: 0n, value: Uint8Array.of(1) } as const;
