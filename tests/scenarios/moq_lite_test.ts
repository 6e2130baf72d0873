/** Sessions of moq-lite, in each version, as publishers and subscribers of it see them. */
import { liteVersions } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { LINGER_MS, RELAY_HOP, SessionWorld } from "../support/worlds/session_world.ts";
import { bytes, HOP, LiteWorld, NAME, PATH, routeOf } from "./lite_script.ts";

for (const version of liteVersions) {
  const { protocol } = version;

  const test = (name: string, run: (world: LiteWorld) => Promise<void>) =>
    Deno.test(`${protocol}: ${name}`, async () => {
      await using world = new LiteWorld(version);
      await run(world);
    });

  test("a publisher's groups reach a subscriber as they are", async (world) => {
    const { publisher, viewer } = await world.both();
    const announced = await viewer.announcements();
    assert.deepEqual(await routeOf(announced), [PATH, "start", world.hops([HOP, RELAY_HOP])]);
    const watch = await viewer.subscribe(9n, NAME);
    const feed = await world.feedOf(publisher);
    for (const group of [0n, 1n, 5n]) {
      await publisher.group({ subscription: feed.id, group }, [bytes(1), bytes(2, 3), bytes()]);
      const heard = await world.nextGroup(viewer);
      assert.deepEqual([heard.subscription, heard.group, heard.end], [9n, group, "fin"]);
      assert.deepEqual(heard.frames.map(({ payload }) => [...payload]), [[1], [2, 3], []]);
      const timestamps = version.frames.hasTimestamps ? [1_000n, 1_001n, 1_002n] : [0n, 0n, 0n];
      assert.deepEqual(heard.frames.map(({ timestamp }) => timestamp), timestamps);
    }
    const ok = await watch.next(version.messages.subscribeReply);
    assert.ok(typeof ok === "object" && ok.kind === "ok");
    if (version.messages.trackInfo !== undefined) assert.equal(ok.group, 0n);
  });

  test("who comes late begins with the first frame of the newest group", async (world) => {
    const { publisher, viewer } = await world.both();
    await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 3n }, [bytes(1)]);
    await publisher.group({ subscription: feed.id, group: 4n }, [bytes(2), bytes(3)]);
    await world.nextGroup(viewer);
    await world.nextGroup(viewer);
    const late = await world.peer();
    const watch = await late.subscribe(0n, NAME, { maxAge: 0n });
    const heard = await world.nextGroup(late);
    assert.deepEqual([heard.group, heard.frames.length], [4n, 2]);
    const ok = await watch.next(version.messages.subscribeReply);
    assert.ok(typeof ok === "object" && ok.kind === "ok");
    assert.equal(ok.group, 4n);
  });

  test("names that relays of a mesh keep for themselves are not taken", async (world) => {
    const publisher = await world.peer();
    await publisher.announce({ "./passed-on/0/7/live": [], [PATH]: [] }, HOP);
    await world.settle();
    const announced = await (await world.peer()).announcements();
    assert.equal((await routeOf(announced))[0], PATH);
  });

  test("the newest group is not given up for older ones that come behind it", async (world) => {
    const publisher = await world.publisher();
    const viewer = await world.peer({}, { memory: { streamWindow: 64 } });
    const kind = version.number < 6 ? "group" : "floor";
    await viewer.subscribe(0n, NAME, { maxAge: 0n, start: { kind, group: 2n } });
    const feed = await world.feedOf(publisher);
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    viewer.held = held;
    await publisher.group(
      { subscription: feed.id, group: 3n },
      Array.from({ length: 90 }, () => new Uint8Array(1_000)),
    );
    await world.advance(10);
    // Publishers that send the newest first do so.
    await publisher.group({ subscription: feed.id, group: 2n }, [new Uint8Array(500)]);
    await world.settle();
    goOn();
    const heard = [await world.nextGroup(viewer), await world.nextGroup(viewer)];
    const ends = new Map(heard.map(({ group, end }) => [group, end]));
    assert.equal(ends.get(3n), "fin");
  });

  test("a subscriber may ask for older groups, and for an end", async (world) => {
    const { publisher, viewer } = await world.both();
    await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    for (const group of [0n, 1n, 2n, 3n]) {
      await publisher.group({ subscription: feed.id, group }, [bytes(Number(group))]);
      await world.nextGroup(viewer);
    }
    const other = await world.peer();
    const kind = version.number < 6 ? "group" : "floor";
    const watch = await other.subscribe(0n, NAME, { start: { kind, group: 1n }, endGroup: 2n });
    const heard = [await world.nextGroup(other), await world.nextGroup(other)];
    assert.deepEqual(heard.map(({ group }) => group).sort(), [1n, 2n]);
    const { subscribeReply, trackInfo } = version.messages;
    const ok = await watch.next(subscribeReply);
    assert.ok(typeof ok === "object" && ok.kind === "ok");
    if (trackInfo !== undefined) {
      assert.deepEqual(await watch.next(subscribeReply), { kind: "end", group: 3n });
    }
    assert.equal(await watch.next(subscribeReply), "fin");
  });

  if (version.number >= 6) {
    for (const [when, isOver] of [["is over", true], ["is still coming", false]] as const) {
      test(`a subscriber gets a group that ${when} up to the frame that it named`, async (world) => {
        const { publisher, viewer } = await world.both();
        await viewer.subscribe(0n, NAME);
        const feed = await world.feedOf(publisher);
        const subscription = feed.id;
        await publisher.group({ subscription, group: 1n }, [bytes(9)]);
        const frames = [bytes(1), bytes(2), bytes(3), bytes(4)];
        if (isOver) await publisher.group({ subscription, group: 2n }, frames);
        const other = await world.peer();
        const watch = await other.subscribe(0n, NAME, {
          start: { kind: "floor", group: 1n },
          endGroup: 2n,
          endFrame: 1n,
        });
        if (!isOver) {
          const isComplete = false;
          await publisher.group({ subscription, group: 2n }, frames.slice(0, 2), { isComplete });
        }
        const heard = [await world.nextGroup(other), await world.nextGroup(other)]
          .map(({ group, frames, end }) => [group, frames.length, end])
          .sort(([a], [b]) => Number(a) - Number(b));
        assert.deepEqual(heard, [[1n, 1, "fin"], [2n, 2, "fin"]]);
        const { subscribeReply } = version.messages;
        await watch.next(subscribeReply);
        assert.deepEqual(await watch.next(subscribeReply), { kind: "end", group: 3n });
        assert.equal(await watch.next(subscribeReply), "fin");
      });
    }
  }

  test("the publisher loses its subscription when the last viewer has left", async (world) => {
    const { publisher, viewer } = await world.both();
    const watch = await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await world.settle();
    await watch.output.finish();
    await world.advance(LINGER_MS);
    assert.equal(
      await feed.stream.next(version.messages.subscribeUpdate),
      version.streamCodes.cancelled,
    );
  });

  test("a publisher that vanishes takes its broadcast with it, and may come back", async (world) => {
    const { publisher, viewer } = await world.both();
    const announced = await viewer.announcements();
    await announced.next();
    const watch = await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 0n }, [bytes(1)]);
    await world.nextGroup(viewer);
    publisher.close();
    assert.deepEqual(await announced.next(), { kind: "end", suffix: PATH });
    for (;;) {
      const reply = await watch.next(version.messages.subscribeReply);
      if (typeof reply !== "object") break;
    }
    const again = await world.publisher();
    assert.equal((await routeOf(announced))[1], "start");
    await viewer.subscribe(1n, NAME);
    const next = await world.feedOf(again);
    await again.group({ subscription: next.id, group: 0n }, [bytes(2)]);
    assert.deepEqual([...(await world.nextGroup(viewer)).frames[0]!.payload], [2]);
  });

  test("a track that ends is told to have ended", async (world) => {
    const { publisher, viewer } = await world.both();
    const watch = await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    await publisher.group({ subscription: feed.id, group: 0n }, [bytes(1)]);
    await world.nextGroup(viewer);
    const { subscribeReply, trackInfo } = version.messages;
    if (trackInfo !== undefined) {
      await feed.stream.output.write(subscribeReply.encode({ kind: "end", group: 1n }));
    }
    await feed.stream.output.finish();
    await world.advance(3_000);
    const ok = await watch.next(subscribeReply);
    assert.ok(typeof ok === "object" && ok.kind === "ok");
    if (trackInfo !== undefined) {
      assert.deepEqual(await watch.next(subscribeReply), { kind: "end", group: 1n });
    }
    assert.equal(await watch.next(subscribeReply), "fin");
  });

  test("what the publisher refuses is refused with its reason", async (world) => {
    const { publisher, viewer } = await world.both();
    const watch = await viewer.subscribe(0n, NAME);
    const stream = await publisher.asked("subscribe");
    await world.settle();
    if (version.requests.track !== undefined) {
      (await publisher.asked("track")).output.reset(version.refusalCodes.does_not_exist!);
    }
    stream.output.reset(version.refusalCodes.does_not_exist!);
    const refused = await watch.next(version.messages.subscribeReply);
    assert.equal(refused, version.refusalCodes.does_not_exist);
    assert.equal(world.world.metrics.upstreamRequests.subscribe.does_not_exist, 1);
  });

  test("what nobody publishes is refused at once", async (world) => {
    const viewer = await world.peer();
    const watch = await viewer.subscribe(0n, ["no/where", "video"]);
    const refused = await watch.next(version.messages.subscribeReply);
    assert.equal(refused, version.refusalCodes.does_not_exist);
  });

  test("a publisher is not told of its own broadcast, nor a relay of what came over it", async (world) => {
    const { publisher, viewer } = await world.both();
    const own = await publisher.announcements();
    await world.stillPending(own.next());
    if (version.number < 4) return;
    const excluded = version.number < 6
      ? await viewer.announcements("", HOP)
      : await (await world.peer({ hop: HOP })).announcements();
    await world.stillPending(excluded.next());
    assert.equal((await routeOf(await viewer.announcements()))[1], "start");
  });

  if (version.number > 3) {
    test("a broadcast that passed this relay before is not taken", async (world) => {
      const publisher = await world.peer();
      await publisher.announce({ [PATH]: [5n, RELAY_HOP], "live/other": [5n] }, HOP);
      const announced = await (await world.peer()).announcements();
      const [suffix] = await routeOf(announced);
      assert.equal(suffix, "live/other");
      await world.stillPending(announced.next());
    });

    test("of two relays with the same broadcast the shorter path is told, then the other", async (world) => {
      const viewer = await world.peer();
      const announced = await viewer.announcements();
      const far = await world.peer();
      await far.announce({ [PATH]: [1n, 2n] }, 3n);
      assert.deepEqual((await routeOf(announced)).slice(1), ["start", [1n, 2n, 3n, RELAY_HOP]]);
      const near = await world.peer();
      await near.announce({ [PATH]: [1n] }, 4n);
      const changed = version.number === 4 ? ["end", "start"] : ["update"];
      for (const kind of changed.slice(0, -1)) {
        assert.equal((await announced.next() as Kinded).kind, kind);
      }
      assert.deepEqual((await routeOf(announced)).slice(1), [changed.at(-1), [1n, 4n, RELAY_HOP]]);
      near.close();
      for (const kind of changed.slice(0, -1)) {
        assert.equal((await announced.next() as Kinded).kind, kind);
      }
      assert.deepEqual((await routeOf(announced)).slice(1), [changed.at(-1), [
        1n,
        2n,
        3n,
        RELAY_HOP,
      ]]);
    });
  }

  if (version.number > 5) {
    test("a route costs what the peer asks for beside what it had", async (world) => {
      const announced = await (await world.peer()).announcements();
      await (await world.peer({ cost: 9n })).announce({ [PATH]: [] }, HOP);
      const route = await announced.next();
      assert.ok(typeof route === "object" && route.kind === "start");
      assert.deepEqual(route.cost, { warm: 10n, cold: 11n });
    });
  }

  test("a group is fetched from the cache", async (world) => {
    const { publisher, viewer } = await world.both();
    await viewer.subscribe(0n, NAME);
    const feed = await world.feedOf(publisher);
    for (const group of [0n, 1n]) {
      await publisher.group({ subscription: feed.id, group }, [bytes(1), bytes(2)]);
      await world.nextGroup(viewer);
    }
    assert.deepEqual(await world.fetch(viewer, 0n), { payloads: [[1], [2]], end: "fin" });
  });

  test("GOAWAY is said to who knows it, and nothing new begins", async (world) => {
    const { publisher, viewer, sessions } = await world.both();
    await viewer.subscribe(1n, NAME);
    await world.feedOf(publisher);
    for (const session of sessions) session.drain(10_000);
    await world.settle();
    if (version.messages.goaway !== undefined) {
      const goaway = await viewer.asked("announce").then(() => viewer.asked("goaway"));
      assert.deepEqual(await goaway.next(version.messages.goaway), { uri: "" });
    }
    const watch = await viewer.subscribe(0n, NAME);
    const refused = await watch.next(version.messages.subscribeReply);
    assert.equal(refused, version.refusalCodes.going_away);
    await world.advance(10_000);
  });

  test("a peer that asks for the rate is refused, with a message or without, and counted", async (world) => {
    const { viewer } = await world.both();
    const { probe } = version.messages;
    const target = probe.encode({ bitrate: 2_000_000n, rtt: 0n });
    const hex = version.number === 3 ? "04801e8480" : "05801e848000";
    assert.equal(target.toHex(), hex);
    const asked = [
      await viewer.open(version.requests.probe!),
      await viewer.open(version.requests.probe!, target),
      await viewer.open(version.requests.probe!, bytes(...target, ...target)),
    ];
    for (const stream of asked) {
      assert.equal(await stream.next(probe), version.refusalCodes.not_supported);
    }
    const { probe: counts } = world.world.metrics.requests;
    assert.deepEqual([counts.not_supported, counts.ok], [3, 0]);
    // What the session is for goes on.
    assert.equal((await routeOf(await viewer.announcements()))[1], "start");
  });

  Deno.test(`${version.protocol}: a publisher has its own subscriptions beside the relay's`, async () => {
    const limited = new SessionWorld({ limits: { maxSubscriptions: 1 } });
    await using world = new LiteWorld(version, limited);
    const { publisher } = await world.both();
    for (const track of ["a", "b", "c"]) {
      await (await world.peer()).subscribe(0n, [PATH, track]);
      await world.feedOf(publisher);
    }
    const other = await world.peer();
    await other.announce({ room: [] }, 78n);
    await world.settle();
    await publisher.subscribe(0n, ["room", "a"]);
    await world.feedOf(other);
    const further = await publisher.subscribe(1n, ["room", "b"]);
    const refusal = await further.next(version.messages.subscribeReply);
    assert.equal(refusal, version.refusalCodes.excessive_load);
    const { ok, excessive_load } = limited.metrics.requests.subscribe;
    assert.deepEqual([ok, excessive_load], [4, 1]);
  });

  test("a stream of an unknown type ends alone", async (world) => {
    const { viewer } = await world.both();
    const strange = await viewer.open(0x1fn, bytes(1, 2, 3));
    assert.equal(typeof await strange.next(version.messages.probe), "number");
    await viewer.openUni(0x1fn);
    await world.settle();
    assert.equal((await routeOf(await viewer.announcements()))[1], "start");
  });
}

interface Kinded {
  readonly kind: string;
}
