/** What becomes of what a relay announces when no way leads to it any more. */
import { namespaceKey } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { chain, topology } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import { flows, VIDEO, wholeFrom } from "./upstream_script.ts";

/** Long beside all that happens here: only what links say can end what a dead relay announced. */
const LEASE = { leaseMs: 28_000 };

/** What a client at a relay that watches namespaces is told, as `+` and `-`. */
function watchNamespaces(world: MeshWorld, relay: string) {
  const { registry } = world.relay(relay);
  const told: string[] = [];
  const live = namespaceKey(VIDEO.namespace);
  const tell = (sign: string) => (namespace: typeof VIDEO.namespace) => {
    assert.equal(namespaceKey(namespace), live);
    told.push(sign);
  };
  const end = registry.enter("").watchNamespaces([], { added: tell("+"), removed: tell("-") });
  const leave = () => {
    end();
    registry.leave("");
  };
  return { told, [Symbol.dispose]: leave };
}

const said = (world: MeshWorld, relay: string, words: string) =>
  world.relay(relay).lines.filter(({ text }) => text.includes(words));

Deno.test("what a killed relay announced is withdrawn within 4 s, and new viewers are refused at once", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"), LEASE);
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(500);
  using near = watchNamespaces(world, "b");
  using far = watchNamespaces(world, "c");
  await world.kill("a");
  await world.advance(1_500);
  const early = world.viewer("c", camera);
  await world.advance(500);
  assert.deepEqual([near.told, far.told, early.isAnswered], [["+"], ["+"], false]);

  await world.advance(2_000);
  assert.deepEqual([near.told, far.told], [["+", "-"], ["+", "-"]]);
  assert.equal(early.refusals[0]?.kind, "does_not_exist");
  const late = world.viewer("c", camera);
  await world.advance(20);
  assert.equal(late.refusals[0]?.kind, "does_not_exist");
  const [scope] = world.relay("c").registry.scopes();
  assert.equal(scope?.sourceOf(VIDEO), undefined, "a FETCH or TRACK_STATUS asks somebody");

  await world.advance(20_000);
  const lines = said(world, "c", "unreachable").map(({ text, fields }) => [text, fields]);
  assert.deepEqual(lines, [[
    "warn: relay unreachable: what it announces is withdrawn here",
    { relay: "a", names: 1, after_ms: 2_500 },
  ]]);
  const relay = world.relay("c");
  assert.deepEqual([relay.unreachable, relay.metrics.mesh.unreachable], [["a"], 1]);

  await world.start("a");
  await world.settle();
  camera.comeTo(world.relay("a"));
  const again = world.viewer("c", camera, { persists: true });
  await world.until("it is seen again", () => again.watched.length > 0);
  await flows(world, again, camera);
  assert.deepEqual([near.told, far.told], [["+", "-", "+"], ["+", "-", "+"]]);
  assert.deepEqual(relay.unreachable, []);
});

for (const blockage of ["refuses", "swallows"] as const) {
  Deno.test(`a link that is down for a second (it ${blockage} calls) changes nothing for anybody`, async () => {
    await using world = new MeshWorld(chain("a", "b", "c"), LEASE);
    await world.settle();
    const camera = world.camera(VIDEO, ["a"]);
    await world.advance(700);
    using near = watchNamespaces(world, "b");
    using far = watchNamespaces(world, "c");
    const viewer = await world.watch("c", camera);
    await flows(world, viewer, camera);
    world.cut("a", "b", blockage);
    await world.advance(1_000);
    const meanwhile = world.viewer("b", camera);
    world.restore("a", "b");
    await world.until("it is answered", () => meanwhile.isAnswered);
    await flows(world, meanwhile, camera);
    await flows(world, viewer, camera);
    await world.advance(10_000);
    assert.deepEqual([near.told, far.told], [["+"], ["+"]]);
    assert.equal(viewer.watched.length, 1);
    wholeFrom(2, viewer, camera);
    assert.deepEqual([..."abc"].flatMap((relay) => said(world, relay, "unreachable")), []);
  });
}

for (const pushes of [false, true]) {
  const how = pushes ? "that its publisher pushes" : "of a namespace";
  Deno.test(`who watches a track ${how} is held while its relay is out of reach for 6 s, who comes is refused`, async () => {
    await using world = new MeshWorld(chain("a", "b", "c"), LEASE);
    await world.settle();
    const camera = world.camera(VIDEO, ["a"], { pushes });
    await world.advance(700);
    const viewers = [
      await world.watch("b", camera),
      await world.watch("c", camera, { isOffered: pushes }),
    ];
    for (const viewer of viewers) await flows(world, viewer, camera);
    world.cut("a", "b");
    await world.advance(2_000);
    const early = [..."bc"].map((relay) => world.viewer(relay, camera));
    await world.advance(2_000);
    assert.ok(early.every(({ refusals }) => refusals.length === 1), "some wait still");
    const late = [..."bc"].map((relay) => world.viewer(relay, camera));
    await world.advance(50);
    const refusals = late.map(({ refusals: [one] }) => one?.kind);
    assert.deepEqual(refusals, ["does_not_exist", "does_not_exist"]);
    await world.advance(1_950);
    assert.deepEqual(world.relay("c").unreachable, ["a"]);
    world.restore("a", "b");
    for (const viewer of viewers) {
      await flows(world, viewer, camera);
      assert.deepEqual([viewer.watched.length, viewer.watching.end], [1, undefined]);
    }
    await world.advance(1_000);
    assert.equal(said(world, "c", "relay reachable again").length, 1);
  });
}

Deno.test("a namespace that another relay has too stays, and is served from there", async () => {
  await using world = new MeshWorld(topology("a-b:10 c-b:10 d-b:20"), LEASE);
  await world.settle();
  const camera = world.camera(VIDEO, ["a", "d"]);
  await world.advance(700);
  using watch = watchNamespaces(world, "c");
  await world.kill("a");
  await world.advance(6_000);
  const viewer = await world.watch("c", camera);
  await flows(world, viewer, camera);
  assert.deepEqual(viewer.watching.path, ["b", "d"]);
  assert.deepEqual(watch.told, ["+"]);
});

Deno.test("without a controller that answers nobody is said to be unreachable, and who was stays so", async () => {
  await using world = new MeshWorld(topology("a-b:10 c-b:10 d-b:10"), LEASE);
  await world.settle();
  world.camera(VIDEO, ["a"]);
  await world.advance(500);
  using watch = watchNamespaces(world, "b");
  await world.controller.stop();
  world.cut("a", "b");
  await world.advance(30_000);
  assert.deepEqual([watch.told, world.relay("b").unreachable], [["+"], []]);
  await world.controller.start();
  await world.until("it is noticed", () => watch.told.length === 2, 4_000);

  await world.controller.stop();
  await world.advance(30_000);
  assert.deepEqual(world.relay("b").unreachable, ["a"]);
  world.restore("a", "b");
  await world.controller.start();
  await world.until("it is back", () => watch.told.length === 3);
});

Deno.test("a relay that ends as it should, or whose lease ends, is not said to be reachable again", async () => {
  await using world = new MeshWorld(chain("a", "b"), { leaseMs: 8_000 });
  await world.settle();
  world.camera(VIDEO, ["a"]);
  await world.advance(500);
  using watch = watchNamespaces(world, "b");
  await world.kill("a");
  await world.advance(12_000);
  assert.deepEqual(watch.told, ["+", "-"]);
  assert.deepEqual(world.relay("b").unreachable, []);
  assert.deepEqual(said(world, "b", "reachable again"), []);
});

Deno.test("a killed relay is unreachable as soon for one that never reached it before", async () => {
  await using world = new MeshWorld(chain("a", "b"), LEASE);
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(700);
  await world.kill("b");
  await world.kill("a");
  await world.start("b");
  using watch = watchNamespaces(world, "b");
  await world.advance(100);
  assert.deepEqual(watch.told, ["+"], "it may yet answer");
  const viewer = world.viewer("b", camera);
  await world.advance(2_600);
  const reason = "the relay that has the track cannot be reached";
  assert.deepEqual(viewer.refusals, [{ kind: "does_not_exist", reason }]);
  assert.deepEqual(watch.told, ["+", "-"]);
});
