/** Clocks that are wrong, and names that somebody else has. */
import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import { MAX_EPOCH_AHEAD_MS } from "@qumo/shared/topology";
import { type ControlPlaneWorld, scenario } from "../support/worlds/control_plane_world.ts";
import { START } from "../support/worlds/sdn_controller.ts";

const A = "http://a.test";
const TOMBSTONE_MS = 3_600_000;
const LEASE_MS = 90_000;

/** A clock that shows another time of the day. */
function skewed({ clock }: ControlPlaneWorld, milliseconds: number): Clock {
  return {
    now: () => clock.now(),
    wall: () => clock.wall() + milliseconds,
    after: (wait, act) => clock.after(wait, act),
  };
}

scenario("no epoch far ahead of the time keeps a relay out, however it is sent", async (world) => {
  const { ask } = await world.site(A).start();
  const london = world.relay({ name: "london", urls: [A] });
  london.plane.start();
  await world.settle();
  for (const epoch of [Number.MAX_SAFE_INTEGER, START + MAX_EPOCH_AHEAD_MS + 60_000]) {
    const { status, body } = await ask("PUT", "/relay/london", { epoch });
    assert.deepEqual([status, body.code, body.lives], [409, "epoch_ahead", true]);
    assert.equal(body.epoch, world.clock.wall());
  }
  await world.pass(LEASE_MS);
  assert.equal(london.plane.status.problem, undefined);
});

scenario("a relay that was fenced off registers anew once the other one is gone", async (world) => {
  const { ask } = await world.site(A).start();
  const { plane, lines } = world.relay({ name: "london", urls: [A] });
  plane.announced("live/show");
  plane.start();
  await world.settle();
  const epoch = world.clock.wall() + 300_000;
  assert.equal((await ask("PUT", "/relay/london", { epoch, seq: 2 ** 52 })).status, 200);
  await world.pass(60_000);
  assert.equal(plane.status.problemCode, "stale_epoch");
  // Its lease ends; its tombstone stays for an hour.
  await world.pass(LEASE_MS);
  assert.equal(plane.status.problem, undefined);
  const { body } = await ask("GET", "/relay/london");
  assert.deepEqual([body.epoch, body.announces], [epoch + 1, 1]);
  const renewals = lines.filter(({ text }) => text.startsWith("warn: registering with another"));
  assert.equal(renewals.length, 1);
});

scenario(
  "a relay is not held off by heartbeats that somebody else sent in its place",
  async (world) => {
    const { ask } = await world.site(A).start();
    const { plane } = world.relay({ name: "london", urls: [A] });
    plane.start();
    await world.settle();
    const { epoch } = (await ask("GET", "/relay/london")).body;
    assert.equal((await ask("PUT", "/relay/london", { epoch, seq: 2 ** 52 })).status, 200);
    await world.pass(LEASE_MS);
    assert.equal(plane.status.problem, undefined);
    assert.equal((await ask("GET", "/relay/london")).body.epoch, epoch + 1);
  },
);

scenario("a relay whose clock was ahead comes back at once when it is put right", async (world) => {
  const { ask } = await world.site(A).start();
  for (const [name, isOrderly] of [["orderly", true], ["killed", false]] as const) {
    const epoch = world.clock.wall() + MAX_EPOCH_AHEAD_MS;
    assert.equal((await ask("PUT", `/relay/${name}`, { epoch, seq: 1 })).status, 200);
    if (isOrderly) assert.equal((await ask("DELETE", `/relay/${name}`)).status, 200);
    else await world.pass(LEASE_MS);
    const { plane } = world.relay({ name, urls: [A] });
    plane.start();
    await world.settle();
    assert.equal(plane.status.problem, undefined, name);
    assert.equal((await ask("GET", `/relay/${name}`)).status, 200);
    await plane.deregister();
    assert.equal((await ask("GET", `/relay/${name}`)).status, 404, "its farewell counts");
  }
});

scenario("a relay that leaves does not take its name back from a newer one", async (world) => {
  const { ask } = await world.site(A).start();
  const { plane, report } = world.relay({ name: "london", urls: [A] });
  plane.start();
  await world.settle();
  report.draining = true;
  const { epoch } = (await ask("GET", "/relay/london")).body;
  await ask("PUT", "/relay/london", { epoch: epoch + 1 });
  await world.pass(60_000 + LEASE_MS);
  assert.equal((await ask("GET", "/relay/london")).status, 404);
});

// From here on the epochs of this process are a day ahead.
scenario(
  "a relay whose clock is ahead registers by the controller's time, and says so",
  async (world) => {
    const { ask } = await world.site(A).start();
    const clock = skewed(world, 86_400_000);
    const { plane, lines } = world.relay({ name: "london", urls: [A] }, { clock });
    plane.start();
    await world.settle();
    assert.equal(plane.status.problem, undefined);
    assert.equal((await ask("GET", "/relay/london")).body.epoch, START);
    assert.ok(lines.some(({ text }) => text.startsWith("warn: registering with another epoch")));
    // Its successor has a clock that is right.
    await world.pass(TOMBSTONE_MS / 2);
    const next = await ask("PUT", "/relay/london", { epoch: world.clock.wall(), seq: 1 });
    assert.equal(next.status, 200);
  },
);

scenario(
  "a process whose name another one took notices at once, not with its next heartbeat",
  async (world) => {
    await world.site(A).start();
    const older = world.relay({ name: "london", urls: [A] });
    older.plane.start();
    await world.pass(2_000);
    const newer = world.relay({ name: "london", urls: [A] });
    newer.plane.start();
    await world.pass(300);
    const said = () => older.lines.filter(({ text }) => text.includes("a newer process")).length;
    assert.equal(said(), 1);
    const codes = [older.plane.status.problemCode, newer.plane.status.problemCode];
    assert.deepEqual(codes, ["stale_epoch", undefined]);
    await world.pass(60_000);
    assert.equal(said(), 1, "it is said once");
  },
);
