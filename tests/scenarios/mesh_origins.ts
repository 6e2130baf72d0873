/** Who publishes a track moves, or is joined by others, and viewers elsewhere go on. */
import assert from "node:assert/strict";
import type { MeshGround, MeshScenario, MeshViewer } from "../support/mesh_ground.ts";
import { chain, diamond } from "../support/mesh/topology.ts";
import { lostNothing } from "./mesh_failover.ts";

const GROUPS = 4;

/** Each of these viewers goes on, from the group on that was published when something broke. */
async function goOn(
  ground: MeshGround,
  viewers: readonly MeshViewer[],
  { broken, last, groups, milliseconds }: {
    readonly broken: number;
    readonly last: number;
    readonly groups: number;
    readonly milliseconds: number;
  },
): Promise<void> {
  for (const viewer of viewers) {
    ground.within(await viewer.verdict(last, broken - 1), { groups, milliseconds });
    assert.deepEqual(viewer.faults, []);
  }
}

export const ORIGINS: readonly MeshScenario[] = [
  {
    name: "a track crosses three hops, and every relay on the way has a viewer of it",
    topology: chain("lisbon", "madrid", "lyon", "vienna"),
    async body(ground) {
      const live = await ground.publisher("concert", "lisbon");
      const ways = [["lyon", "madrid", "lisbon"], ["madrid", "lisbon"], ["lisbon"], []];
      const viewers: MeshViewer[] = [];
      for (const relay of ["vienna", "lyon", "madrid", "lisbon"]) {
        viewers.push(await ground.viewer(live, relay));
      }
      for (const [at, viewer] of viewers.entries()) await ground.comesBy(viewer, ...ways[at]!);
      const last = live.group + 6;
      for (const viewer of viewers) await lostNothing(ground, viewer, { last });
    },
  },
  {
    name: "a viewer goes on when the origin dies and its publisher connects to another relay",
    topology: diamond(),
    async body(ground) {
      const live = await ground.publisher("concert", "west");
      const watching = await ground.viewer(live, "east");
      const broken = live.group;
      await ground.kill("west");
      await ground.connect(live, "south");
      await ground.comesBy(watching, "south");
      const last = live.group + GROUPS;
      await goOn(ground, [watching], { broken, last, groups: 1, milliseconds: 1_300 });
    },
  },
  {
    name: "a viewer goes on when it watches a track at two relays and the nearer one dies",
    topology: diamond(),
    async body(ground) {
      const live = await ground.publisher("concert", "west", "south");
      const watching = await ground.viewer(live, "north");
      await ground.comesBy(watching, "west");
      const broken = live.group;
      await ground.kill("west");
      await ground.comesBy(watching, "east", "south");
      const last = live.group + GROUPS;
      await goOn(ground, [watching], { broken, last, groups: 0, milliseconds: 1_300 });
    },
  },
  {
    name:
      "a relay that takes a track from another one gets a publisher of its own, and the other one dies",
    topology: chain("lisbon", "madrid", "lyon"),
    async body(ground) {
      const live = await ground.publisher("concert", "lyon");
      const near = await ground.viewer(live, "madrid");
      const far = await ground.viewer(live, "lisbon");
      await ground.comesBy(far, "madrid", "lyon");
      await ground.connect(live, "madrid");
      await ground.comesBy(far, "madrid");
      await near.has(live.group + 1);
      const broken = live.group;
      await ground.kill("lyon");
      const last = live.group + GROUPS;
      await goOn(ground, [near, far], { broken, last, groups: 0, milliseconds: 150 });
      await ground.comesBy(near);
    },
  },
  {
    name: "a relay that asked for a track becomes the one that has it, for those that it asked",
    topology: chain("lisbon", "madrid", "lyon"),
    async body(ground) {
      const live = await ground.publisher("concert", "lyon");
      const asking = await ground.viewer(live, "lisbon");
      const between = await ground.viewer(live, "madrid");
      await ground.connect(live, "lisbon");
      await asking.has(live.group + 1);
      const broken = live.group;
      ground.disconnect(live, "lyon");
      await ground.comesBy(between, "lisbon");
      const last = live.group + GROUPS;
      await goOn(ground, [asking, between], { broken, last, groups: 0, milliseconds: 500 });
    },
  },
];
