/** A publisher and a viewer of different dialects at two ends of a mesh, and a relay between them that dies. */
import assert from "node:assert/strict";
import { diamond } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import type { MatrixPublication, MatrixSubscription } from "../interop_matrix/client.ts";
import { scriptedOver } from "../interop_matrix/scripted_clients.ts";
import { type MemoryConnection, memoryPair } from "../support/transport/memory_connection.ts";

/** Of each kind of dialects the newest and the oldest. */
const DIALECTS = ["moqt-22", "moqt-18", "moqt-16", "moq-00", "moq-lite-06", "moq-lite-04"];

const GROUP_MS = 400;
const BEFORE = 5;
const ALL = 15;

/** A client's end of a session with one of the relays. */
function callAt(world: MeshWorld, name: string, protocol: string): MemoryConnection {
  const [client, server] = memoryPair();
  for (const end of [client, server]) Object.assign(end, { protocol });
  world.relay(name).accept(server);
  return client;
}

const TRACK = { path: "live/cam", name: "video" };
const payloadsOf = (group: number) => [0, 1, 2].map((object) => `${group}/${object}`);

/** Publishes the next group. */
async function passGroup(publication: MatrixPublication): Promise<void> {
  const group = await publication.startGroup();
  for (const payload of payloadsOf(group.id)) await group.write(new TextEncoder().encode(payload));
  await group.end();
}

/** The groups that come whole from now on, with the payloads of their objects. */
function wholeGroups(subscription: MatrixSubscription): ReadonlyMap<number, readonly string[]> {
  const begun = new Map<number, string[]>();
  const whole = new Map<number, readonly string[]>();
  const read = async () => {
    for (;;) {
      const event = await subscription.next();
      if (event === undefined) return;
      const payloads = begun.get(event.group) ?? [];
      begun.set(event.group, payloads);
      if (event.kind === "group_end") whole.set(event.group, payloads);
      else payloads.push(new TextDecoder().decode(event.payload));
    }
  };
  void read();
  return whole;
}

for (const publishing of DIALECTS) {
  for (const viewing of DIALECTS) {
    if (publishing === viewing) continue;
    Deno.test(`${publishing} in the west is watched by ${viewing} in the east, also when a relay between them dies`, async () => {
      await using world = new MeshWorld(diamond());
      await world.settle();
      const [west, east] = [callAt(world, "west", publishing), callAt(world, "east", viewing)];
      const publication = scriptedOver(west, publishing).then((peer) => peer.publish(TRACK));
      await world.advance(500);
      const subscription = scriptedOver(east, viewing).then((peer) => peer.subscribe(TRACK));
      await world.advance(500);
      const groups = wholeGroups(await subscription);
      for (let group = 0; group < ALL; group++) {
        if (group === BEFORE) {
          assert.equal(world.relay("north").left.tracks, 1, "it comes by the north");
          await world.kill("north");
        }
        const sent = passGroup(await publication);
        await world.advance(GROUP_MS);
        await sent;
      }
      await world.advance(2_000);
      assert.equal(world.relay("south").left.tracks, 1, "it comes by the south");
      const whole = [...groups].map(([group, payloads]) => {
        assert.deepEqual(payloads, payloadsOf(group));
        return group;
      }).sort((a, b) => a - b);
      // What was on its way when the relay died may be lost, and nothing else.
      const lost = Array.from({ length: ALL }, (_, group) => group).filter((group) =>
        !whole.includes(group)
      );
      assert.ok(lost.every((group) => group >= BEFORE - 1 && group <= BEFORE + 3), `lost ${lost}`);
      for (const end of [west, east]) end.close(0, "");
      await world.advance(500);
    });
  }
}
