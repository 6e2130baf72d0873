/** How sessions of moq-lite begin and end, and what becomes of groups that are cut short. */
import { liteVersions, MAX_OBJECT_ID } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { bytes, LiteWorld, NAME, PATH, routeOf } from "./lite_script.ts";
import { LINGER_MS } from "../support/worlds/session_world.ts";

for (const version of liteVersions) {
  const { protocol, messages, uniStreams, sessionCodes } = version;
  const test = (name: string, run: (world: LiteWorld) => Promise<void>) =>
    Deno.test(`${protocol}: ${name}`, async () => {
      await using world = new LiteWorld(version);
      await run(world);
    });

  if (version.announcements.hasCosts) {
    test("relays are told that what is received costs nothing up to here, as long as it is", async (world) => {
      const { publisher, viewer } = await world.both();
      const announced = await (await world.peer({ hop: 99n })).announcements();
      const costs: bigint[] = [];
      const note = async () => {
        const event = await announced.next();
        assert.ok(typeof event === "object" && event.kind !== "end");
        costs.push(event.cost.warm);
      };
      await note();
      const watch = await viewer.subscribe(0n, NAME);
      await world.feedOf(publisher);
      await note();
      await watch.output.finish();
      await world.advance(LINGER_MS);
      await note();
      assert.deepEqual(costs, [costs[0], 0n, costs[0]]);
      assert.notEqual(costs[0], 0n);
    });
  }

  if (messages.setup !== undefined) {
    test("the path in SETUP names the scope where the transport has none", async (world) => {
      const here = await world.peer({ path: "/here" });
      await here.announce({ [PATH]: [] }, 5n);
      const announced = await (await world.peer({ path: "/there" })).announcements();
      await world.stillPending(announced.next());
      const seen = await (await world.peer({ path: "/here" })).announcements();
      assert.equal((await routeOf(seen))[0], PATH);
    });

    test("a path in SETUP over WebTransport ends the session", async (world) => {
      const peer = await world.peer({ path: "/there" }, { webTransport: "/here" });
      assert.equal((await peer.connection.closed).code, sessionCodes.invalid_path);
    });

    test("a second SETUP ends the session", async (world) => {
      const peer = await world.peer();
      await peer.say();
      assert.equal((await peer.connection.closed).code, sessionCodes.protocol_violation);
    });

    test("a peer that says no SETUP in time is left", async (world) => {
      const peer = await world.silent();
      await world.advance(3_000);
      assert.equal((await peer.connection.closed).code, sessionCodes.control_message_timeout);
    });
  }

  test("a group that breaks off is no whole one for the subscriber", async (world) => {
    const { publisher, viewer } = await world.both();
    await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    const header = { subscription: feed.id, group: 0n };
    const reset = await publisher.group(header, [bytes(1)], { isComplete: false });
    await world.settle();
    reset.reset(version.streamCodes.cancelled);
    assert.notEqual((await world.nextGroup(viewer)).end, "fin");
    const cut = await publisher.group({ ...header, group: 1n }, [bytes(2)], { isComplete: false });
    await world.settle();
    await cut.write(Uint8Array.of(0xff));
    await cut.finish();
    const heard = await world.nextGroup(viewer);
    assert.deepEqual([heard.group, heard.frames.length], [1n, 1]);
    assert.notEqual(heard.end, "fin");
  });

  if (version.number === 6) {
    test("a frame with a number above the limit ends its group alone", async (world) => {
      const { publisher, viewer } = await world.both();
      await viewer.subscribe(0n, NAME);
      const { id: subscription } = await world.feedOf(publisher);
      const header = { subscription, group: 0n, startFrame: BigInt(MAX_OBJECT_ID) };
      await publisher.group(header, [bytes(1), bytes(2)]);
      await world.settle();
      assert.equal(world.world.metrics.malformed.subgroup, 1);
      await publisher.group({ subscription, group: 1n }, [bytes(3)]);
      const heard = [await world.nextGroup(viewer), await world.nextGroup(viewer)];
      assert.deepEqual(heard.map(({ group, end }) => end === "fin" ? group : undefined), [
        undefined,
        1n,
      ]);
    });
  }

  test("a group that has not begun, or has gone, cannot be fetched", async (world) => {
    const { publisher, viewer } = await world.both();
    await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 5n }, [bytes(1)]);
    await world.nextGroup(viewer);
    assert.deepEqual(await world.fetch(viewer, 9n), {
      payloads: [],
      end: version.refusalCodes.invalid_range,
    });
  });

  test("a publisher that begins anew takes over, and subscribers are told", async (world) => {
    const { publisher, viewer } = await world.both();
    const announced = await viewer.announcements();
    await announced.next();
    const watch = await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 8n }, [bytes(1)]);
    await world.nextGroup(viewer);
    const again = await world.publisher();
    const next = await world.feedOf(again);
    await world.advance(1_000);
    await again.group({ subscription: next.id, group: 0n }, [bytes(2)]);
    await world.settle();
    for (;;) {
      const reply = await watch.next(messages.subscribeReply);
      if (typeof reply !== "object") break;
    }
    await world.advance(500);
    assert.deepEqual(await announced.next(), { kind: "end", suffix: PATH });
    assert.equal((await routeOf(announced))[1], "start");
    await viewer.subscribe(1n, NAME);
    assert.deepEqual([...(await world.nextGroup(viewer)).frames[0]!.payload], [2]);
  });

  test("what the relay says of itself is a version's own", async (world) => {
    const peer = await world.peer();
    if (uniStreams.setup === undefined) return;
    const { probe, path, hop } = await peer.setup.promise;
    assert.deepEqual([probe, path, hop !== undefined], [0, undefined, version.number > 5]);
  });
}
