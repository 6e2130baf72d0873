/** Which spans the subscriptions of a mesh are, from relay to relay. */
import assert from "node:assert/strict";
import { chain, diamond, type Topology } from "../support/mesh/topology.ts";
import { type Camera, MeshWorld, type Viewer } from "../support/mesh_world.ts";
import { type RecordedSpan, RecordedSpans, traceOf } from "../support/worlds/recording_tracing.ts";
import { nameOf } from "../support/worlds/track_model.ts";

const VIDEO = nameOf("live", "video");

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const VIEWER = `00-${TRACE}-b7ad6b7169203331-01`;

interface Traced extends AsyncDisposable {
  readonly spans: RecordedSpans;
  readonly world: MeshWorld;
}

/** A mesh whose relays trace. When it is disposed of, no span may be left. */
function traced(topology: Topology): Traced {
  const spans = new RecordedSpans();
  const world = new MeshWorld(topology, { tracing: (relay) => spans.of(relay) });
  return {
    spans,
    world,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      spans.assertOver();
    },
  };
}

/** A camera that somebody elsewhere watches who belongs to a trace. */
async function watched(
  { world }: Traced,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<{ camera: Camera; viewer: Viewer }> {
  await world.settle();
  const camera = world.camera(VIDEO, [from]);
  await world.advance(700);
  const viewer = await world.watch(to, camera, { trace: VIEWER });
  await world.advance(2_000);
  return { camera, viewer };
}

/** The only span of this name that a relay has. */
function spanOf(spans: RecordedSpans, relay: string, name: string): RecordedSpan {
  const [span, ...others] = spans.named(name).filter(({ program }) => program === relay);
  assert.deepEqual(others, []);
  return span ?? assert.fail(`${relay} has no span ${name}`);
}

const upstream = "upstream subscription";
const served = "moqt subscription";

Deno.test("the trace of a viewer goes on from relay to relay, as far as the publisher's", async () => {
  await using mesh = traced(chain("a", "b", "c"));
  const { spans } = mesh;
  const { viewer } = await watched(mesh, { from: "a", to: "c" });
  const hops = [
    spanOf(spans, "c", upstream),
    spanOf(spans, "b", served),
    spanOf(spans, "b", upstream),
    spanOf(spans, "a", served),
  ];
  assert.deepEqual(
    hops.map(({ parent }) => parent),
    [VIEWER, ...hops.slice(0, -1).map(({ traceparent }) => traceparent)],
  );
  assert.deepEqual(new Set(hops.map(traceOf)), new Set([TRACE]));
  assert.deepEqual(hops.map(({ kind }) => kind), ["client", "server", "client", "server"]);
  assert.equal(spans.ofRequests.length, hops.length, "and no other spans");
  assert.deepEqual({ ...hops[0]!.attributes }, {
    "qumo.track": "live--video",
    "qumo.neighbor": "b",
    "qumo.source": "a",
    "qumo.hops": 2,
  });
  assert.deepEqual(hops.map(({ isOver }) => isOver), [false, false, false, false]);

  await viewer.leave();
  await mesh.world.advance(10_000);
  assert.deepEqual(
    hops.map(({ isOver, failure, attributes }) => [isOver, failure, attributes["qumo.outcome"]]),
    hops.map(() => [true, undefined, "left"]),
  );
});

Deno.test("a subscription upstream belongs to the first who asked, and to no other", async () => {
  await using mesh = traced(chain("a", "b"));
  const { spans, world } = mesh;
  const { camera } = await watched(mesh, { from: "a", to: "b" });
  const other = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await world.watch("b", camera, { trace: other });
  await world.advance(1_000);
  assert.equal(spanOf(spans, "b", upstream).parent, VIEWER);
  assert.equal(spanOf(spans, "a", served).parent, spanOf(spans, "b", upstream).traceparent);
});

Deno.test("a track that changes its way stays one span, and every neighbor is told of it", async () => {
  await using mesh = traced(diamond());
  const { spans, world } = mesh;
  const { viewer } = await watched(mesh, { from: "west", to: "east" });
  const span = spanOf(spans, "east", upstream);
  assert.equal(span.attributes["qumo.neighbor"], "north");
  await world.kill("north");
  await world.until("it comes by south", () => viewer.watching.path[0] === "south");
  const { attributes } = span;
  assert.deepEqual([attributes["qumo.neighbor"], attributes["qumo.reroutes"]], ["south", 1]);
  assert.equal(span.isOver, false);
  assert.equal(spanOf(spans, "south", served).parent, span.traceparent);

  await world.start("north");
  await world.until("it returns", () => viewer.watching.path[0] === "north");
  const { "qumo.reroutes": reroutes, "qumo.reroute.last": last } = attributes;
  assert.deepEqual([attributes["qumo.neighbor"], reroutes, last], ["north", 2, "better_route"]);
});

Deno.test("a track to which there is no way is a span that failed", async () => {
  await using mesh = traced(chain("a", "b", "c"));
  const { spans, world } = mesh;
  await world.settle();
  const camera = world.camera(VIDEO, ["a"]);
  await world.advance(200);
  world.cut("a", "b");
  await world.advance(2_000);
  world.viewer("c", camera, { trace: VIEWER });
  await world.advance(6_000);
  const { isOver, failure, attributes } = spanOf(spans, "c", upstream);
  assert.deepEqual([isOver, failure, attributes["qumo.outcome"]], [
    true,
    "the relay that has the track cannot be reached",
    "does_not_exist",
  ]);
});

Deno.test("a track that is lost for good is a span that failed", async () => {
  await using mesh = traced(chain("a", "b"));
  const { spans, world } = mesh;
  await watched(mesh, { from: "a", to: "b" });
  await world.kill("a");
  await world.advance(15_000);
  const { isOver, failure, attributes } = spanOf(spans, "b", upstream);
  assert.deepEqual([isOver, attributes["qumo.outcome"]], [true, "lost"]);
  assert.notEqual(failure, undefined);
});

Deno.test("a nearer publisher ends the span of what came from afar", async () => {
  await using mesh = traced(chain("a", "b"));
  const { spans, world } = mesh;
  const { camera } = await watched(mesh, { from: "a", to: "b" });
  camera.comeTo(world.relay("b"));
  await world.advance(10_000);
  const { isOver, failure, attributes } = spanOf(spans, "b", upstream);
  assert.deepEqual([isOver, failure, attributes["qumo.outcome"]], [true, undefined, "ended"]);
});

Deno.test("an offered track is a span each time that it is wanted from afar", async () => {
  await using mesh = traced(chain("a", "b"));
  const { spans, world } = mesh;
  await world.settle();
  const camera = world.camera(VIDEO, ["a"], { pushes: true });
  await world.advance(700);
  const scope = world.relay("b").registry.enter("");
  const unwatch = scope.watchTracks([], { offered: () => {} });
  await world.advance(1_000);
  assert.deepEqual(spans.ofRequests, [], "nobody wants it yet");
  for (const count of [1, 2]) {
    const viewer = await world.watch("b", camera, { trace: VIEWER });
    await world.advance(1_000);
    const going = spans.named(upstream).filter(({ isOver }) => !isOver);
    assert.deepEqual([spans.named(upstream).length, going.length], [count, 1]);
    await viewer.leave();
    await world.advance(5_000);
    spans.assertOver();
  }
  const viewer = await world.watch("b", camera);
  await world.advance(1_000);
  camera.comeTo(world.relay("b"));
  await world.advance(10_000);
  assert.equal(viewer.watching.end, undefined);
  spans.assertOver();
  assert.equal(spans.named(upstream).at(-1)?.attributes["qumo.outcome"], "ended");
  unwatch();
  world.relay("b").registry.leave("");
});
