/** What fails on the way of a track, and how a viewer goes on. */
import assert from "node:assert/strict";
import type {
  MeshGround,
  MeshPublisher,
  MeshScenario,
  MeshViewer,
} from "../support/mesh_ground.ts";
import type { Verdict } from "../support/mesh/reception.ts";
import { chain, diamond } from "../support/mesh/topology.ts";

/** Groups that are looked at once a way has changed. */
const GROUPS_AFTER = 4;

/** A link is known to be down within one second. */
const COST = { milliseconds: 1_300 };

/** What happens to the best way from west to east, and how it is mended. */
interface Break {
  readonly name: string;
  readonly happens: (ground: MeshGround) => Promise<void> | void;
  readonly mended: (ground: MeshGround) => Promise<void> | void;
}

const BREAKS: readonly Break[] = [
  {
    name: "its relay is killed",
    happens: (ground) => ground.kill("north"),
    mended: (ground) => ground.start("north"),
  },
  {
    name: "its relay freezes",
    happens: (ground) => ground.freeze("north"),
    mended: (ground) => ground.thaw("north"),
  },
  {
    name: "its first link is cut",
    happens: (ground) => ground.cut("north", "east"),
    mended: (ground) => ground.restore("north", "east"),
  },
  {
    name: "its last link is cut",
    happens: (ground) => ground.cut("west", "north"),
    mended: (ground) => ground.restore("west", "north"),
  },
];

/** The best way breaks, and is mended. */
export async function breaksAndMends(
  ground: MeshGround,
  { happens, mended }: Omit<Break, "name">,
  { hasController = true, groups = GROUPS_AFTER } = {},
): Promise<void> {
  const live = await ground.publisher("concert", "west");
  const watching = await ground.viewer(live, "east");
  await ground.comesBy(watching, "north", "west");
  await lostNothing(ground, watching, { last: live.group + groups });
  if (!hasController) await ground.killController();

  await happens(ground);
  const last = await goesOnBySouth(ground, live, watching, groups);

  await mended(ground);
  // A relay that has just begun knows nobody without it.
  if (!hasController) await ground.startController();
  await ground.comesBy(watching, "north", "west");
  ground.within(
    await lostNothing(ground, watching, { last: live.group + groups, first: last }),
    COST,
  );
}

async function goesOnBySouth(
  ground: MeshGround,
  live: MeshPublisher,
  watching: MeshViewer,
  groups = GROUPS_AFTER,
): Promise<number> {
  const broken = live.group;
  await ground.comesBy(watching, "south", "west");
  const gap = await watching.verdict(live.group + groups, broken - 1);
  ground.within(gap, COST);
  assert.deepEqual(watching.faults, []);
  return gap.last;
}

/** Waits for a group; all up to it must have come whole. */
export async function lostNothing(
  ground: Pick<MeshGround, "lossless">,
  watching: MeshViewer,
  { last, first = 0 }: { readonly last: number; readonly first?: number },
): Promise<Verdict> {
  const verdict = await watching.verdict(last, first);
  ground.lossless(verdict);
  assert.deepEqual(watching.faults, []);
  return verdict;
}

export const FAILOVER: readonly MeshScenario[] = [
  ...BREAKS.map(({ name, ...broken }): MeshScenario => ({
    name: `a viewer goes on by the other way when of the best one ${name}, and back without loss`,
    topology: diamond(),
    body: (ground) => breaksAndMends(ground, broken),
  })),
  {
    name: "a viewer goes on when the way dies again in the moment in which it is back",
    topology: diamond(),
    async body(ground) {
      const live = await ground.publisher("concert", "west");
      const watching = await ground.viewer(live, "east");
      await ground.comesBy(watching, "north", "west");
      await ground.kill("north");
      await ground.comesBy(watching, "south", "west");
      await ground.start("north");
      await ground.comesBy(watching, "north", "west");
      await ground.kill("north");
      await goesOnBySouth(ground, live, watching);
    },
  },
  {
    name: "a viewer that comes while the only way is frozen has the track when it thaws",
    topology: chain("lisbon", "madrid", "lyon"),
    // Who comes once the link is down is refused: it has so long.
    linkTimeoutMs: 3_000,
    async body(ground) {
      const live = await ground.publisher("concert", "lisbon");
      await ground.viewer(live, "madrid");
      ground.freeze("madrid");
      const viewer = await ground.joins(live, "lyon");
      await ground.misses("lyon", "madrid");
      ground.thaw("madrid");
      await viewer.has(live.group + 1);
      assert.deepEqual(viewer.faults, []);
    },
  },
];

/** The same breaks with no controller that could say so. */
export const WITHOUT_CONTROLLER: readonly MeshScenario[] = BREAKS.map(({ name, ...broken }) => ({
  name: `a viewer goes on when of the best way ${name}, without a controller, and returns to it`,
  topology: diamond(),
  body: (ground) => breaksAndMends(ground, broken, { hasController: false }),
}));
