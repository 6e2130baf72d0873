/** The mark in the URL of a client that a controller's `/assign` sent. */
import assert from "node:assert/strict";
import { protocols } from "../../relay/session/negotiate.ts";
import { scriptedOver } from "../interop_matrix/scripted_clients.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";

for (const protocol of protocols) {
  Deno.test(`a URL of /assign is taken in ${protocol}, for the scope that it names without the mark`, async () => {
    await using world = new SessionWorld();
    for (
      const [path, isAssigned] of [["/room?jwt=x&via=assign", true], [
        "/room?via=x",
        false,
      ]] as const
    ) {
      const { session, far } = world.attach({ protocol, webTransport: path });
      // It asks for a track that nobody has.
      void scriptedOver(far, protocol)
        .then((peer) => peer.subscribe({ path: "live/cam", name: "video" })).catch(() => {});
      await world.settle();
      const established = await session.established;
      assert.deepEqual(
        [established?.peer.isAssigned, established?.peer.path],
        [isAssigned, "/room"],
      );
    }
  });
}
