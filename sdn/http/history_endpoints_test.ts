import assert from "node:assert/strict";
import { START, testController } from "../../tests/support/worlds/sdn_controller.ts";

async function mesh() {
  const world = await testController();
  const { ask, clock } = world;
  const flow = (hop: string) => [{ track: "live/~/video", next_hop: hop, source: "c" }];
  /** A heartbeat of each relay; a takes its track from `hop`, and reaches b or not. */
  const beat = async (hop: string, up = true) => {
    const links = { b: { rtt_ms: 10, loss: 0.5, up }, c: { rtt_ms: 30 } };
    const load = { sessions: 7, subscriptions: 9, egress_bps: 1e6, cpu: 0.5 };
    await ask("PUT", "/relay/a", { links, flows: flow(hop), load });
    await ask("PUT", "/relay/c", { links: { a: {} }, load: { sessions: 3 } });
  };
  const history = async (query: string) => {
    const { status, body } = await ask("GET", `/history${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  return { ...world, beat, history, step: () => clock.advance(30_000) };
}

Deno.test("GET /history has the last hour of relays, links, tracks and the mesh", async () => {
  const { ask, beat, history, step } = await mesh();
  await ask("PUT", "/relay/b", { links: { a: {} }, load: { sessions: 40 }, announces: ["live"] });
  await beat("b");
  await step();
  // b dies: its neighbor says so, and takes the track from c.
  await beat("c", false);
  await step();
  await beat("c", false);
  await step();

  const relay = await history("?relay=a");
  assert.equal(relay.until, new Date(START + 90_000).toISOString());
  assert.equal(relay.step_ms, 30_000);
  assert.deepEqual(relay.series, {
    sessions: [7, 7, 7],
    subscriptions: [9, 9, 9],
    egress_bps: [1e6, 1e6, 1e6],
    cpu: [0.5, 0.5, 0.5],
    announces: [0, 0, 0],
    reroutes: [0, 1, 0],
  });
  const dead = await history("?relay=b");
  assert.deepEqual(dead.series.sessions, [40, null, null], "what it said last is no longer true");
  assert.deepEqual(dead.series.announces, [1, null, null]);
  assert.deepEqual((await history("?from=a&to=b")).series, {
    rtt_ms: [10, 10, 10],
    loss: [0.5, 0.5, 0.5],
    up: [1, 0, 0],
    tracks: [0, 0, 0],
  });
  assert.deepEqual((await history("?from=b&to=a")).series.tracks, [1, 0, 0]);
  assert.deepEqual((await history("?from=c&to=a")).series.tracks, [0, 1, 1]);
  assert.deepEqual((await history("?track=live/~/video")).series, {
    relays: [1, 1, 1],
    reroutes: [0, 1, 0],
  });
  const { series } = await history("");
  assert.deepEqual(series.sessions, [50, 10, 10]);
  assert.deepEqual(series.subscriptions, [9, 9, 9]);
  assert.deepEqual(series.registered, [3, 2, 2]);
  assert.deepEqual(series.expired, [0, 0, 0]);
  assert.deepEqual(series.unreachable, [0, 1, 1]);
  assert.deepEqual(series.links_down, [0, 1, 1]);
  assert.deepEqual(series.reroutes, [0, 1, 0]);
});

Deno.test("GET /history counts relays of the mesh that expired, and no longer those that left", async () => {
  const { ask, beat, history, step } = await mesh();
  await ask("PUT", "/relay/b", { links: { a: {} } });
  for (let sample = 0; sample < 4; sample++) {
    await beat("c");
    await step();
  }
  await ask("DELETE", "/relay/c");
  await step();
  const { series } = await history("");
  assert.deepEqual(series.expired, [0, 0, 0, 1, 1]);
  assert.deepEqual(series.registered, [3, 3, 3, 2, 1]);
});

Deno.test("GET /history keeps a relay that ended for an hour, and no longer", async () => {
  const { ask, clock, beat, history, step } = await mesh();
  await beat("c");
  await step();
  await ask("DELETE", "/relay/a");
  await clock.advance(3_500_000);
  const { series } = await history("?relay=a");
  assert.equal(series.sessions.length, 117);
  assert.deepEqual(series.sessions.slice(0, 2), [7, null]);
  await clock.advance(100_000);
  const { status, body } = await ask("GET", "/history?relay=a");
  assert.deepEqual([status, body.code], [404, "history_not_found"]);
  assert.match(body.error, /^no history of the relay a in the last hour/);
});

Deno.test("GET /history refuses a question about two things, or about half of a link", async () => {
  const { ask } = await testController();
  const queries = ["?relay=a&track=x", "?from=a", "?from=a&to=b&relay=c", "?node=a", "?relay="];
  for (const query of queries) {
    const { status, body } = await ask("GET", `/history${query}`);
    assert.deepEqual([status, body.code], [400, "bad_request"], query);
  }
  const { body } = await ask("GET", "/history?relay=nobody");
  assert.match(body.error, /the first sample follows within 30 s$/);
});
