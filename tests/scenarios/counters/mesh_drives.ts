import { chain, diamond, topology } from "../../support/mesh/topology.ts";
import { MeshWorld } from "../../support/mesh_world.ts";
import { trackOf } from "../../support/peers/scripted_peer.ts";
import type { MovedSeries } from "../../support/metrics/moved_series.ts";
import { flows, VIDEO, watched } from "../upstream_script.ts";
import { type Drive, scrape } from "./drive.ts";

async function take(moved: MovedSeries, world: MeshWorld, relays: readonly string[]) {
  for (const name of relays) moved.take(await scrape(world.relay(name).metrics));
}

/** Tracks that come from other relays. */
export const MESH: readonly Drive[] = [
  {
    what: "a way that breaks, one that is cheaper, and a track that is lost",
    async run(moved) {
      await using world = new MeshWorld(diamond());
      const { camera, viewer } = await watched(world);
      world.setCost("north", "east", 100);
      await world.comesBy(viewer, ["south", "west"]);
      await world.kill("south");
      await world.comesBy(viewer, ["north", "west"]);
      await flows(world, viewer, camera);
      camera.leave();
      await world.advance(12_000);
      await take(moved, world, ["east"]);
    },
  },
  {
    what: "a publisher that was nearer for a while",
    async run(moved) {
      await using world = new MeshWorld(topology("west-middle:1 middle-east:100"));
      await world.settle();
      const camera = world.camera(VIDEO, ["west"], { objectMs: 20, objectsPerGroup: 50 });
      await world.advance(1_500);
      const viewer = await world.watch("east", camera);
      await flows(world, viewer, camera);
      camera.comeTo(world.relay("east"));
      await world.advance(1_300);
      camera.leave(world.relay("east"));
      await world.advance(3_000);
      await take(moved, world, ["east"]);
    },
  },
  {
    what: "a track that no origin has",
    async run(moved) {
      const origins = { a: ["moqt://b:1"], b: ["moqt://c:1"], c: ["moqt://a:1"] };
      await using world = new MeshWorld(topology("a-b:1 b-c:1 c-a:1"), { origins });
      await world.settle();
      world.viewer("a", world.camera(trackOf("nobody", "video"), []));
      await world.advance(12_000);
      await take(moved, world, ["c"]);
    },
  },
  {
    what: "a track to which there is no way",
    async run(moved) {
      await using world = new MeshWorld(chain("west", "middle", "east"));
      await world.settle();
      const camera = world.camera(VIDEO, ["west"]);
      await world.advance(700);
      world.cut("west", "middle");
      await world.advance(1_000);
      world.viewer("east", camera);
      await world.advance(12_000);
      await take(moved, world, ["east"]);
    },
  },
  {
    what: "a relay that is killed, with all that it announced",
    async run(moved) {
      await using world = new MeshWorld(chain("a", "b", "c"), { leaseMs: 28_000 });
      await world.settle();
      world.camera(VIDEO, ["a"]);
      await world.advance(500);
      await world.kill("a");
      await world.advance(4_000);
      const { metrics, unreachable } = world.relay("c");
      moved.take(await scrape(metrics, { unreachable }));
    },
  },
];
