/** Links to a relay that is revoked: they end at once, and none is made until that is taken back. */
import assert from "node:assert/strict";
import { chain } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";

const link = (world: MeshWorld, from: string, to: string) =>
  world.relay(from).mesh.links().find(({ neighbor }) => neighbor === to);

Deno.test("a relay that is revoked is called by nobody, until that is taken back", async () => {
  await using world = new MeshWorld(chain("a", "b", "c"));
  await world.settle();
  const { banned, mesh } = world.relay("b");
  assert.equal(link(world, "b", "c")?.state, "up");
  banned.set("c", "it is revoked: stolen");
  mesh.reviewBans();
  await world.advance(20);
  assert.equal(link(world, "b", "c")?.state, "dialing");
  assert.equal(link(world, "b", "c")?.failure, "it is revoked: stolen");
  assert.equal(link(world, "b", "a")?.state, "up", "others are not concerned");
  // Neither its retries nor a change of the mirror call it again.
  await world.advance(30_000);
  assert.equal(link(world, "b", "c")?.state, "dialing");
  banned.clear();
  mesh.reviewBans();
  await world.advance(20);
  assert.notEqual(link(world, "b", "c")?.state, "dialing");
});

Deno.test("a relay whose revocation is over is called again without being told", async () => {
  await using world = new MeshWorld(chain("a", "b"));
  await world.settle();
  const { banned, mesh } = world.relay("a");
  banned.set("b", "it is revoked");
  mesh.reviewBans();
  await world.advance(1_000);
  banned.clear();
  await world.advance(5_000);
  assert.notEqual(link(world, "a", "b")?.state, "dialing");
});

Deno.test("a relay that is revoked while it is being called has no link", async () => {
  await using world = new MeshWorld(chain("a", "b"));
  const { banned, mesh } = world.relay("a");
  for (let ms = 0; ms < 40; ms++) {
    banned.set("b", "it is revoked");
    mesh.reviewBans();
    await world.advance(60);
    assert.equal(link(world, "a", "b")?.state, "dialing");
    banned.clear();
    mesh.reviewBans();
    await world.advance(ms);
  }
});
