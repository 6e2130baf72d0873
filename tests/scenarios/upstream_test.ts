import assert from "node:assert/strict";
import { chain, diamond, topology } from "../support/mesh/topology.ts";
import { type Camera, MeshWorld, type Viewer } from "../support/mesh_world.ts";
import { nameOf } from "../support/track_model.ts";

const VIDEO = nameOf("live", "video");

/** A camera in the west that somebody in the east watches, from the beginning of its second group. */
async function watched(world: MeshWorld): Promise<{ camera: Camera; viewer: Viewer }> {
  await world.settle();
  const camera = world.camera(VIDEO, ["west"]);
  await world.advance(700);
  const viewer = await world.watch("east", camera);
  await flows(world, viewer, camera);
  return { camera, viewer };
}

/** Waits until a viewer has a group that begins from now on. */
async function flows(world: MeshWorld, viewer: Viewer, camera: Camera): Promise<void> {
  const next = camera.group + 1;
  await world.until(`the ${viewer} has group ${next}`, () => viewer.watching.group >= next);
}

/** Waits until a viewer's track comes by these relays. */
async function comesBy(world: MeshWorld, viewer: Viewer, path: readonly string[]): Promise<number> {
  const isSo = () => viewer.watching.path.join() === path.join();
  return await world.until(`the ${viewer} has it by ${path}`, isSo);
}

/** Fails unless every group that was over by now came whole, from this one on. */
function wholeFrom(group: number, viewer: Viewer, camera: Camera): void {
  const { watching } = viewer;
  assert.ok(watching.group >= camera.group - 1, `only as far as group ${watching.group}`);
  assert.deepEqual(watching.missing(group, camera.group - 2, camera.objectsPerGroup), []);
  assert.equal(watching.end, undefined);
}

Deno.test("a track crosses three hops, and every object of it comes", async () => {
  await using world = new MeshWorld(chain("a", "b", "c", "d"));
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(700);
  const viewer = await world.watch("d", camera);
  await world.advance(5_000);
  assert.deepEqual(viewer.watching.path, ["c", "b", "a"]);
  wholeFrom(1, viewer, camera);
});

Deno.test("a track that nobody has is refused at once, and so is one without a way", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const camera = world.camera(VIDEO, []);
  const viewer = world.viewer("c", camera);
  await world.advance(20);
  assert.equal(viewer.refusals[0]?.kind, "does_not_exist");

  camera.comeTo(world.relay("a"));
  await world.advance(200);
  world.cut("a", "b");
  await world.advance(2_000);
  const cutOff = world.viewer("c", camera);
  await world.advance(4_900);
  assert.equal(cutOff.isAnswered, false, "a way may yet appear");
  await world.advance(200);
  assert.equal(cutOff.refusals[0]?.kind, "timeout");
});

Deno.test("a viewer who waits has the track as soon as somebody far away publishes it", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const camera = world.camera(VIDEO, []);
  const viewer = world.viewer("c", camera, { rendezvous: 10_000 });
  await world.advance(3_000);
  assert.equal(viewer.isAnswered, false);
  camera.comeTo(world.relay("a"));
  const took = await world.until("it is answered", () => viewer.isAnswered);
  assert.ok(took <= 200, `after ${took} ms`);
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
});

const BREAKS: {
  readonly name: string;
  readonly happens: (world: MeshWorld) => unknown;
  readonly mended: (world: MeshWorld) => unknown;
}[] = [
  {
    name: "its relay is killed",
    happens: (world) => world.kill("north"),
    mended: (world) => world.start("north"),
  },
  {
    name: "its relay freezes",
    happens: (world) => world.freeze("north"),
    mended: (world) => world.thaw("north"),
  },
  {
    name: "its first link is cut",
    happens: (world) => world.cut("north", "east"),
    mended: (world) => world.restore("north", "east"),
  },
  {
    name: "its last link is cut",
    happens: (world) => world.cut("west", "north"),
    mended: (world) => world.restore("west", "north"),
  },
];

for (const hasController of [true, false]) {
  for (const { name, happens, mended } of BREAKS) {
    const without = hasController ? "" : ", without a controller";
    Deno.test(`a viewer goes on when of the best way ${name}${without}, and returns to it`, async () => {
      await using world = new MeshWorld(diamond());
      const { camera, viewer } = await watched(world);
      assert.deepEqual(viewer.watching.path, ["north", "west"]);
      if (!hasController) world.stopController();

      await happens(world);
      await comesBy(world, viewer, ["south", "west"]);
      await flows(world, viewer, camera);
      assert.ok(viewer.watching.longestGap < 1_300, `${viewer.watching.longestGap} ms`);
      await world.advance(3_000);
      wholeFrom(1, viewer, camera);

      await mended(world);
      // One that has just begun knows nobody without it.
      if (name === "its relay is killed") world.startController();
      await comesBy(world, viewer, ["north", "west"]);
      await world.advance(3_000);
      wholeFrom(1, viewer, camera);
    });
  }
}

Deno.test("a cost that changes moves a track without a loss, and nothing is left on the way it had", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 4; turn++) {
    const [cost, by, before] = turn % 2 === 0
      ? [100, "south", "north"] as const
      : [10, "north", "south"] as const;
    world.controller.setCost("north", "east", cost);
    await comesBy(world, viewer, [by, "west"]);
    await world.advance(8_000);
    assert.equal(world.relay(before).left.tracks, 0, `${before} has the track still`);
  }
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 110, `${viewer.watching.longestGap} ms`);
  assert.ok(world.network.parkedBetween("north", "east") <= 2);
  assert.ok(world.network.parkedBetween("south", "east") <= 2);
});

Deno.test("a track returns at once to a way that still brings its last groups", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 8; turn++) {
    const [cost, by] = turn % 2 === 0 ? [100, "south"] as const : [10, "north"] as const;
    world.controller.setCost("north", "east", cost);
    const took = await comesBy(world, viewer, [by, "west"]);
    assert.ok(took <= 100, `it takes ${took} ms to be at ${by}`);
    await world.advance(100 + 130 * turn);
  }
  await world.advance(2_000);
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 110, `${viewer.watching.longestGap} ms`);
  const down = world.relay("east").lines.filter(({ text }) => text === "info: link down");
  assert.deepEqual(down, []);
});

Deno.test("a longer way is no other publisher, whenever the track moves there", async () => {
  const way = topology("west-east:10 west-n:10 n-m:10 m-east:10");
  await using world = new MeshWorld(way, { latencyMs: 40 });
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 26; turn++) {
    for (const [cost, path] of [[100, ["m", "n", "west"]], [10, ["west"]]] as const) {
      await flows(world, viewer, camera);
      await world.advance(20 * turn);
      world.controller.setCost("west", "east", cost);
      await comesBy(world, viewer, path);
    }
  }
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 250, `${viewer.watching.longestGap} ms`);
});

for (const nearer of ["south", "north"]) {
  Deno.test(`a publisher that appears in the ${nearer} in the middle of a group costs nothing`, async () => {
    const ways = topology("west-north:10 north-east:10 south-east:5");
    await using world = new MeshWorld(ways, { latencyMs: 50 });
    await world.settle();
    const camera = world.camera(VIDEO, ["west"], { objectMs: 20, objectsPerGroup: 50 });
    await world.advance(1_500);
    const viewer = await world.watch("east", camera);
    await flows(world, viewer, camera);
    await world.advance(400);
    camera.comeTo(world.relay(nearer));
    await comesBy(world, viewer, [nearer]);
    await world.advance(4_000);
    wholeFrom(1, viewer, camera);
  });
}

Deno.test("a track goes on where its publisher comes back at another relay", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  await world.kill("west");
  await world.advance(1_500);
  camera.comeTo(world.relay("south"));
  const took = await comesBy(world, viewer, ["south"]);
  assert.ok(took <= 100, `${took} ms`);
  const back = camera.group;
  await world.advance(3_000);
  wholeFrom(back, viewer, camera);
});

for (const filmed of [0, 2]) {
  Deno.test(`a track whose publisher begins anew elsewhere is over, ${filmed} groups later`, async () => {
    await using world = new MeshWorld(diamond());
    const { viewer } = await watched(world);
    await world.advance(3_000);
    await world.kill("west");
    await world.advance(1_500);
    // Until the controller is back, nobody hears of it.
    world.stopController();
    const anew = world.camera(VIDEO, ["south"], { era: 1 });
    await world.advance(500 * filmed + 100);
    world.startController();
    await world.until("it is over", () => viewer.watching.end !== undefined, 4_000);
    assert.equal(viewer.watching.end?.kind, "replaced");
    const again = await world.watch("east", anew);
    await flows(world, again, anew);
  });
}

Deno.test("a track may go on by a relay that it was first asked for by", async () => {
  await using world = new MeshWorld(topology("w-m:10 m-e:10 e-x:10 x-w:10"));
  await world.settle();
  const camera = world.camera(VIDEO, ["w"]);
  await world.advance(700);
  const first = await world.watch("e", camera);
  assert.deepEqual(first.watching.path, ["m", "w"]);
  const viewer = await world.watch("m", camera);
  await flows(world, viewer, camera);
  for (const hasFirst of [true, false]) {
    if (!hasFirst) await first.leave();
    world.cut("w", "m");
    await comesBy(world, viewer, ["e", "x", "w"]);
    await flows(world, viewer, camera);
    assert.ok(viewer.watching.longestGap < 1_300, `${viewer.watching.longestGap} ms`);
    world.restore("w", "m");
    await comesBy(world, viewer, ["w"]);
    await world.advance(6_000);
  }
  wholeFrom(1, viewer, camera);
});

Deno.test("a relay that goes away loses nothing for those behind it", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  world.relay("north").drain(5_000);
  const took = await comesBy(world, viewer, ["south", "west"]);
  assert.ok(took <= 200, `${took} ms`);
  await world.advance(6_000);
  assert.equal(world.relay("north").left.tracks, 0);
  await world.kill("north");
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 150, `${viewer.watching.longestGap} ms`);
});

/** Relays whose mirrors are of different moments: each would take the track from the other. */
function confuse(world: MeshWorld): void {
  for (const [relay, nextHop] of [["a", "b"], ["b", "a"]] as const) {
    world.relay(relay).mirror.apply({
      ...world.controller.snapshotFor(relay),
      revision: 1_000_000,
      nextHops: new Map([["west", { nextHop, alternate: "west", cost: 1 }]]),
    });
  }
}

Deno.test("two relays that change to each other at the same time keep the track", async () => {
  await using world = new MeshWorld(topology("west-a:10 west-b:10 a-b:10"));
  await world.settle();
  const camera = world.camera(VIDEO, ["west"]);
  await world.advance(700);
  const viewers = [await world.watch("a", camera), await world.watch("b", camera)];
  for (const viewer of viewers) await flows(world, viewer, camera);
  confuse(world);
  for (let turn = 0; turn < 20; turn++) {
    await world.advance(500);
    for (const { relay, watching: { path, group } } of viewers) {
      assert.ok(!path.includes(relay.name), `${relay.name} has it by ${path}`);
      assert.ok(group >= camera.group - 2, `${relay.name} has group ${group} of ${camera.group}`);
    }
  }
  for (const viewer of viewers) wholeFrom(1, viewer, camera);
});

Deno.test("two relays that ask each other at the same time soon ask somebody else", async () => {
  await using world = new MeshWorld(topology("west-a:10 west-b:10 a-b:10"));
  await world.settle();
  const camera = world.camera(VIDEO, ["west"]);
  await world.advance(700);
  confuse(world);
  const viewers = [world.viewer("a", camera), world.viewer("b", camera)];
  await world.advance(1_500);
  for (const viewer of viewers) await flows(world, viewer, camera);
});

Deno.test("of two relays that have a track the nearer brings it, and when it dies the other", async () => {
  await using world = new MeshWorld(
    topology("west-north:10 north-east:10 west-south:20 south-east:50"),
  );
  await world.settle();
  const camera = world.camera(VIDEO, ["west", "south"]);
  await world.advance(700);
  const viewer = await world.watch("east", camera);
  assert.deepEqual(viewer.watching.path, ["north", "west"]);
  await world.kill("west");
  await comesBy(world, viewer, ["south"]);
  await flows(world, viewer, camera);
  assert.ok(viewer.watching.longestGap < 3_000, `${viewer.watching.longestGap} ms`);
  wholeFrom(1, viewer, camera);
  world.start("west");
  camera.comeTo(world.relay("west"));
  await comesBy(world, viewer, ["north", "west"]);
  await world.advance(8_000);
  wholeFrom(1, viewer, camera);
});

Deno.test("a publisher beside the viewer takes over, and when it leaves again the far one goes on", async () => {
  await using world = new MeshWorld(chain("west", "north", "east"));
  const { camera, viewer } = await watched(world);
  for (const stay of [500, 9_000]) {
    camera.comeTo(world.relay("east"));
    await comesBy(world, viewer, []);
    await world.advance(stay);
    camera.leave(world.relay("east"));
    const took = await comesBy(world, viewer, ["north", "west"]);
    assert.ok(took <= 500, `${took} ms`);
    await world.advance(4_000);
    wholeFrom(1, viewer, camera);
  }
});

Deno.test("no track feeds itself in a ring where everybody wants it and links flap", async () => {
  const ring = topology("a-b:10 b-c:10 c-d:10 d-e:10 e-a:10");
  await using world = new MeshWorld(ring);
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(700);
  const viewers = [..."bcde"].map((relay) => world.viewer(relay, camera, { persists: true }));
  await world.advance(1_000);
  const links = ring.links.map(({ a, b }) => [a, b] as const);
  for (let turn = 0; turn < 40; turn++) {
    const [a, b] = links[turn % links.length]!;
    const [c, d] = links[(turn * 3 + 2) % links.length]!;
    world.cut(a, b);
    if (turn % 3 === 0) world.cut(c, d);
    await world.advance(300 + 170 * (turn % 7));
    world.restore(a, b);
    world.restore(c, d);
    await world.advance(200 * (turn % 5));
    for (
      const { relay, watching: { path } } of viewers.filter(({ watched }) => watched.length > 0)
    ) {
      assert.ok(!path.includes(relay.name), `${relay.name} has it by ${path}`);
    }
  }
  for (const viewer of viewers) {
    await world.until(
      `the ${viewer} has it again`,
      () => viewer.watching.group >= camera.group - 1,
      40_000,
    );
  }
  await world.advance(3_000);
  for (const viewer of viewers) assert.ok(viewer.watching.group >= camera.group - 1, `${viewer}`);
});

Deno.test("a link that flaps is trusted later and later", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 3; turn++) {
    world.cut("north", "east");
    await comesBy(world, viewer, ["south", "west"]);
    await world.advance(1_000);
    world.restore("north", "east");
    await comesBy(world, viewer, ["north", "west"]);
  }
  const established = world.relay("east").lines.filter(({ text, fields }) =>
    text === "info: link established" && fields.neighbor === "north"
  );
  assert.deepEqual(established.map(({ fields }) => fields.held_ms), [0, 1_000, 2_000, 4_000]);
  await world.advance(3_000);
  wholeFrom(camera.group - 5, viewer, camera);
});

Deno.test("a track crosses as many relays as it may, and no more", async () => {
  await using world = new MeshWorld(chain("a", "b", "c", "d"), { settings: { maxHops: 2 } });
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(200);
  const near = await world.watch("c", camera);
  await flows(world, near, camera);
  const far = await world.watch("d", camera);
  assert.deepEqual(far.watched, []);
});

Deno.test("tracks of the same name in two scopes stay apart", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const cameras = ["", "/one", "/two"].map((scope, era) =>
    world.camera(VIDEO, ["a"], { scope, era })
  );
  await world.advance(700);
  for (const camera of cameras) {
    const viewer = await world.watch("c", camera);
    await flows(world, viewer, camera);
    assert.deepEqual(viewer.watching.path, ["b", "a"]);
  }
  const nobody = await world.watch("c", world.camera(VIDEO, [], { scope: "/three" }));
  assert.equal(nobody.refusals[0]?.kind, "does_not_exist");
});

Deno.test("a track that its publisher pushes is offered to those who watch at other relays", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const scope = world.relay("c").registry.enter("");
  const offered: string[] = [];
  const unwatch = scope.watchTracks(VIDEO.namespace, {
    offered: ({ track }) => void offered.push(new TextDecoder().decode(track.name.name)),
  });
  const camera = world.camera(VIDEO, ["a"], { pushes: true });
  await world.advance(300);
  assert.deepEqual(offered, ["video"]);
  assert.deepEqual(
    [...world.relay("c").mesh.routes()],
    [],
    "it was asked for before anybody wanted it",
  );

  for (let turn = 0; turn < 2; turn++) {
    const viewer = await world.watch("c", camera);
    await comesBy(world, viewer, ["b", "a"]);
    await flows(world, viewer, camera);
    await viewer.leave();
    await world.advance(4_000);
    assert.deepEqual([...world.relay("c").mesh.routes()], []);
  }
  const viewer = await world.watch("c", camera);
  await flows(world, viewer, camera);
  world.cut("b", "c");
  await world.advance(15_000);
  world.restore("b", "c");
  await world.until("it comes again", () => viewer.watching.group >= camera.group - 1);

  camera.leave();
  await world.advance(1_000);
  assert.equal(scope.find(VIDEO)?.feeds.offering.length ?? 0, 0);
  unwatch();
  world.relay("c").registry.leave("");
});

Deno.test("FETCH and TRACK_STATUS cross as many relays as they may", async () => {
  await using world = new MeshWorld(chain("a", "b", "c", "d"), { settings: { maxHops: 2 } });
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(3_000);
  for (const [relay, isNear] of [["c", true], ["d", false]] as const) {
    const { registry } = world.relay(relay);
    const [publisher] = registry.enter("").publishersOf(VIDEO);
    const status = world.settled(publisher!.trackStatus(VIDEO));
    await world.advance(200);
    assert.equal(status.value?.ok, isNear);
    const objects: string[] = [];
    const fetching = publisher!.fetch({
      name: VIDEO,
      start: { group: 1n, object: 2n },
      end: { group: 2n, object: 1n },
      order: "ascending",
    }, {
      object: ({ group, object }) => void objects.push(`${group}/${object}`),
      unknownUpTo: () => {},
    });
    const finished = world.settled(fetching.finished);
    await world.advance(500);
    assert.equal(finished.value?.ok, isNear);
    assert.deepEqual(objects, isNear ? ["1/2", "1/3", "1/4", "2/0", "2/1"] : []);
    registry.leave("");
  }
  assert.ok(camera.group > 3);
});

Deno.test("a chain of static origins shows namespaces and brings tracks, also those that nobody announced", async () => {
  const origins = { edge: ["moqt://mid:1"], mid: ["moqt://origin:1"] };
  await using world = new MeshWorld(chain("edge", "mid", "origin"), { origins });
  await world.settle();
  const camera = world.camera(VIDEO, ["origin"]);
  await world.advance(1_000);
  const viewer = await world.watch("edge", camera);
  await flows(world, viewer, camera);
  assert.deepEqual(viewer.watching.path, ["mid", "origin"]);
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
  const nobody = await world.watch("edge", world.camera(nameOf("other", "video"), []));
  assert.equal(nobody.refusals[0]?.kind, "does_not_exist");
});

Deno.test("static origins in a circle do not send a request around for ever", async () => {
  const origins = { a: ["moqt://b:1"], b: ["moqt://c:1"], c: ["moqt://a:1"] };
  await using world = new MeshWorld(topology("a-b:1 b-c:1 c-a:1"), { origins });
  await world.settle();
  const alone = world.viewer("a", world.camera(VIDEO, []));
  await world.advance(100);
  assert.equal(alone.refusals[0]?.kind, "does_not_exist");
  // Here each waits for what the next one is told.
  const viewers = [..."abc"].map((relay) => world.viewer(relay, world.camera(VIDEO, [])));
  await world.advance(7_000);
  assert.ok(viewers.every(({ refusals }) => refusals.length === 1));
  const camera = world.camera(VIDEO, ["c"]);
  await world.advance(300);
  const beside = await world.watch("c", camera);
  const viewer = await world.watch("a", camera);
  await flows(world, viewer, camera);
  // Whoever calls an origin shows it what it has, so the one behind knows it sooner than those before.
  assert.deepEqual(viewer.watching.path, ["c"]);
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
  camera.leave();
  const isOver = () => [viewer, beside].every(({ watching: { end } }) => end !== undefined);
  await world.until("it is over everywhere", isOver);
});

Deno.test("a relay that asks about too many scopes is refused, and goes on with those it has", async () => {
  await using world = new MeshWorld(chain("a", "b"));
  await world.settle();
  const camera = world.camera(VIDEO, ["a"], { scope: "/first" });
  await world.advance(300);
  const viewer = await world.watch("b", camera);
  await flows(world, viewer, camera);
  const cameras = Array.from({ length: 1_100 }, (_, at) => {
    return world.camera(VIDEO, ["a"], { scope: `/s${at}`, objectMs: 60_000 });
  });
  await world.advance(300);
  const viewers = cameras.slice(0, 1_100).map((camera) => world.viewer("b", camera));
  await world.advance(8_000);
  const refused = viewers.filter(({ refusals }) => refusals.length > 0);
  assert.deepEqual(
    new Set(refused.map(({ refusals: [refusal] }) => refusal!.kind)),
    new Set(["excessive_load"]),
  );
  assert.ok(refused.length > 0 && refused.length < 1_100, `${refused.length} are refused`);
  await flows(world, viewer, camera);
});

Deno.test("tracks of one namespace may be published at different relays", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const cameras = [["video", "a"], ["audio", "c"], ["data", "b"]].map(([name = "", relay = ""]) =>
    world.camera(nameOf("live", name), [relay])
  );
  await world.advance(700);
  for (const relay of "abc") {
    for (const camera of cameras) {
      const viewer = await world.watch(relay, camera);
      await flows(world, viewer, camera);
    }
  }
});

Deno.test("a relay ends at once although a neighbour does not answer and a track is being looked for", async () => {
  await using world = new MeshWorld(diamond());
  const { viewer } = await watched(world);
  world.cut("north", "east");
  world.cut("south", "east");
  await world.advance(2_500);
  const ended = world.settled(world.relay("east").end());
  await world.advance(10);
  assert.notEqual(ended.value, undefined);
  assert.equal(viewer.watching.end?.kind, "lost");
});
