import { breaksAndMends } from "../scenarios/mesh_failover.ts";
import { meshTest } from "../support/mesh/mesh_case.ts";
import { NamespaceSite, namespacesRefused, netemRefused } from "../support/mesh/net_namespaces.ts";
import { diamond } from "../support/mesh/topology.ts";

const LAID = {
  topology: diamond(),
  site: (topology: ReturnType<typeof diamond>) => NamespaceSite.lay(topology),
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
    async (ground) => {
      for (const { a, b } of ground.mesh.topology.links) {
        if (conditions !== undefined) await ground.mesh.link(a, b).set(conditions);
      }
      await breaksAndMends(ground, {
        happens: () => ground.cut("west", "north"),
        mended: () => ground.restore("west", "north"),
      }, { groups: 6 });
    },
  );
}
