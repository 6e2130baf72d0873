import assert from "node:assert/strict";
import { meshTest, trackText, words } from "../support/mesh/mesh_case.ts";
import {
  NamespaceGround,
  namespacesRefused,
  netemRefused,
} from "../support/mesh/net_namespaces.ts";
import { diamond } from "../support/mesh/topology.ts";

// As for every failover: three seconds of half-second groups.
const GAP_GROUPS = 6;
const GROUPS = 6;

const LAID = {
  topology: diamond(),
  ground: (topology: ReturnType<typeof diamond>) => NamespaceGround.lay(topology),
};

// Not permitted in most containers; and a kernel may lack netem where namespaces are permitted.
const refused = await namespacesRefused();
const unshaped = await netemRefused();

for (
  const { name, conditions, ignore } of [
    { name: "links of the kernel's", conditions: undefined, ignore: refused },
    {
      name: "links that delay and lose",
      conditions: { delayMs: 25, lossPercent: 1 },
      ignore: unshaped,
    },
  ]
) {
  meshTest(
    `relays in network namespaces go on by the other way when an interface goes down: ${name}` +
      (ignore === undefined ? "" : ` (skipped: ${ignore})`),
    { ...LAID, ignore: ignore !== undefined },
    async ({ mesh, publisher, viewer, say, withinGroups }) => {
      for (const { a, b } of mesh.topology.links) {
        if (conditions !== undefined) await mesh.link(a, b).set(conditions);
      }
      const live = await publisher("concert", "west");
      const watching = await viewer(live, "east");
      const track = trackText("concert");
      await mesh.routed("east", track, ["north", "west"]);
      const before = await watching.verdict(live.group + GROUPS);
      say(words(before));
      assert.deepEqual([...before.missing, ...before.cut], []);

      const broken = live.group;
      await mesh.link("west", "north").cut();
      await mesh.routed("east", track, ["south", "west"]);
      const gap = await watching.verdict(live.group + GROUPS, broken - 1);
      say(words(gap));
      withinGroups(gap, GAP_GROUPS);

      await mesh.link("west", "north").restore();
      await mesh.routed("east", track, ["north", "west"]);
      const back = await watching.verdict(live.group + GROUPS, gap.last);
      say(`on the way back: ${words(back)}`);
      assert.deepEqual([...back.missing, ...back.cut], []);
      assert.deepEqual(watching.reception.faults, []);
    },
  );
}
