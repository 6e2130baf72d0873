/** Clients of moq-lite at different relays of a mesh, whose links are MoQT. */
import { Deadline } from "../support/deadline.ts";
import { meshTest } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import { readObjects, writeObjects } from "../support/peers/traffic.ts";

const MOQT = "moqt-18";
const PATH = "live/lite";
const GROUPS = 3;
const OBJECTS = 5;

for (
  const [publishing, ...viewing] of [
    ["moq-lite-05", "moq-lite-05", "moq-lite-03", MOQT],
    [MOQT, "moq-lite-04", "moq-lite-05"],
  ] as const
) {
  meshTest(
    `${publishing} at one relay is viewed by ${viewing.join(", ")} two relays further`,
    { topology: chain("lisbon", "madrid", "lyon") },
    async ({ mesh }) => {
      using deadline = new Deadline();
      await using ends = new AsyncDisposableStack();
      const join = async (protocol: string, relay: string) => {
        const peer = await moqNetBy(protocol)(mesh.relay(relay));
        ends.defer(() => peer.close());
        return peer;
      };
      const publisher = await join(publishing, "lisbon");
      const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
      const watches = [];
      for (const protocol of viewing) {
        const viewer = await join(protocol, "lyon");
        await deadline.for("the announcement", viewer.announced(PATH));
        watches.push(await deadline.for("a viewer", viewer.watch(PATH, "video")));
      }
      await deadline.for("the subscriber", publication.subscribed("video"));
      for (let count = 0; count < GROUPS; count++) {
        const group = await deadline.for("a group", publication.startGroup("video"));
        await writeObjects(group, 0, OBJECTS);
        await group.end();
        for (const watch of watches) await readObjects(watch, group.id, 0, OBJECTS, deadline);
      }
    },
  );
}
