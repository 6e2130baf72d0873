import assert from "node:assert/strict";
import { meshTest, STEADY, words } from "../support/mesh/mesh_case.ts";
import { diamond } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import type { MeshViewer } from "../support/mesh/viewer.ts";

const RELAYS = ["west", "north", "east", "south"] as const;
// What a viewer may miss of its own relay's restart: it is sent away, and joins a group later.
const RECONNECT_GROUPS = 4;
const GROUPS = 3;

meshTest(
  "a rolling restart loses nothing for viewers elsewhere, and a reconnect for the others",
  { topology: diamond(), relayConfig: STEADY, deadline: 180_000 },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "west");
    const viewers: MeshViewer[] = [];
    for (const relay of RELAYS) viewers.push(await viewer(live, relay));

    for (const restarted of RELAYS) {
      const other = RELAYS[(RELAYS.indexOf(restarted) + 1) % RELAYS.length]!;
      // A publisher that cares connects to the next relay before it leaves the last.
      if (live.relays.includes(restarted)) {
        await live.connect(mesh.relay(other));
        const joined = live.group + 1;
        await until("a whole group at the next relay", () => live.group > joined);
      }
      const start = live.group;
      const own = viewers.filter(({ relay }) => relay === restarted);
      const elsewhere = viewers.filter(({ relay }) => relay !== restarted);
      const ended = mesh.relay(restarted).end("SIGTERM");
      for (const one of own) {
        await until(`${one.name} to be sent away`, () => !one.isConnected);
        await one.moveTo(mesh.relay(other));
        const gap = await one.verdict(live.group + GROUPS, start - 1);
        say(`${restarted} restarts, its own viewer: ${words(gap)}`);
        withinGroups(gap, RECONNECT_GROUPS);
      }
      assert.equal(await ended, 0);
      await mesh.relay(restarted).start();
      await mesh.settled();
      const last = live.group + GROUPS;
      for (const one of elsewhere) {
        const { missing, cut } = await one.verdict(last, start - 1);
        assert.deepEqual([...missing, ...cut], [], `${one.name} while ${restarted} restarted`);
      }
      for (const one of own) await one.moveTo(mesh.relay(restarted));
      for (const one of own) await one.has(live.group + 1);
      for (const { reception } of viewers) assert.deepEqual(reception.faults, []);
    }
  },
);
