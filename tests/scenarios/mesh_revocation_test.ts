/** Links to a relay that is revoked: they end at once, and none is made until that is taken back. */
import assert from "node:assert/strict";
import { chain } from "../support/mesh/topology.ts";
import { MeshWorld, type WorldRelay } from "../support/mesh_world.ts";

const link = (world: MeshWorld, from: string, to: string) =>
  world.relay(from).links.find(({ neighbor }) => neighbor === to);

/** A relay is told that another is revoked, for as long as is said, or that it is not any more. */
function tell(relay: WorldRelay, name: string, lastsMs: number): void {
  const now = relay.clock.wall();
  const revocation = {
    id: name,
    kind: "subject" as const,
    value: name,
    reason: "stolen",
    created_at: new Date(now).toISOString(),
    expires_at: new Date(now + lastsMs).toISOString(),
  };
  const isRevoked = lastsMs > 0;
  relay.steering.change({
    revocations: isRevoked ? [revocation] : [],
    unrevoked: isRevoked ? [] : [name],
    policies: [],
    unlimited: [],
  });
}

Deno.test("a relay that is revoked is called by nobody, until that is taken back", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  assert.equal(link(world, "b", "c")?.state, "up");
  tell(world.relay("b"), "c", 3_600_000);
  await world.advance(20);
  assert.equal(link(world, "b", "c")?.state, "dialing");
  assert.equal(link(world, "b", "c")?.failure, "it is revoked: stolen");
  assert.equal(link(world, "b", "a")?.state, "up", "others are not concerned");
  // Neither its retries nor a change of the mirror call it again.
  await world.advance(30_000);
  assert.equal(link(world, "b", "c")?.state, "dialing");
  tell(world.relay("b"), "c", 0);
  await world.advance(20);
  assert.notEqual(link(world, "b", "c")?.state, "dialing");
});

Deno.test("a relay whose revocation is over is called again without being told", async () => {
  await using world = new MeshWorld(chain("a", "b"));
  await world.settle();
  tell(world.relay("a"), "b", 1_000);
  await world.advance(20);
  assert.equal(link(world, "a", "b")?.state, "dialing");
  await world.advance(6_000);
  assert.notEqual(link(world, "a", "b")?.state, "dialing");
});

Deno.test("a relay that is revoked while it is being called has no link", async () => {
  await using world = new MeshWorld(chain("a", "b"));
  await world.settle();
  for (let ms = 0; ms < 40; ms++) {
    tell(world.relay("a"), "b", 3_600_000);
    await world.advance(60);
    assert.equal(link(world, "a", "b")?.state, "dialing");
    tell(world.relay("a"), "b", 0);
    await world.advance(ms);
  }
});
