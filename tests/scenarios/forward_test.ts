import assert from "node:assert/strict";
import { draft19Test, draftTest } from "../support/draft_test_case.ts";
import { MAX_KEPT_SUBSCRIPTIONS } from "../../relay/session/limits.ts";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import {
  accept,
  announce,
  announcing,
  nextSubgroup,
  objects,
  publish,
  publishDone,
  sendSubgroup,
  subscribe,
} from "./script.ts";

const REFUSED = {
  kind: "requestError",
  code: "not_supported",
  retryAfter: 0n,
  reason: "no updates",
} as const;

draft19Test(
  "a publisher is told to forward with the answer when a viewer waits for its track",
  async () => {
    await using world = new SessionWorld();
    const viewer = await world.connect();
    const waiting = await subscribe(viewer, { rendezvousTimeout: 10_000n });
    const publisher = await world.connect();
    const offered = await publish(publisher);
    assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: true });
    await waiting.expect("subscribeOk");
    await world.stillPending(offered.next(), "An update");
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    assert.deepEqual((await nextSubgroup(viewer)).ids, [0, 1]);
  },
);

draft19Test(
  "a publisher is told to forward with the answer when somebody watches for such tracks",
  async () => {
    await using world = new SessionWorld();
    const watcher = await world.connect();
    const prefix = await watcher.request({ kind: "subscribeTracks", prefix: [], parameters: {} });
    await prefix.expect("requestOk");
    const offered = await publish(await world.connect());
    assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: true });
    await world.stillPending(offered.next(), "An update");
  },
);

draft19Test("one that waits and wants nothing yet does not make a publisher forward", async () => {
  await using world = new SessionWorld();
  await subscribe(await world.connect(), { rendezvousTimeout: 10_000n, forward: false });
  const offered = await publish(await world.connect());
  assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: false });
});

draft19Test(
  "with forward: always no publisher is paused, nor sent an update of FORWARD",
  async () => {
    await using world = new SessionWorld({ settings: { forward: "always" } });
    const offered = await publish(await world.connect());
    assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: true });
    const viewer = await subscribe(await world.connect());
    await viewer.expect("subscribeOk");
    await viewer.finish();
    await world.stillPending(offered.next(), "An update");
  },
);

draft19Test(
  "a publisher that does not say what it is is not paused, nor sent an update of FORWARD",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect({ setup: false });
    const setup = { kind: "setup", options: {} } as const;
    await publisher.openControl(publisher.draft.control.encode(setup));
    const offered = await publish(publisher);
    assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: true });
    const viewer = await subscribe(await world.connect(), { forward: false });
    await viewer.expect("subscribeOk");
    await world.stillPending(offered.next(), "An update");
  },
);

draftTest(
  "a publisher that does not say what it is stays subscribed to when the last viewer leaves",
  async () => {
    await using world = new SessionWorld();
    const publisher = await world.connect({ setup: false });
    const setup = { kind: "setup", options: {} } as const;
    await publisher.openControl(publisher.draft.control.encode(setup));
    await announce(publisher, "live");
    const first = await world.connect();
    const watching = await subscribe(first);
    const { request } = await accept(publisher);
    await watching.expect("subscribeOk");
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    assert.deepEqual((await nextSubgroup(first)).ids, [0, 1]);
    first.close();
    await world.clock.advance(3_600_000);
    await world.stillPending(request.next(), "A goodbye");
    const second = await world.connect();
    await (await subscribe(second)).expect("subscribeOk");
    assert.deepEqual((await nextSubgroup(second)).ids, [0, 1], "What is kept");
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    assert.equal((await nextSubgroup(second)).group, 2n);
  },
);

draftTest(
  "viewers of one moment do not use up what a publisher that does not say what it is may have",
  async () => {
    await using world = new SessionWorld({
      limits: { maxRequests: 200, maxSubscriptions: 200, maxPublishedTracks: 200 },
    });
    const publisher = await world.connect({ setup: false });
    const setup = { kind: "setup", options: {} } as const;
    await publisher.openControl(publisher.draft.control.encode(setup));
    await announce(publisher, "live");
    const viewer = await world.connect();
    for (let alias = 0n; alias < MAX_KEPT_SUBSCRIPTIONS + 10; alias++) {
      const watching = await subscribe(viewer, {}, trackOf("live", `track ${alias}`));
      await accept(publisher, { alias });
      await watching.expect("subscribeOk");
      await world.clock.advance(100);
    }
    viewer.close();
    await world.clock.advance(3_600_000);
    const [scope] = world.registry.scopes();
    assert.equal(scope!.trackCount, MAX_KEPT_SUBSCRIPTIONS);
  },
);

draft19Test(
  "a publisher that refuses an update goes on as it is, and is sent no more of them",
  async () => {
    await using world = new SessionWorld();
    const viewer = await world.connect();
    const waiting = await subscribe(viewer, { rendezvousTimeout: 10_000n });
    const publisher = await world.connect();
    const offered = await publish(publisher);
    await offered.expect("requestOk");
    await waiting.expect("subscribeOk");
    const pause = { kind: "requestUpdate", requestId: 2n, parameters: { forward: false } } as const;
    await waiting.send(pause);
    await waiting.expect("requestOk");
    await offered.expect("requestUpdate");
    await offered.send(REFUSED);
    await world.settle();
    await waiting.send({ ...pause, requestId: 4n, parameters: { forward: true } });
    await waiting.expect("requestOk");
    await world.stillPending(offered.next(), "An update");
    await sendSubgroup(publisher, { group: 1n }, ...objects(2));
    assert.deepEqual((await nextSubgroup(viewer)).ids, [0, 1]);
    const second = await publish(publisher, { alias: 9n, track: trackOf("live/cam", "audio") });
    assert.deepEqual((await second.expect("requestOk")).parameters, { forward: true });
  },
);

draft19Test("a publisher that ends a track because of an update is asked for it anew", async () => {
  await using world = new SessionWorld();
  const publisher = await announcing(world);
  const offered = await publish(publisher);
  assert.deepEqual((await offered.expect("requestOk")).parameters, { forward: false });
  const viewer = await world.connect();
  const downstream = await subscribe(viewer);
  await downstream.expect("subscribeOk");
  await offered.expect("requestUpdate");
  await offered.send(REFUSED);
  await publishDone(offered, "update_failed", 0);
  await world.advance(200);
  await accept(publisher, { alias: 9n });
  await sendSubgroup(publisher, { alias: 9n, group: 1n }, ...objects(2));
  assert.deepEqual((await nextSubgroup(viewer)).ids, [0, 1]);
});
