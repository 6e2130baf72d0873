import assert from "node:assert/strict";
import type { Cost, MeshGround, MeshScenario } from "../mesh_ground.ts";
import type { Verdict } from "../mesh/reception.ts";
import { type Camera, MeshWorld, type Viewer } from "../mesh_world.ts";
import { nameOf } from "../worlds/track_model.ts";

/** Milliseconds in which every relay hears what is published. */
const HEARD_MS = 200;

/** Milliseconds that a viewer waits for the publisher. */
const RENDEZVOUS_MS = 30_000;

/** Runs scenarios in virtual time, relays over lines in memory. */
export function simulate(scenarios: readonly MeshScenario[]): void {
  for (const { name, topology, linkTimeoutMs, body } of scenarios) {
    Deno.test(name, async () => {
      await using world = new MeshWorld(topology, {
        settings: linkTimeoutMs === undefined ? {} : { linkTimeoutMs },
      });
      await world.settle();
      await body(groundOn(world));
    });
  }
}

function groundOn(world: MeshWorld): MeshGround {
  const at = (relay: string) => world.relay(relay);
  const ground = {
    ...faultsOn(world),
    async publisher(path: string, ...relays: readonly string[]): Promise<Camera> {
      const camera = world.camera(nameOf(path, "video"), relays);
      await world.advance(HEARD_MS);
      return camera;
    },
    connect: async (publisher: Camera, relay: string) => await publisher.comeTo(at(relay)),
    disconnect: (publisher: Camera, relay: string) => publisher.leave(at(relay)),
    joins: async (publisher: Camera, relay: string) =>
      await world.viewer(relay, publisher, { rendezvous: RENDEZVOUS_MS }),
    async viewer(publisher: Camera, relay: string) {
      const viewer = await ground.joins(publisher, relay);
      await viewer.has(0);
      return viewer;
    },
    comesBy: async (viewer: Viewer, ...relays: readonly string[]) =>
      void await world.comesBy(viewer, relays),
    lossless({ missing, cut }: Verdict) {
      assert.deepEqual([...missing, ...cut], []);
    },
    within({ longestGapMs, longestGapGroups, missing, cut }: Verdict, most: Cost) {
      const lost = `${longestGapGroups} groups in a row: missing ${missing}, cut ${cut}`;
      assert.ok(longestGapGroups <= (most.groups ?? 0), lost);
      assert.ok(longestGapMs <= most.milliseconds, `nothing came for ${longestGapMs} ms`);
    },
  };
  return ground;
}

/** What goes wrong, and is mended. */
function faultsOn(world: MeshWorld) {
  return {
    kill: (relay: string) => world.kill(relay),
    start: async (relay: string) => await world.start(relay),
    freeze: (relay: string) => world.freeze(relay),
    thaw: (relay: string) => world.thaw(relay),
    cut: async (a: string, b: string) => await world.cut(a, b),
    restore: async (a: string, b: string) => await world.restore(a, b),
    async misses(relay: string, neighbor: string) {
      const links = () => world.relay(relay).links;
      const isSo = () => links().some((one) => one.neighbor === neighbor && one.state !== "up");
      await world.until(`${relay} misses ${neighbor}`, isSo);
    },
    killController: async () => await world.controller.stop(),
    startController: async () => void await world.controller.start(),
  };
}
