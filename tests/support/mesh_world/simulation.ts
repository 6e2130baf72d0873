import assert from "node:assert/strict";
import type { Cost, MeshGround, MeshScenario, MeshViewer } from "../mesh_ground.ts";
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

interface SimulatedViewer extends MeshViewer {
  readonly viewer: Viewer;
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
      await viewerOn(world, world.viewer(relay, publisher, { rendezvous: RENDEZVOUS_MS })),
    async viewer(publisher: Camera, relay: string) {
      const viewer = await ground.joins(publisher, relay);
      await viewer.has(0);
      return viewer;
    },
    async comesBy({ viewer }: SimulatedViewer, ...relays: readonly string[]) {
      const isSo = () => viewer.watching.path.join() === relays.join();
      await world.until(`the ${viewer} has it by ${relays}`, isSo);
    },
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
      const links = () => world.relay(relay).mesh.links();
      const isSo = () => links().some((one) => one.neighbor === neighbor && one.state !== "up");
      await world.until(`${relay} misses ${neighbor}`, isSo);
    },
    killController: async () => await world.stopController(),
    startController: async () => await world.startController(),
  };
}

function viewerOn(world: MeshWorld, viewer: Viewer): SimulatedViewer {
  return {
    viewer,
    relay: viewer.relay.name,
    get reception() {
      return viewer.watching.reception;
    },
    async has(group) {
      const found = () =>
        viewer.isAnswered ? viewer.watching.reception.firstWholeFrom(group) : undefined;
      await world.until(`the ${viewer} has group ${group}`, () => found() !== undefined);
      assert.equal(viewer.watching.end, undefined);
      return found()!;
    },
    async verdict(last, first = 0) {
      return this.reception.verdictBetween(first, await this.has(last));
    },
  };
}
