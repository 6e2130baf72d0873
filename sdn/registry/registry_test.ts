import assert from "node:assert/strict";
import { announcesDigest, MAX_EPOCH_AHEAD_MS, type Registration } from "@qumo/shared/topology";
import type { Command } from "./command.ts";
import { Registry, type RegistryOptions } from "./registry.ts";

const LEASE = 90_000;

function registry(options: Partial<RegistryOptions> = {}): Registry {
  return new Registry({
    controller: "c1",
    leaseMs: LEASE,
    tombstoneMs: 600_000,
    smoothing: 0.5,
    revision: 0,
    ...options,
  });
}

const register = (name: string, body: Registration = {}): Command => ({
  kind: "register",
  name,
  body,
});
const announce = (relay: string, track: string): Command => ({ kind: "announce", relay, track });

function accept(at: Registry, command: Command, now = 0) {
  const outcome = at.apply(command, now);
  if (!outcome.ok) assert.fail(`${outcome.refusal.code}: ${outcome.refusal.message}`);
  return outcome.value;
}

function refuse(at: Registry, command: Command, now = 0): string {
  const before = at.revision;
  const outcome = at.apply(command, now);
  assert.equal(at.revision, before);
  return outcome.ok ? "accepted" : outcome.refusal.code;
}

Deno.test("a registration is one step of the revision, a heartbeat that changes nothing is none", () => {
  const at = registry();
  const first = accept(at, register("tokyo", { region: "asia", neighbors: { london: 250 } }));
  assert.equal(first.step?.revision, 1);
  assert.deepEqual(first.step?.changes.map((change) => change.kind), ["relay"]);
  assert.equal(
    accept(at, register("tokyo", { neighbors: { london: 250 } }), 30_000).step,
    undefined,
  );
  assert.equal(at.leaseEnd("tokyo"), 30_000 + LEASE);
  assert.equal(at.revision, 1);
});

Deno.test("what follows from a command is what to keep, whose lease to renew and what to answer", () => {
  const at = registry();
  const leaseEnd = 10 + LEASE;
  const first = accept(at, register("a", { announces: ["x"], announces_digest: "other" }), 10);
  assert.deepEqual(first.step?.changes.map(({ kind }) => kind), ["relay", "announce"]);
  assert.deepEqual([first.renews, first.answer], [
    "a",
    { hasChanged: true, leaseEnd, resendAnnounces: true },
  ]);
  const { step, renews, answer } = accept(at, { kind: "drain", name: "a", on: true }, 20);
  assert.deepEqual([step?.revision, renews, answer], [2, undefined, { hasChanged: true }]);
  const again = accept(at, { kind: "drain", name: "a", on: true }, 20);
  assert.deepEqual([again.step, again.answer], [undefined, { hasChanged: false }]);
});

Deno.test("a step has each relay that it is about as it leaves it, whatever comes later", () => {
  const at = registry();
  const first = accept(at, register("a", { region: "x", announces: ["one"] }), 10).step;
  accept(at, register("a", { region: "y", announces: ["one", "two"] }), 20);
  accept(at, { kind: "drain", name: "a", on: true }, 20);
  const relay = first?.relays.get("a");
  assert.equal(relay?.record.region, "x");
  assert.deepEqual(
    [relay?.modified, relay?.announces, relay?.draining, relay?.heardAt, relay?.leaseEnd],
    [1, 1, false, 10, 10 + LEASE],
  );
  const gone = accept(at, { kind: "deregister", name: "a" }).step;
  assert.deepEqual([gone?.changes[0]?.kind, gone?.relays.size], ["gone", 0]);
});

Deno.test("empty fields keep what was known, links are replaced, a cost of zero or less is 1", () => {
  const at = registry();
  accept(at, register("a", { region: "eu", address: "https://a:1", neighbors: { b: 5, c: 0 } }));
  accept(at, register("a", { region: "", address: "", neighbors: { c: -3, a: 9 } }));
  const record = at.relays.get("a")?.record;
  assert.equal(record?.region, "eu");
  assert.equal(record?.address, "https://a:1");
  assert.deepEqual([...record?.links ?? []], [["c", { cost: 1, up: true }]]);
});

Deno.test("links and neighbors together name the links, and the cost in links wins", () => {
  const at = registry();
  accept(
    at,
    register("a", {
      neighbors: { b: 5, c: 7 },
      links: { b: { cost: 0, up: false }, d: { rtt_ms: 3 } },
    }),
  );
  assert.deepEqual([...at.relays.get("a")?.record.links ?? []], [
    ["b", { cost: 0, up: false }],
    ["c", { cost: 7, up: true }],
    ["d", { cost: 1, up: true, rttMs: 3 }],
  ]);
});

Deno.test("a relay is gone at the very end of its lease, and not before", () => {
  const at = registry();
  accept(at, register("a"), 5);
  accept(at, announce("a", "live/x"), 6);
  assert.equal(at.nextDeadline, 5 + LEASE);
  assert.equal(at.expire(4 + LEASE), undefined);
  const step = at.expire(5 + LEASE);
  assert.equal(step?.changes[0]?.kind, "gone");
  assert.equal(at.relays.size, 0);
  assert.deepEqual(at.directory.of("live/x"), []);
});

Deno.test("an end is remembered for its lifetime, then forgotten", () => {
  const at = registry({ tombstoneMs: 1000 });
  accept(at, register("a"));
  accept(at, { kind: "deregister", name: "a" }, 10);
  assert.equal(at.nextDeadline, 1010);
  assert.equal(at.expire(1009), undefined);
  assert.equal(at.tombstones.size, 1);
  assert.equal(at.expire(1010), undefined);
  assert.equal(at.tombstones.size, 0);
});

Deno.test("once a relay has deregistered its name is free for any epoch, which fences again", () => {
  const at = registry();
  accept(at, register("a", { epoch: 9, seq: 7, announces: ["x"] }));
  assert.equal(refuse(at, register("a", { epoch: 5, seq: 1 })), "stale_epoch");
  accept(at, { kind: "deregister", name: "a" });
  accept(at, register("a", { epoch: 5, seq: 1, announces: ["y"] }));
  const record = () => at.relays.get("a")?.record;
  const version = { epoch: 9, number: 2, seq: 1, by: "" };
  assert.deepEqual([record()?.version, record()?.ownEpoch], [version, 5], "others see it as newer");
  accept(at, register("a", { epoch: 5, seq: 2, region: "eu" }));
  assert.equal(refuse(at, register("a", { epoch: 5, seq: 1 })), "stale_sequence");
  assert.equal(refuse(at, register("a", { epoch: 4, seq: 9 })), "stale_epoch");
  accept(at, register("a", { epoch: 6, seq: 1 }));
  assert.equal(refuse(at, register("a", { epoch: 5, seq: 3 })), "stale_epoch");
  assert.deepEqual([record()?.version.number, record()?.ownEpoch], [3, 6]);
  assert.equal(at.directory.size, 0, "its announces were another process's");
  accept(at, register("a", { epoch: 10, seq: 1 }));
  assert.deepEqual([record()?.version.epoch, record()?.ownEpoch], [10, undefined]);
});

Deno.test("a relay that expired under a lower epoch than others goes on with it", () => {
  const at = registry();
  accept(at, register("a", { epoch: 9, seq: 7 }));
  accept(at, { kind: "deregister", name: "a" });
  accept(at, register("a", { epoch: 5, seq: 1 }));
  at.expire(90_000);
  assert.equal(refuse(at, register("a", { epoch: 5, seq: 1 }), 90_000), "stale_sequence");
  assert.equal(refuse(at, register("a", { epoch: 4, seq: 5 }), 90_000), "stale_epoch");
  accept(at, register("a", { epoch: 5, seq: 2 }), 90_000);
  assert.equal(at.relays.get("a")?.record.ownEpoch, 5);
});

Deno.test("an epoch far ahead of the time is refused, unless it follows the newest one", () => {
  const at = registry();
  const wall = 1_000_000;
  const beat = (epoch: number): Command => ({ ...register("a", { epoch }), wall } as Command);
  const most = wall + MAX_EPOCH_AHEAD_MS;
  assert.equal(refuse(at, beat(most + 1)), "epoch_ahead");
  accept(at, beat(most));
  accept(at, beat(most + 1));
  // The controller's own clock went back.
  accept(at, { ...beat(most + 1), wall: 0 } as Command);
  assert.equal(refuse(at, { ...beat(most + 3), wall: 0 } as Command), "epoch_ahead");
});

Deno.test("an older epoch is refused, a newer one fences it and drops the announces", () => {
  const at = registry();
  accept(at, register("a", { epoch: 5, seq: 9, announces: ["x"] }));
  assert.equal(refuse(at, register("a", { epoch: 4, seq: 100 })), "stale_epoch");
  const { step } = accept(at, register("a", { epoch: 6, seq: 0 }));
  assert.deepEqual(step?.changes.map((change) => change.kind), ["withdraw", "relay"]);
  assert.equal(at.directory.size, 0);
});

Deno.test("a late heartbeat is refused, a repeated one is accepted and changes nothing", () => {
  const at = registry();
  accept(at, register("a", { epoch: 1, seq: 3, region: "eu", links: { b: { rtt_ms: 40 } } }));
  assert.equal(refuse(at, register("a", { epoch: 1, seq: 2 })), "stale_sequence");
  const repeated = { epoch: 1, seq: 3, region: "eu", links: { b: { rtt_ms: 40 } } };
  assert.equal(accept(at, register("a", repeated), 50).step, undefined);
  assert.equal(at.leaseEnd("a"), 50 + LEASE);
  assert.equal(refuse(at, register("a", { ...repeated, region: "us" })), "stale_sequence");
});

Deno.test("a heartbeat from before the deregistration does not bring the relay back", () => {
  const at = registry();
  accept(at, register("a", { epoch: 1, seq: 3 }));
  accept(at, { kind: "deregister", name: "a" });
  assert.equal(refuse(at, register("a", { epoch: 1, seq: 3 })), "stale_sequence");
  assert.equal(refuse(at, announce("a", "x")), "relay_not_found");
  accept(at, register("a", { epoch: 1, seq: 4 }));
  assert.deepEqual(at.relays.get("a")?.record.version, { epoch: 1, number: 2, seq: 4, by: "" });
});

Deno.test("announces die with their relay and do not come back with it", () => {
  const at = registry();
  accept(at, register("a"));
  accept(at, announce("a", "live/x"));
  accept(at, { kind: "deregister", name: "a" });
  accept(at, register("a"));
  assert.equal(at.directory.size, 0);
});

Deno.test("a relay that only announces lives by its announces", () => {
  const at = registry();
  accept(at, announce("leaf", "live/x"), 0);
  assert.equal(at.relays.get("leaf")?.record.registered, false);
  assert.equal(accept(at, announce("leaf", "live/x"), 100).step, undefined);
  assert.equal(at.leaseEnd("leaf"), 100 + LEASE);
  accept(at, register("leaf"), 200);
  accept(at, announce("leaf", "live/x"), 300);
  assert.equal(at.leaseEnd("leaf"), 200 + LEASE);
});

Deno.test("a heartbeat's announces replace those before; a digest that differs asks for them", () => {
  const at = registry();
  accept(at, register("a", { announces: ["x", "y"] }));
  const { step } = accept(at, register("a", { announces: ["y", "z"] }));
  assert.deepEqual(step?.changes.map((change) => change.kind), ["withdraw", "announce"]);
  const same = announcesDigest(["z", "y"]);
  assert.equal(accept(at, register("a", { announces_digest: same })).answer.resendAnnounces, false);
  accept(at, { kind: "withdraw", relay: "a", track: "z" });
  assert.equal(accept(at, register("a", { announces_digest: same })).answer.resendAnnounces, true);
});

Deno.test("withdrawing what is not announced is refused", () => {
  const at = registry();
  accept(at, register("a"));
  assert.equal(refuse(at, { kind: "withdraw", relay: "a", track: "x" }), "announce_not_found");
  assert.equal(refuse(at, { kind: "withdraw", relay: "b", track: "x" }), "announce_not_found");
  assert.equal(refuse(at, { kind: "deregister", name: "b" }), "relay_not_found");
  assert.equal(refuse(at, { kind: "drain", name: "b", on: true }), "relay_not_found");
});

Deno.test("a drain order holds over heartbeats until it is lifted or the life ends", () => {
  const at = registry();
  accept(at, register("a", { epoch: 1 }));
  accept(at, { kind: "drain", name: "a", on: true });
  assert.equal(accept(at, { kind: "drain", name: "a", on: true }).step, undefined);
  accept(at, register("a", { epoch: 1, region: "eu" }));
  assert.equal(at.relays.get("a")?.draining, true);
  accept(at, { kind: "drain", name: "a", on: false });
  assert.equal(at.relays.get("a")?.draining, false);
  accept(at, { kind: "drain", name: "a", on: true });
  accept(at, register("a", { epoch: 2 }));
  assert.equal(at.relays.get("a")?.draining, false);
  accept(at, register("a", { epoch: 2, draining: true }));
  assert.equal(at.relays.get("a")?.draining, true);
});

Deno.test("compare-and-set holds against the revision of the last change", () => {
  const at = registry();
  const expecting = (match: number | "any", region: string): Command => ({
    kind: "register",
    name: "a",
    body: { region },
    match,
  });
  assert.equal(refuse(at, expecting("any", "eu")), "precondition_failed");
  accept(at, register("a", { region: "eu" }));
  accept(at, register("b"));
  accept(at, expecting(1, "us"));
  assert.equal(refuse(at, expecting(1, "asia")), "precondition_failed");
  accept(at, expecting(3, "asia"));
  accept(at, expecting("any", "eu"));
  const stale: Command = { kind: "deregister", name: "a", match: 1 };
  assert.equal(refuse(at, stale), "precondition_failed");
});

Deno.test("measurements are smoothed, and published when they moved beyond their noise", () => {
  const at = registry();
  const beat = (rtt_ms: number) => accept(at, register("a", { links: { b: { rtt_ms } } })).step;
  const rtt = () => at.relays.get("a")?.record.links.get("b")?.rttMs;
  beat(100);
  assert.equal(beat(110), undefined);
  assert.equal(rtt(), 100);
  assert.notEqual(beat(200), undefined);
  assert.equal(rtt(), 152.5);
  accept(at, register("a", { links: { b: {} } }));
  assert.equal(rtt(), 152.5);
});

Deno.test("load is smoothed, and published when it moved beyond its noise", () => {
  const at = registry();
  const beat = (sessions: number) => accept(at, register("a", { load: { sessions } })).step;
  const sessions = () => at.relays.get("a")?.record.load?.sessions;
  beat(100);
  assert.equal(beat(119), undefined);
  assert.equal(beat(95), undefined);
  assert.notEqual(beat(130), undefined);
  assert.equal(sessions(), 116);
  assert.notEqual(accept(at, register("a")).step, undefined);
  assert.equal(sessions(), undefined);
});

Deno.test("the limits hold, and what is at the limit can still be renewed", () => {
  const at = registry({ maxRelays: 2, maxAnnouncesPerRelay: 2, maxAnnounces: 3 });
  accept(at, register("a", { announces: ["x", "y"] }));
  accept(at, register("b", { announces: ["x"] }));
  assert.equal(refuse(at, register("c")), "limit_reached");
  assert.equal(refuse(at, announce("c", "x")), "limit_reached");
  assert.equal(refuse(at, announce("a", "z")), "limit_reached");
  assert.equal(refuse(at, announce("b", "z")), "limit_reached");
  assert.equal(refuse(at, register("b", { announces: ["x", "z"] })), "limit_reached");
  accept(at, announce("b", "x"));
  accept(at, register("a", { announces: ["y", "z"] }));
});

Deno.test("announces are bounded in bytes, for a relay and in all", () => {
  const at = registry({ maxAnnounceBytesPerRelay: 10, maxAnnounceBytes: 15 });
  accept(at, register("a", { announces: ["12345", "67890"] }));
  assert.equal(refuse(at, announce("a", "x")), "limit_reached");
  assert.equal(refuse(at, register("a", { announces: ["12345678901"] })), "limit_reached");
  assert.equal(refuse(at, register("b", { announces: ["123456"] })), "limit_reached");
  accept(at, register("b", { announces: ["12345"] }));
  assert.equal(at.directory.bytes, 15);
  accept(at, register("a", { announces: ["1234567890"] }));
  accept(at, { kind: "withdraw", relay: "b", track: "12345" });
  assert.equal(at.directory.bytes, 10);
  accept(at, { kind: "deregister", name: "a" });
  assert.equal(at.directory.bytes, 0);
});

Deno.test("what was announced for a relay stays when it first registers, with an epoch or without", () => {
  for (const body of [{}, { epoch: 5 }, { epoch: 5, seq: 9 }]) {
    const at = registry();
    accept(at, announce("a", "x"));
    accept(at, announce("a", "y"));
    const { step } = accept(at, register("a", body));
    assert.ok(!step?.changes.some(({ kind }) => kind === "withdraw"));
    assert.deepEqual([...at.relays.get("a")?.announces.keys() ?? []], ["x", "y"]);
    assert.equal(at.directory.size, 2);
    // What it says itself counts more.
    accept(at, register("a", { ...body, seq: 10, announces: ["y", "z"] }));
    assert.deepEqual([...at.relays.get("a")?.announces.keys() ?? []], ["y", "z"]);
    accept(at, register("a", { epoch: 6 }));
    assert.equal(at.directory.size, 0, "a restart is another matter");
  }
});
