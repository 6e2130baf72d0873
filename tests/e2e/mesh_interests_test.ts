import assert from "node:assert/strict";
import { meshTest } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";

const GROUPS = 4;

meshTest(
  "relays that are told only of what is asked for: who waits is told of a new track, and media needs no controller",
  {
    topology: chain("lisbon", "madrid", "lyon"),
    // Links here have no second way, and are not what fails: where the machine is busy they are waited for.
    relayConfig: { mesh: { link_timeout_ms: 10_000 }, sdn: { mirror_all_up_to: 0 } },
  },
  async ({ mesh, publisher, joins, viewer, comesBy }) => {
    // Nobody publishes it yet.
    const live = await publisher("concert");
    const joining = joins(live, "lyon");
    await publisher("another", "lisbon");
    await live.connect(mesh.relay("lisbon"));
    const watching = await joining;
    await watching.has(live.group + 1);
    await comesBy(watching, "madrid", "lisbon");
    // Relays follow what their clients asked for, and nothing for each other.
    const [controller] = mesh.controllers;
    assert.match(await mesh.relay("madrid").metrics(), /^qumo_relay_interests\{[^}]*\} 1$/m);

    await controller!.end("SIGKILL");
    await watching.has(live.group + GROUPS);
    // What was asked for once is known.
    const guest = await viewer(live, "lyon");
    await guest.has(live.group + 1);

    await controller!.start();
    await mesh.settled();
    const later = await publisher("encore", "lyon");
    await viewer(later, "lisbon");
    await watching.has(live.group + GROUPS);
  },
);
