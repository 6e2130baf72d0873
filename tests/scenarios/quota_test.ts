/** What a tenant may use of the relays, as a controller says. */
import assert from "node:assert/strict";
import { type ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { plainToken } from "../support/worlds/plain_tokens.ts";
import { SteeredWorld } from "../support/worlds/steered_world.ts";
import {
  accept,
  announce,
  closedWith,
  openSubgroup,
  publish,
  refused,
  sendSubscribeOk,
  subscribe,
} from "./script.ts";

const ALL = { root: "", put: "", get: "" };
const NOTHING = { sessions: 0, tracks: 0, ingress_bps: 0, egress_bps: 0 };

function comeWith(world: SteeredWorld, tenant: string): Promise<ScriptedPeer> {
  return world.connect({ setup: { authorizationTokens: [plainToken({ ...ALL, tenant })] } });
}

Deno.test("a tenant has no more sessions than its policy says, with those at other relays", async () => {
  await using world = new SteeredWorld();
  const first = await comeWith(world, "acme");
  await comeWith(world, "acme");
  world.tell({ policies: [{ tenant: "acme", sessions: 4 }] });
  await announce(await comeWith(world, "acme"), "live");
  world.steering.used([{ ...NOTHING, tenant: "acme", sessions: 1 }]);
  await closedWith(
    await comeWith(world, "acme"),
    "internal_error",
    /tenant acme uses all of its sessions/,
  );
  await announce(await comeWith(world, "birds"), "canary");
  await first.close();
  await world.settle();
  await announce(await comeWith(world, "acme"), "other");
  assert.equal(world.metrics.access.quotaRefusals.sessions, 1);
  assert.deepEqual(world.steering.usage.map(({ tenant, sessions }) => [tenant, sessions]), [
    ["acme", 3],
    ["birds", 1],
  ]);
});

Deno.test("a tenant has no more tracks than its policy says", async () => {
  await using world = new SteeredWorld();
  world.tell({ policies: [{ tenant: "acme", tracks: 2 }] });
  const peer = await comeWith(world, "acme");
  for (const name of ["a", "b"]) {
    const offered = await publish(peer, {
      track: trackOf("live", name),
      alias: BigInt(name.charCodeAt(0)),
    });
    await offered.expect("requestOk");
  }
  await refused(await publish(peer, { track: trackOf("live", "c"), alias: 9n }), "EXCESSIVE_LOAD");
  await world.advance(1_000);
  const again = await publish(peer, { track: trackOf("live", "c"), alias: 9n });
  const { reason } = await refused(again, "EXCESSIVE_LOAD");
  assert.match(reason, /tenant acme uses all of its tracks/);
  assert.equal(world.metrics.access.quotaRefusals.tracks, 2);
});

Deno.test("who sends or receives more than it may gets no more, and after some time loses what came last", async () => {
  await using world = new SteeredWorld();
  const canary = await comeWith(world, "birds");
  await announce(canary, "canary");
  const publisher = await comeWith(world, "acme");
  await announce(publisher, "live");
  const viewer = await comeWith(world, "acme");
  const first = await subscribe(viewer, {}, trackOf("canary", "v"));
  await sendSubscribeOk((await canary.expectRequest("subscribe")).request, { alias: 4n });
  await first.expect("subscribeOk");
  const watching = await subscribe(viewer, {}, trackOf("live", "v"));
  await accept(publisher);
  await watching.expect("subscribeOk");
  const other = await comeWith(world, "birds");
  const unharmed = await subscribe(other, {}, trackOf("live", "v"));
  await unharmed.expect("subscribeOk");
  const sending = await openSubgroup(publisher);
  await sending.send({ id: 0, payload: "x".repeat(60_000) });
  await world.settle();
  await world.advance(1_000);
  await world.advance(1_000);
  const [used] = world.steering.usage.filter(({ tenant }) => tenant === "acme");
  assert.ok(used!.egress_bps > 100_000 && used!.ingress_bps > 100_000, JSON.stringify(used));
  assert.equal(used!.tracks, 1);
  world.tell({ policies: [{ tenant: "acme", egress_bps: 50_000 }] });
  await refused(await subscribe(viewer, {}, trackOf("live", "w")), "EXCESSIVE_LOAD");
  await announce(publisher, "more");
  world.steering.used([{ ...NOTHING, tenant: "acme", egress_bps: 60_000 }]);
  const end = watching.next();
  await world.advance(9_000);
  await world.stillPending(end, "The end of the newest subscription");
  assert.equal(world.metrics.access.tenantsOverQuota, 1);
  await world.advance(2_000);
  const message = await end;
  assert.equal(message.kind, "publishDone");
  await world.stillPending(first.next(), "The end of the older subscription");
  await world.stillPending(unharmed.next(), "The end of another tenant's subscription");
  assert.equal(world.metrics.access.requestsCut.over_quota, 1);
  world.tell({ unlimited: ["acme"] });
  await world.advance(2_000);
  assert.equal(world.metrics.access.tenantsOverQuota, 0);
  await announce(publisher, "still");
});

Deno.test("sessions above a policy that was lowered are ended, the newest first", async () => {
  await using world = new SteeredWorld();
  const peers = [];
  for (let at = 0; at < 4; at++) peers.push(await comeWith(world, "acme"));
  world.tell({ policies: [{ tenant: "acme", sessions: 2 }] });
  await world.advance(1_000);
  await world.stillPending(peers[3]!.closed, "The end of the newest session");
  await world.advance(11_000);
  for (const peer of peers.slice(2)) await closedWith(peer, "internal_error", /more than it may/);
  await world.stillPending(
    Promise.race([peers[0]!.closed, peers[1]!.closed]),
    "The end of another",
  );
});
