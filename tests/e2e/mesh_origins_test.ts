import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { GROUP_MS, meshTest, trackText, words } from "../support/mesh/mesh_case.ts";
import { chain, diamond } from "../support/mesh/topology.ts";
import { until } from "../support/mesh/until.ts";

// As for every failover: three seconds of half-second groups.
const GAP_GROUPS = 6;
// A call of the neighbors that began while the relay was away has to run out first.
const REDIAL_GROUPS = 6;
const GROUPS = 4;

// A machine that runs other tests meanwhile may take long to start a relay.
const PATIENT = { mesh: { failover_hold_ms: 30_000 } };

meshTest(
  "a viewer goes on when the origin dies and its publisher connects to another relay",
  { topology: diamond(), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "west");
    const watching = await viewer(live, "east");
    const broken = live.group;
    await mesh.relay("west").end("SIGKILL");
    await live.connect(mesh.relay("south"));
    await mesh.routed("east", trackText("concert"), ["south"]);
    const gap = await watching.verdict(live.group + GROUPS, broken - 1);
    say(words(gap));
    withinGroups(gap, GAP_GROUPS);
    assert.deepEqual(watching.reception.faults, []);
  },
);

meshTest(
  "a viewer goes on when it watches a track at two relays and the nearer one dies",
  { topology: diamond(), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "west", "south");
    const watching = await viewer(live, "north");
    const track = trackText("concert");
    await mesh.routed("north", track, ["west"]);
    const broken = live.group;
    await mesh.relay("west").end("SIGKILL");
    await mesh.routed("north", track, ["east", "south"]);
    const gap = await watching.verdict(live.group + GROUPS, broken - 1);
    say(words(gap));
    withinGroups(gap, GAP_GROUPS);
    assert.deepEqual(watching.reception.faults, []);
  },
);

meshTest(
  "a relay that comes back under its name, with another certificate, carries what it carried",
  { topology: chain("lisbon", "madrid", "lyon"), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "lisbon");
    const watching = await viewer(live, "lyon");
    await mesh.routed("lyon", trackText("concert"), ["madrid", "lisbon"]);
    const certificate = mesh.relay("madrid").certificateHash.toHex();
    const epochOf = async () => (await mesh.controllers[0]!.ask("GET", "/relay/madrid")).body.epoch;
    const epoch = await epochOf();

    const broken = live.group;
    const start = systemClock.now();
    await mesh.relay("madrid").end("SIGKILL");
    await mesh.relay("madrid").start();
    const absence = systemClock.now() - start;
    assert.notEqual(mesh.relay("madrid").certificateHash.toHex(), certificate);

    await mesh.routed("lyon", trackText("concert"), ["madrid", "lisbon"]);
    const gap = await watching.verdict(live.group + GROUPS, broken - 1);
    say(`${words(gap)}; away for ${absence.toFixed(0)} ms`);
    const most = absence / GROUP_MS + GAP_GROUPS + REDIAL_GROUPS;
    withinGroups(gap, most);
    assert.deepEqual(watching.reception.faults, []);
    assert.ok(await epochOf() > epoch, "it began a new life at the controller");
  },
);

meshTest(
  "a relay that takes a track from another one gets a publisher of its own, and the other one dies",
  { topology: chain("lisbon", "madrid", "lyon"), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "lyon");
    const near = await viewer(live, "madrid");
    const far = await viewer(live, "lisbon");
    const track = trackText("concert");
    await mesh.routed("lisbon", track, ["madrid", "lyon"]);
    await live.connect(mesh.relay("madrid"));
    await mesh.routed("lisbon", track, ["madrid"]);
    await near.has(live.group + 1);

    const broken = live.group;
    await mesh.relay("lyon").end("SIGKILL");
    for (const one of [near, far]) {
      const gap = await one.verdict(live.group + GROUPS, broken - 1);
      say(`${one.relay}: ${words(gap)}`);
      withinGroups(gap, GAP_GROUPS);
      assert.deepEqual(one.reception.faults, []);
    }
    const ownIsUsed = async () => await mesh.relay("madrid").pathOf(track) === undefined;
    await until("madrid to take the track from its own publisher alone", ownIsUsed);
  },
);

meshTest(
  "a relay that asked for a track becomes the one that has it, for those that it asked",
  { topology: chain("lisbon", "madrid", "lyon"), relayConfig: PATIENT },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "lyon");
    const asking = await viewer(live, "lisbon");
    const between = await viewer(live, "madrid");
    const track = trackText("concert");
    await live.connect(mesh.relay("lisbon"));
    await asking.has(live.group + 1);

    const broken = live.group;
    live.disconnect("lyon");
    await mesh.routed("madrid", track, ["lisbon"]);
    for (const one of [asking, between]) {
      const gap = await one.verdict(live.group + GROUPS, broken - 1);
      say(`${one.relay}: ${words(gap)}`);
      withinGroups(gap, GAP_GROUPS);
      assert.deepEqual(one.reception.faults, []);
    }
  },
);
