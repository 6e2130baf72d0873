import { refused } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/support/worlds/manual_clock.ts";
import { plainGate, steeringOf } from "../../../tests/support/worlds/plain_tokens.ts";
import { ScriptedPublisher } from "../../../tests/support/worlds/track_publishers.ts";
import { RelayMetrics } from "../../metrics.ts";
import { type Gate, openGate } from "../../session/rights.ts";
import { Cache, Registry } from "../../track/mod.ts";
import type { RefusalKind } from "../../vocabulary/mod.ts";
import { LOOKUP_TIMEOUT_MS, MAX_LOOKUPS, MAX_LOOKUPS_PER_ADDRESS } from "../limits.ts";
import { Lookups } from "./lookups.ts";

const NEVER: Gate = { admit: () => new Promise(() => {}) };

function refusing(kind: RefusalKind): Gate {
  return { admit: () => Promise.resolve(refused({ kind, reason: kind })) };
}

function world(gate: Gate = openGate, clock = new ManualClock()) {
  const { media, evictions } = new RelayMetrics();
  const limits = { maxBytes: 1e6, maxTrackBytes: 1e6, maxGroupsPerTrack: 9, maxAgeMs: 1e6 };
  const cache = new Cache(limits, clock, evictions);
  const registry = new Registry({ clock, cache, linger: 0, maxTracks: 9 });
  const lookups = new Lookups({ registry, gate, counts: media, clock });
  const ask = (path: string, remote = "192.0.2.1") =>
    lookups.answer(new Request(`http://localhost${path}`), remote);
  return { clock, registry, counts: media.lookups, ask };
}

Deno.test("more look-ups than the relay answers at once are told to come again", async () => {
  const { ask, counts } = world(NEVER);
  for (let index = 0; index < MAX_LOOKUPS; index++) void ask("/announced", `192.0.2.${index % 8}`);
  const response = await ask("/announced", "192.0.2.9");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "1");
  assert.equal(counts.too_many, 1);
});

Deno.test("one address does not take the look-ups of everybody", async () => {
  const { ask, counts } = world(NEVER);
  // All of them of one network.
  const own = (index: number) => `2001:db8::${index.toString(16)}`;
  for (let index = 0; index < MAX_LOOKUPS_PER_ADDRESS; index++) void ask("/announced", own(index));
  assert.equal((await ask("/announced", own(0xffff))).status, 503);
  assert.equal(counts.too_many, 1);
  const other = await Promise.race([ask("/announced", "2001:db8:0:1::1"), "under way"]);
  assert.equal(other, "under way");
  assert.equal(counts.too_many, 1);
});

Deno.test("a look-up that is answered leaves its place", async () => {
  const { ask } = world();
  for (let index = 0; index < 2 * MAX_LOOKUPS_PER_ADDRESS; index++) {
    assert.equal((await ask("/announced")).status, 200);
  }
});

Deno.test("a track that sends nothing is given up", async () => {
  const { ask, clock, registry, counts } = world();
  const publisher = new ScriptedPublisher("agree");
  const scope = registry.enter("");
  scope.advertise([new TextEncoder().encode("room")], publisher);
  const asked = ask("/fetch/room/video");
  await clock.advance(LOOKUP_TIMEOUT_MS);
  assert.equal((await asked).status, 504);
  assert.equal(counts.timed_out, 1);
});

Deno.test("every outcome of a look-up is counted", async () => {
  const outcomes = [
    ["internal_error", 500, "failed"],
    ["unauthorized", 401, "unauthorized"],
    ["does_not_exist", 404, "not_found"],
  ] as const;
  for (const [kind, status, outcome] of outcomes) {
    const { ask, counts } = world(refusing(kind));
    assert.equal((await ask("/announced")).status, status);
    assert.equal(counts[outcome], 1);
  }
  const { ask, counts } = world();
  assert.equal((await ask("/announced")).status, 200);
  assert.equal((await ask("/fetch/room")).status, 400);
  assert.deepEqual([counts.ok, counts.malformed], [1, 1]);
});

Deno.test("a refusal does not say whether somebody publishes at the path that it is about", async () => {
  const clock = new ManualClock();
  for (const token of ['?jwt={"get":"other","jti":"t1"}', ""]) {
    const { ask, registry } = world(plainGate(clock, { public: { subscribe: ["open"] } }));
    const paths = ["/announced/secret", "/announced/secret/room", "/fetch/secret/room/video"];
    const answers = async () =>
      await Promise.all(paths.map(async (path) => {
        const response = await ask(path + token);
        return `${response.status} ${await response.text()}`;
      }));
    const before = await answers();
    // Those who connected to this path are not where the others are.
    const scope = registry.enter("/secret");
    scope.advertise([new TextEncoder().encode("room")], new ScriptedPublisher("agree"));
    assert.deepEqual(await answers(), before);
    assert.match(before[0]!, /^401 /);
  }
});

Deno.test("who may have what is at a path looks it up by the whole name", async () => {
  const clock = new ManualClock();
  const { ask, registry } = world(plainGate(clock));
  const scope = registry.enter("/secret");
  scope.advertise(
    ["room", "a"].map((field) => new TextEncoder().encode(field)),
    new ScriptedPublisher("agree"),
  );
  for (const get of ["secret", "secret/room", "secret/room/a", ""]) {
    const response = await ask(`/announced/secret/room?jwt=${JSON.stringify({ get, jti: "t1" })}`);
    assert.deepEqual([response.status, await response.text()], [200, "a"], get);
  }
});

Deno.test("who is revoked, or whose token expires, while a group is waited for does not get it", async () => {
  const clock = new ManualClock();
  const steering = steeringOf(clock);
  const { ask, registry } = world(plainGate(clock, { steering }), clock);
  const scope = registry.enter("");
  scope.advertise([new TextEncoder().encode("room")], new ScriptedPublisher("agree"));
  const fetch = (claims: object) => ask(`/fetch/room/video?jwt=${JSON.stringify(claims)}`);
  const asked = [
    fetch({ get: "room", jti: "stolen" }),
    fetch({ get: "room", jti: "short", exp: 10 }),
    fetch({ get: "room", jti: "good" }),
  ];
  await clock.advance(0);
  steering.change({
    revocations: [{
      id: "r1",
      kind: "token",
      value: "stolen",
      created_at: new Date(0).toISOString(),
      expires_at: new Date(1e9).toISOString(),
    }],
    policies: [],
    unrevoked: [],
    unlimited: [],
  });
  await clock.advance(LOOKUP_TIMEOUT_MS);
  const answers = await Promise.all(asked);
  assert.deepEqual(answers.map(({ status }) => status), [401, 401, 504]);
  assert.match(await answers[0]!.text(), /revoked/);
  steering.close();
});

Deno.test("which groups are kept is said, or that none are", async () => {
  const { ask } = world();
  const response = await ask("/fetch/room/video?group=kept");
  assert.deepEqual([response.status, await response.json()], [404, {
    error: "no group of the track is on disk",
  }]);
  assert.equal((await ask("/fetch/room/video?group=all")).status, 400);
});
