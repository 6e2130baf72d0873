import assert from "node:assert/strict";
import { Path } from "@moq/net";
import { systemClock } from "@qumo/shared/runtime";
import { meshTest, STEADY, trackText, words } from "../support/mesh/mesh_case.ts";
import type { Mesh } from "../support/mesh/mesh.ts";
import { chain, topology } from "../support/mesh/topology.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";

// Groups that a viewer looks at once everything is in place.
const GROUPS = 6;

meshTest(
  "what nobody has is refused at once, and what comes later is found",
  { topology: chain("lisbon", "madrid", "lyon") },
  async ({ mesh, publisher, viewer, withinMs }) => {
    const client = await connectMoqNet(mesh.relay("lyon"));
    const asked = systemClock.now();
    const refusal = await client.session.consume(Path.from("nothing")).track("video").subscribe()
      .closed;
    assert.match(String(refusal), /SUBSCRIBE error: code=/);
    // The library itself gives up after ten seconds.
    withinMs(systemClock.now() - asked, 5_000, "to be refused");
    await client.close();

    const first = await publisher("first", "lyon");
    await viewer(first, "lisbon");
    const second = await publisher("second", "lisbon");
    const far = await viewer(second, "lyon");
    first.disconnect("lyon");
    await far.has(second.group + 2);
    assert.deepEqual(far.faults, []);
  },
);

const LOPSIDED = topology("west-north:20 north-east:20 west-south:100 south-east:10");

meshTest(
  "a cost that an operator lowers moves a stream without loss",
  { topology: LOPSIDED, relayConfig: STEADY },
  async ({ mesh, publisher, viewer, say, lossless }) => {
    const live = await publisher("concert", "west");
    const watching = await viewer(live, "east");
    const track = trackText("concert");
    await mesh.routed("east", track, ["north", "west"]);

    // South carries nothing yet: its restart is how its operator changes its costs.
    await mesh.relay("south").end("SIGTERM");
    await mesh.relay("south").start(mesh.configOf("south", { west: 1, east: 10 }));
    await mesh.routed("east", track, ["south", "west"]);

    const verdict = await watching.verdict(live.group + GROUPS);
    say(words(verdict));
    lossless(verdict);
    assert.deepEqual(watching.faults, []);
  },
);

meshTest(
  "a link that becomes slow loses its streams to a faster way, and gets them back, without loss",
  {
    topology: topology("west-north:10 north-east:10 west-south:10 south-east:10"),
    relayConfig: STEADY,
    controllerConfig: { graph: { cost_policy: "rtt", hold_ms: 500, min_gain: 0.3 } },
  },
  async ({ mesh, publisher, viewer, say, lossless }) => {
    await setDelays(mesh, 5);
    const live = await publisher("concert", "west");
    const track = trackText("concert");
    const watching = await viewer(live, "east");
    await mesh.routed("east", track, ["north", "west"]);
    await setDelays(mesh, 220);
    await mesh.routed("east", track, ["south", "west"]);
    await setDelays(mesh, 5);
    await mesh.routed("east", track, ["north", "west"]);

    const verdict = await watching.verdict(live.group + GROUPS);
    say(words(verdict));
    lossless(verdict);
    assert.deepEqual(watching.faults, []);
  },
);

/**
 * What the way by north takes in each link; by south it is always the same. A busy machine makes each
 * measurement tens of milliseconds longer, which must decide nothing; together they are less than a group.
 */
async function setDelays(mesh: Mesh, north: number): Promise<void> {
  for (const end of ["west", "east"]) {
    await mesh.link(end, "north").set({ delayMs: north });
    await mesh.link(end, "south").set({ delayMs: 90 });
  }
}
