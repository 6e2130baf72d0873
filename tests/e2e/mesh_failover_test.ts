import { Path } from "@moq/net";
import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { meshTest, runAsProcesses } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { FAILOVER } from "../scenarios/mesh_failover.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";

// A relay that is late to thaw or to start is waited for.
runAsProcesses(FAILOVER, { failover_hold_ms: 60_000 });

meshTest(
  "what a killed relay announced is withdrawn at the others, and a new viewer is refused at once",
  { topology: chain("lisbon", "madrid", "lyon") },
  async ({ mesh, publisher, viewer, withinMs }) => {
    const live = await publisher("concert", "lisbon");
    await viewer(live, "lyon");
    const client = await connectMoqNet(mesh.relay("lyon"));
    await using _session = { [Symbol.asyncDispose]: () => client.close() };
    await client.announced("concert");

    const killed = systemClock.now();
    // Its end says nothing to anybody, and the publisher has nobody to say anything to.
    mesh.relay("lisbon").signal("SIGSTOP");
    live.disconnect("lisbon");
    await mesh.relay("lisbon").end("SIGKILL");
    await client.withdrawn("concert");
    const withdrawn = systemClock.now();
    const broadcast = client.session.consume(Path.from("concert"));
    const end = await broadcast.track("video").subscribe().closed;
    const refused = systemClock.now();
    broadcast.close();
    assert.ok(end instanceof Error, "it was not refused");
    // Far below the lease, and below the ten seconds that a viewer waits for a way.
    withinMs(withdrawn - killed, 10_000, "to be withdrawn");
    withinMs(refused - withdrawn, 2_000, "to be refused");
    assert.match(mesh.relay("lyon").log, /relay unreachable: what it announces is withdrawn here/);
  },
);
