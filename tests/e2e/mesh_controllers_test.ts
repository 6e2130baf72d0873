import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { HANGS_MS } from "../support/deadline.ts";
import { longer } from "../support/properties.ts";
import { lostNothing } from "../scenarios/mesh_failover.ts";
import { meshTest, STEADY, words } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";

const DEAD_SECONDS = longer(8);
const GROUPS = 4;

meshTest(
  "a controller that dies and comes back is not noticed by who watches, and learns everything again",
  { topology: chain("lisbon", "madrid", "lyon"), relayConfig: STEADY },
  async (ground) => {
    const { mesh, publisher, viewer, say } = ground;
    const live = await publisher("concert", "lisbon");
    const watching = await viewer(live, "lyon");
    const [controller] = mesh.controllers;
    await controller!.end("SIGKILL");
    await watching.has(live.group + GROUPS);
    await controller!.start();
    await mesh.settled();
    await until("the controller to know who has the track", async () => {
      const path = `/announce/lookup?track=concert/video&from=lyon`;
      return JSON.stringify((await controller!.ask("GET", path)).body).includes("lisbon");
    });
    const later = await publisher("encore", "lyon");
    await viewer(later, "lisbon");
    say(words(await lostNothing(ground, watching, { last: live.group + GROUPS })));
  },
);

meshTest(
  `with every controller dead for ${DEAD_SECONDS} s, publishers and viewers come and go on known paths`,
  {
    topology: chain("lisbon", "madrid", "lyon"),
    controllers: 2,
    relayConfig: STEADY,
    deadline: HANGS_MS + DEAD_SECONDS * 1000,
  },
  async (ground) => {
    const { mesh, publisher, viewer, say } = ground;
    const steady = await publisher("steady", "lisbon");
    const fickle = await publisher("fickle", "lyon");
    const watching = await viewer(steady, "lyon");
    (await viewer(fickle, "lisbon")).leave();

    await Promise.all(mesh.controllers.map((controller) => controller.end("SIGKILL")));
    const end = systemClock.now() + DEAD_SECONDS * 1000;
    let visits = 0;
    for (; visits === 0 || systemClock.now() < end; visits++) {
      const guest = await viewer(steady, visits % 2 === 0 ? "madrid" : "lyon");
      fickle.disconnect("lyon");
      await fickle.connect(mesh.relay("lyon"));
      // Once lyon has the publisher back, everybody can have it.
      (await viewer(fickle, "lyon")).leave();
      const stranger = await viewer(fickle, visits % 2 === 0 ? "lisbon" : "madrid");
      await stranger.has(fickle.group + 1);
      for (const one of [guest, stranger]) {
        one.leave();
        assert.deepEqual(one.faults, []);
      }
    }
    say(`${visits} viewers of each track came and went`);
    say(words(await lostNothing(ground, watching, { last: steady.group + GROUPS })));

    await Promise.all(mesh.controllers.map((controller) => controller.start()));
    await mesh.settled();
    say(words(await lostNothing(ground, watching, { last: steady.group + GROUPS })));
  },
);

meshTest(
  "two controllers that lose each other serve their halves, and agree when they meet again",
  {
    topology: chain("lisbon", "madrid", "lyon", "vienna"),
    controllers: 2,
    relayConfig: STEADY,
    controllersOf: (relay) => relay === "lisbon" || relay === "madrid" ? [0] : [1],
  },
  async (ground) => {
    const { mesh, publisher, viewer, say } = ground;
    const live = await publisher("concert", "lisbon");
    const watching = await viewer(live, "vienna");

    mesh.peerLinks.cut();
    const west = await publisher("west", "lisbon");
    const east = await publisher("east", "vienna");
    await viewer(west, "madrid");
    await viewer(east, "lyon");
    for (const [at, path] of [[0, "east"], [1, "west"]] as const) {
      const { body } = await mesh.controllers[at]!.ask("GET", `/announce/lookup?track=${path}`);
      assert.doesNotMatch(JSON.stringify(body), /lisbon|vienna/, `${path} crossed the cut`);
    }

    mesh.peerLinks.restore();
    await viewer(west, "vienna");
    await viewer(east, "lisbon");
    say(words(await lostNothing(ground, watching, { last: live.group + GROUPS })));
  },
);
