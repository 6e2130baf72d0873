import assert from "node:assert/strict";
import { chain, diamond, topology } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import { flows, VIDEO, watched, wholeFrom } from "./upstream_script.ts";

Deno.test("a cost that changes moves a track without a loss, and nothing is left on the way it had", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 4; turn++) {
    const [cost, by, before] = turn % 2 === 0
      ? [100, "south", "north"] as const
      : [10, "north", "south"] as const;
    world.setCost("north", "east", cost);
    await world.comesBy(viewer, [by, "west"]);
    await world.advance(8_000);
    assert.equal(world.relay(before).left.tracks, 0, `${before} has the track still`);
  }
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 110, `${viewer.watching.longestGap} ms`);
  for (const name of ["north", "south", "west"]) {
    assert.equal(world.relay(name).metrics.streamsParked, 0, `${name} left streams open`);
  }
});

Deno.test("a track returns at once to a way that still brings its last groups", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  for (let turn = 0; turn < 8; turn++) {
    const [cost, by] = turn % 2 === 0 ? [100, "south"] as const : [10, "north"] as const;
    world.setCost("north", "east", cost);
    const took = await world.comesBy(viewer, [by, "west"]);
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
      world.setCost("west", "east", cost);
      await world.comesBy(viewer, path);
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
    await world.comesBy(viewer, [nearer]);
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
  const took = await world.comesBy(viewer, ["south"]);
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
    await world.controller.stop();
    const anew = world.camera(VIDEO, ["south"], { era: 1 });
    await world.advance(500 * filmed + 100);
    await world.controller.start();
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
    await world.comesBy(viewer, ["e", "x", "w"]);
    await flows(world, viewer, camera);
    assert.ok(viewer.watching.longestGap < 1_300, `${viewer.watching.longestGap} ms`);
    world.restore("w", "m");
    await world.comesBy(viewer, ["w"]);
    await world.advance(6_000);
  }
  wholeFrom(1, viewer, camera);
});

Deno.test("a relay that goes away loses nothing for those behind it", async () => {
  await using world = new MeshWorld(diamond());
  const { camera, viewer } = await watched(world);
  world.relay("north").drain(5_000);
  const took = await world.comesBy(viewer, ["south", "west"]);
  assert.ok(took <= 200, `${took} ms`);
  await world.advance(6_000);
  assert.equal(world.relay("north").left.tracks, 0);
  await world.kill("north");
  await world.advance(3_000);
  wholeFrom(1, viewer, camera);
  assert.ok(viewer.watching.longestGap <= 150, `${viewer.watching.longestGap} ms`);
});

/** For some seconds two relays know of different moments: each takes the track from the other. */
async function confuse(world: MeshWorld): Promise<void> {
  // That the way of one is dear it hears when the other hears that its own is, and the first is not.
  world.hearsLate("a", 300);
  world.setCost("west", "a", 100);
  await world.advance(300);
  world.hearsLate("a", 10_000);
  world.setCost("west", "a", 10);
  world.setCost("west", "b", 100);
  await world.advance(50);
}

Deno.test("two relays that change to each other at the same time keep the track", async () => {
  await using world = new MeshWorld(topology("west-a:10 west-b:10 a-b:10"));
  await world.settle();
  const camera = world.camera(VIDEO, ["west"]);
  await world.advance(700);
  const viewers = [await world.watch("a", camera), await world.watch("b", camera)];
  for (const viewer of viewers) await flows(world, viewer, camera);
  await confuse(world);
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
  await confuse(world);
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
  await world.comesBy(viewer, ["south"]);
  await flows(world, viewer, camera);
  assert.ok(viewer.watching.longestGap < 3_000, `${viewer.watching.longestGap} ms`);
  wholeFrom(1, viewer, camera);
  await world.start("west");
  camera.comeTo(world.relay("west"));
  await world.comesBy(viewer, ["north", "west"]);
  await world.advance(8_000);
  wholeFrom(1, viewer, camera);
});

Deno.test("a publisher beside the viewer takes over, and when it leaves again the far one goes on", async () => {
  await using world = new MeshWorld(chain("west", "north", "east"));
  const { camera, viewer } = await watched(world);
  for (const stay of [500, 9_000]) {
    camera.comeTo(world.relay("east"));
    await world.comesBy(viewer, []);
    await world.advance(stay);
    camera.leave(world.relay("east"));
    const took = await world.comesBy(viewer, ["north", "west"]);
    assert.ok(took <= 500, `${took} ms`);
    await world.advance(4_000);
    wholeFrom(1, viewer, camera);
  }
});

Deno.test("R-147, R-204: no track feeds itself in a ring where everybody wants it and links flap", async () => {
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
    await world.comesBy(viewer, ["south", "west"]);
    await world.advance(1_000);
    world.restore("north", "east");
    await world.comesBy(viewer, ["north", "west"]);
  }
  const established = world.relay("east").lines.filter(({ text, fields }) =>
    text === "info: link established" && fields.neighbor === "north"
  );
  assert.deepEqual(established.map(({ fields }) => fields.held_ms), [0, 1_000, 2_000, 4_000]);
  await world.advance(3_000);
  wholeFrom(camera.group - 5, viewer, camera);
});

Deno.test("a relay ends at once although a neighbor does not answer and a track is being looked for", async () => {
  await using world = new MeshWorld(diamond());
  const { viewer } = await watched(world);
  world.cut("north", "east");
  world.cut("south", "east");
  await world.advance(2_500);
  const ended = world.settled(world.relay("east").end());
  await world.advance(10);
  assert.notEqual(ended.value, undefined);
  assert.equal(viewer.watching.end?.kind, "going_away");
});
