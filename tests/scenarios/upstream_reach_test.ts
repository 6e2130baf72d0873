import assert from "node:assert/strict";
import { chain, topology } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import { nameOf } from "../support/worlds/track_model.ts";
import { flows, VIDEO, wholeFrom } from "./upstream_script.ts";

Deno.test("a track that nobody has is refused at once, and one without a way when that lasts", async () => {
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
  await world.advance(1_000);
  assert.equal(cutOff.isAnswered, false, "a way may yet appear");
  await world.advance(1_000);
  const reason = "the relay that has the track cannot be reached";
  assert.deepEqual(cutOff.refusals, [{ kind: "does_not_exist", reason }]);
});

Deno.test("a viewer is not refused because a relay on the way hears of the track last", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  world.hearsLate("b", 400);
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(100);
  const viewer = await world.watch("c", camera);
  await flows(world, viewer, camera);
  assert.deepEqual(viewer.refusals, []);

  const nothing = world.viewer("c", world.camera(nameOf("live", "nothing"), []));
  const took = await world.until("it is refused", () => nothing.refusals.length > 0);
  assert.equal(nothing.refusals[0]?.kind, "does_not_exist");
  assert.ok(took < 1_000, `after ${took} ms`);
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
    world.relay("c").mesh.routes,
    [],
    "it was asked for before anybody wanted it",
  );

  for (let turn = 0; turn < 2; turn++) {
    const viewer = await world.watch("c", camera);
    await world.comesBy(viewer, ["b", "a"]);
    await flows(world, viewer, camera);
    await viewer.leave();
    await world.advance(4_000);
    assert.deepEqual(world.relay("c").mesh.routes, []);
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

for (const isStatic of [false, true]) {
  const how = isStatic ? "by static origins" : "with a controller";
  Deno.test(`who announces everything is found at other relays, ${how}`, async () => {
    const origins = { edge: ["moqt://mid:1"], mid: ["moqt://origin:1"] };
    const options = isStatic ? { origins } : {};
    await using world = new MeshWorld(chain("edge", "mid", "origin"), options);
    await world.settle();
    for (const scope of isStatic ? [""] : ["", "/room"]) {
      const camera = world.camera(VIDEO, ["origin"], { announces: [], scope });
      await world.advance(1_000);
      const viewer = await world.watch("edge", camera);
      await flows(world, viewer, camera);
      camera.leave();
      await world.advance(12_000);
      const late = await world.watch("edge", camera);
      assert.equal(late.refusals[0]?.kind, "does_not_exist");
    }
  });
}

Deno.test("R-204: static origins in a circle do not send a request around for ever", async () => {
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

Deno.test("a misspelt neighbor is said once after some seconds, with the name that was meant", async () => {
  const links = topology("lisbon-madrid:10 lisbon-madird:10");
  await using world = new MeshWorld({ ...links, relays: ["lisbon", "madrid"] });
  const said = () =>
    world.relay("lisbon").lines.filter(({ text }) => text === "warn: neighbor unknown");
  await world.advance(4_000);
  assert.deepEqual(said(), []);
  await world.advance(60_000);
  const reason = "no relay of this name is registered (did you mean madrid?)";
  assert.deepEqual(said().map(({ fields }) => fields), [{ neighbor: "madird", reason }]);
  const [, link] = world.relay("lisbon").links;
  assert.equal(link?.failure, `its address is not known: ${reason}`);
});
