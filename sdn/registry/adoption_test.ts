import assert from "node:assert/strict";
import { Registry } from "./registry.ts";

const LEASE = 1000;

function registry(controller: string, limits = {}): Registry {
  return new Registry({
    controller,
    leaseMs: LEASE,
    tombstoneMs: 10 * LEASE,
    smoothing: 1,
    revision: 0,
    ...limits,
  });
}

function tell(from: Registry, to: Registry, { name, now }: { name: string; now: number }) {
  const known = from.adoption(name, now);
  return known && to.adopt([known], now);
}

const beat = (at: Registry, now: number, body = {}) =>
  at.apply({ kind: "register", name: "a", body }, now);

Deno.test("a relay is taken over with its drain, its announces and what is left of its lease", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  beat(one, 0, { region: "eu", links: { b: { rtt_ms: 7 } }, announces: ["x", "y"] });
  one.apply({ kind: "drain", name: "a", on: true }, 0);
  one.apply({ kind: "withdraw", relay: "a", track: "y" }, 0);
  const batch = tell(one, other, { name: "a", now: 400 });
  assert.deepEqual(batch?.changes.map((change) => change.kind), ["relay", "drain", "announce"]);
  assert.equal(other.leaseEnd("a"), LEASE);
  assert.equal(other.relays.get("a")?.draining, true);
  assert.deepEqual(other.directory.page("", 9).map((entry) => entry.track), ["x"]);
  assert.equal(tell(one, other, { name: "a", now: 500 }), undefined);
});

Deno.test("controllers that tell each other of a dead relay do not keep it alive", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  beat(one, 0);
  let now = 0;
  for (; one.relays.size + other.relays.size > 0 && now < 5 * LEASE; now += 50) {
    for (const at of [one, other]) at.expire(now);
    // Each message seems to add what it took to travel.
    const [there, back] = [one.adoption("a", now), other.adoption("a", now)];
    if (there) other.adopt([there], now + 40);
    if (back) one.adopt([back], now + 40);
  }
  assert.ok(now <= LEASE + 100, `still alive at ${now}`);
});

Deno.test("controllers that are busy for ever, and tell each other of a dead relay, let it end", () => {
  for (const [look, otherLook, exchange] of [[50, 50, 100], [50, 100, 350], [300, 250, 700]]) {
    const [one, other] = [registry("c1"), registry("c2")];
    beat(one, 0);
    tell(one, other, { name: "a", now: 0 });
    let now = 0;
    for (; one.relays.size + other.relays.size > 0 && now < 60 * LEASE; now += 10) {
      if (now % look! === 0) one.expire(now, { totalMs: 0, isBusy: true });
      if ((now + 30) % otherLook! === 0) other.expire(now, { totalMs: 0, isBusy: true });
      if (now % exchange! !== 0) continue;
      const [there, back] = [one.adoption("a", now), other.adoption("a", now)];
      if (there) other.adopt([there], now);
      if (back) one.adopt([back], now);
    }
    assert.ok(now <= 10 * LEASE, `still alive at ${now}`);
  }
});

Deno.test("a relay that beats elsewhere comes back to a controller that had given it up", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  beat(one, 0, { epoch: 1, seq: 1 });
  tell(one, other, { name: "a", now: 0 });
  beat(other, 900, { epoch: 1, seq: 2 });
  one.expire(1000);
  assert.equal(one.relays.size, 0);
  tell(other, one, { name: "a", now: 1001 });
  assert.equal(one.leaseEnd("a"), 1900);
  assert.equal(one.tombstones.size, 0);
});

Deno.test("beats that controllers number each for itself do not hide a relay that lives", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  for (let i = 0; i < 9; i++) beat(one, i);
  tell(one, other, { name: "a", now: 10 });
  for (let i = 10; i < 19; i++) beat(one, i);
  beat(other, 900);
  assert.ok((one.relays.get("a")?.beat ?? 0) > (other.relays.get("a")?.beat ?? 0));
  tell(other, one, { name: "a", now: 950 });
  assert.equal(one.leaseEnd("a"), 1900);
});

Deno.test("a deregistration ends the life everywhere, and nobody's late word brings it back", () => {
  const [one, other, third] = [registry("c1"), registry("c2"), registry("c3")];
  beat(one, 0, { epoch: 1, seq: 1, announces: ["x"] });
  tell(one, other, { name: "a", now: 0 });
  beat(other, 1, { epoch: 1, seq: 2 });
  one.apply({ kind: "deregister", name: "a" }, 2);
  tell(other, one, { name: "a", now: 3 });
  assert.equal(one.relays.size, 0);
  tell(one, other, { name: "a", now: 4 });
  assert.equal(other.directory.size, 0);
  tell(one, third, { name: "a", now: 5 });
  assert.equal(third.tombstones.get("a")?.reason, "deregistered");
  assert.equal(tell(one, third, { name: "a", now: 6 }), undefined);
});

Deno.test("an end is forgotten everywhere at about the same time", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  beat(one, 0);
  one.apply({ kind: "deregister", name: "a" }, 0);
  tell(one, other, { name: "a", now: 9 * LEASE });
  assert.equal(other.nextDeadline, 10 * LEASE);
});

Deno.test("a heartbeat that is heard again counts after what another controller told meanwhile", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  const body = { region: "eu" };
  beat(one, 0, body);
  tell(one, other, { name: "a", now: 0 });
  beat(other, 1, { region: "us" });
  tell(other, one, { name: "a", now: 1 });
  assert.equal(one.relays.get("a")?.record.region, "us");
  beat(one, 2, body);
  assert.equal(one.relays.get("a")?.record.region, "eu");
});

Deno.test("the flows of a relay are over where it has not beaten for a lease, though it lives on", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  const flows = [{ track: "x", next_hop: "b", source: "b" }];
  beat(one, 0, { epoch: 1, seq: 1, flows });
  tell(one, other, { name: "a", now: 0 });
  beat(other, LEASE - 1, { epoch: 1, seq: 2, flows });
  tell(other, one, { name: "a", now: LEASE - 1 });
  assert.deepEqual([one.flows.size, one.nextDeadline], [1, LEASE]);
  const batch = one.expire(LEASE);
  assert.deepEqual(batch?.changes, [{ kind: "flows", relay: "a", flows: [] }]);
  assert.deepEqual([one.relays.size, one.flows.size, other.flows.size], [1, 0, 1]);
});

Deno.test("what does not fit is left out", () => {
  const [one, other] = [registry("c1"), registry("c2", { maxAnnounces: 1 })];
  beat(one, 0, { announces: ["x", "y"] });
  assert.equal(tell(one, other, { name: "a", now: 0 }), undefined);
  assert.equal(other.relays.size, 0);
});

Deno.test("an expired state is not taken over", () => {
  const [one, other] = [registry("c1"), registry("c2")];
  beat(one, 0);
  assert.equal(tell(one, other, { name: "a", now: LEASE }), undefined);
  assert.equal(other.relays.size, 0);
});
