import assert from "node:assert/strict";
import { FEW_ANNOUNCES, REQUEST_TIMEOUT_MS } from "../../relay/control_plane/limits.ts";
import { event, scenario, stream } from "../support/worlds/control_plane_world.ts";

const A = "http://a.test";

scenario("a relay registers, and says at once what changes", async (world) => {
  const { controller, ask } = await world.site(A).start();
  const { plane, report } = world.relay({
    name: "tokyo/1",
    urls: [A],
    region: "asia",
    neighbors: new Map([["london", 250]]),
  });
  report.certificateSha256 = "ab".repeat(32);
  plane.announced("live/concert");
  plane.start();
  await world.settle();
  const of = async () =>
    (await controller.relays.relay("tokyo/1") as { ok: true; value: object }).value;
  const registered = await of() as Record<string, unknown>;
  assert.equal(registered.region, "asia");
  assert.equal(registered.address, "moqt://tokyo/1:4433");
  assert.equal(registered.certificate_sha256, "ab".repeat(32));
  assert.deepEqual(registered.links, { london: { cost: 250, up: true } });
  assert.equal(registered.announces, 1);
  assert.equal(world.beats.length, 1);
  assert.equal("flows" in world.beats[0]!.body, false);

  // A burst in one turn is one request; what comes while it is under way is the next.
  plane.announced("live/a");
  plane.announced("live/b");
  report.links = { london: { rtt_ms: 12, up: false } };
  plane.changed();
  await world.settle();
  assert.equal(world.beats.length, 2);
  const { body } = await ask("GET", "/announce");
  assert.deepEqual(body.entries.map(({ track }: { track: string }) => track), [
    "live/a",
    "live/b",
    "live/concert",
  ]);
  assert.deepEqual((await of() as Record<string, unknown>).links, {
    london: { cost: 250, up: false, rtt_ms: 12 },
  });
  plane.withdrawn("live/a");
  await world.settle();
  assert.equal((await of() as Record<string, unknown>).announces, 2);
  assert.deepEqual(world.beats.map(({ body }) => body.seq), [1, 2, 3]);
  assert.equal(new Set(world.beats.map(({ body }) => body.epoch)).size, 1);
});

scenario("a text that two publishers have is withdrawn with the second", async (world) => {
  const { controller } = await world.site(A).start();
  const { plane } = world.relay({ name: "r", urls: [A] });
  plane.announced("x");
  plane.announced("/x");
  plane.start();
  await world.settle();
  const count = async () =>
    (await controller.relays.relay("r") as { value: { announces: number } }).value.announces;
  plane.withdrawn("x");
  await world.settle();
  assert.equal(await count(), 1);
  plane.withdrawn("x");
  plane.withdrawn("x");
  await world.settle();
  assert.equal(await count(), 0);
});

scenario("heartbeats come when the controller asks for them, and keep the lease", async (world) => {
  const { controller } = await world.site(A, { leaseMs: 3000 }).start();
  const { plane } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  await world.pass(10_000);
  assert.ok((await controller.relays.relay("r")).ok);
  // A third of the lease, and a tenth more or less.
  assert.ok(world.beats.length >= 9 && world.beats.length <= 12, String(world.beats.length));
});

scenario("many announces go by digest, and whole when the controller asks", async (world) => {
  const site = world.site(A);
  const first = await site.start();
  const { plane } = world.relay({ name: "r", urls: [A], heartbeatIntervalMs: 1000 });
  for (let one = 0; one < FEW_ANNOUNCES + 1; one++) plane.announced(`live/${one}`);
  plane.start();
  await world.settle();
  await world.pass(1200);
  const [one, two] = world.beats;
  assert.equal(one!.body.announces.length, FEW_ANNOUNCES + 1);
  assert.equal(two!.body.announces, undefined);
  assert.match(two!.body.announces_digest, /^[0-9a-f]{64}$/);
  await first.ask("DELETE", "/announce/live/3?relay=r");
  await world.pass(1200);
  const { body } = await first.ask("GET", "/relay/r");
  assert.equal(body.announces, FEW_ANNOUNCES + 1);
});

scenario("flows are told while there are any, and once that there are none", async (world) => {
  const { plane, report } = world.relay({ name: "r", urls: [A] });
  const bodies: Record<string, unknown>[] = [];
  const site = world.site(A);
  site.answer = async (request) => {
    if (request.method !== "PUT") throw new TypeError("connection refused");
    bodies.push(await request.json());
    return Response.json({ revision: 1, next_heartbeat_ms: 30_000, is_new_here: true });
  };
  plane.start();
  await world.settle();
  report.flows = [{ track: "x", next_hop: "a", source: "b" }];
  plane.changed();
  await world.settle();
  report.flows = [];
  plane.changed();
  await world.settle();
  plane.changed();
  await world.settle();
  assert.deepEqual(bodies.map(({ flows }) => flows), [
    undefined,
    [{ track: "x", next_hop: "a", source: "b" }],
    [],
    undefined,
  ]);
});

scenario("an operator's drain is told once; a relay's own is not", async (world) => {
  const { ask } = await world.site(A).start();
  const one = world.relay({ name: "one", urls: [A] });
  const two = world.relay({ name: "two", urls: [A] });
  for (const { plane } of [one, two]) plane.start();
  await world.settle();
  two.report.draining = true;
  two.plane.changed();
  await world.settle();
  assert.equal(one.plane.mirror.relay("two")?.state, "draining");
  await ask("POST", "/relay/one/drain");
  await world.settle();
  await ask("POST", "/relay/one/undrain");
  await ask("POST", "/relay/one/drain");
  await world.settle();
  assert.deepEqual([one.drains.length, two.drains.length], [1, 0]);
});

scenario("what a mirror still has of a former process drains nobody", async (world) => {
  const site = world.site(A);
  const { ask } = await site.start();
  const answer = site.answer.bind(site);
  site.answer = (request, signal) => {
    if (!request.url.includes("/watch")) return answer(request, signal);
    const nodes = [{ id: "r", region: "", state: "draining" }];
    return Promise.resolve(
      stream(signal, event("graph", { nodes }), event("ready", { revision: 1 })),
    );
  };
  const { plane, drains } = world.relay({ name: "r", urls: [A], heartbeatIntervalMs: 1000 });
  plane.start();
  await world.pass(3000);
  assert.equal(plane.mirror.relay("r")?.state, "draining");
  assert.deepEqual(drains, []);
  await ask("POST", "/relay/r/drain");
  await world.pass(3000);
  assert.equal(drains.length, 1);
});

scenario(
  "of two processes with one name the older one steps back, and says so once",
  async (world) => {
    await world.site(A).start();
    const older = world.relay({ name: "r", urls: [A], heartbeatIntervalMs: 1000 });
    const newer = world.relay({ name: "r", urls: [A], heartbeatIntervalMs: 1000 });
    older.plane.start();
    await world.settle();
    newer.plane.start();
    await world.settle();
    await world.pass(5000);
    const epochs = new Set(world.beats.map(({ body }) => body.epoch));
    assert.equal(epochs.size, 2);
    const errors = older.lines.filter(({ text }) => text.startsWith("error: "));
    assert.deepEqual(errors.map(({ text }) => text), [
      "error: a newer process is registered under this relay's name",
    ]);
    assert.match(older.plane.status.problem ?? "", /has started again since/);
    const before = world.beats.length;
    older.plane.changed();
    await world.settle();
    assert.equal(world.beats.length, before, "nothing is pushed at once by one that stepped back");
    newer.report.draining = true;
    newer.plane.changed();
    await world.settle();
    assert.equal(older.plane.mirror.relay("r")?.state, "draining");
    assert.deepEqual(older.drains, []);
    // And its farewell does not take the newer one's registration along.
    await older.plane.deregister();
    assert.equal(newer.plane.status.problem, undefined);
    await newer.plane.deregister();
  },
);

scenario("a relay takes back its own registration and no other", async (world) => {
  const { controller } = await world.site(A).start();
  const older = world.relay({ name: "r", urls: [A] });
  older.plane.start();
  await world.settle();
  const newer = world.relay({ name: "r", urls: [A] });
  newer.plane.start();
  await world.settle();
  // The older one has not heard of the newer one yet.
  await older.plane.deregister();
  assert.ok((await controller.relays.relay("r")).ok);
  await newer.plane.deregister();
  assert.equal((await controller.relays.relay("r")).ok, false);
  const beats = world.beats.length;
  await world.pass(60_000);
  assert.equal(world.beats.length, beats);
});

scenario("leaving takes no longer than it may when nobody answers", async (world) => {
  const site = world.site(A);
  await site.start();
  const { plane } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  site.mute();
  plane.changed();
  await world.settle();
  let hasLeft = false;
  const leaving = plane.deregister().then(() => hasLeft = true);
  await world.pass(REQUEST_TIMEOUT_MS - 1000);
  assert.equal(hasLeft, true);
  await leaving;
});

scenario("a relay without a controller at its start keeps trying, and is stale", async (world) => {
  const site = world.site(A);
  const { plane, lines } = world.relay({ name: "r", urls: [A] });
  plane.announced("x");
  plane.start();
  await world.pass(60_000);
  const { isStale, ageMs, heartbeatAgeMs, problem, revision } = plane.status;
  assert.deepEqual(
    { isStale, ageMs, heartbeatAgeMs, problem, revision },
    {
      isStale: true,
      ageMs: undefined,
      heartbeatAgeMs: undefined,
      problem: "connection refused",
      revision: 0,
    },
  );
  // It says so once, not each time.
  assert.equal(lines.filter(({ text }) => text.startsWith("warn")).length, 2);
  // The waits grow: some ten attempts in a minute, not hundreds.
  assert.ok(world.beats.length < 20, String(world.beats.length));
  const { controller } = await site.start();
  await world.pass(10_000);
  assert.ok((await controller.relays.relay("r")).ok);
  assert.equal(plane.status.isStale, false);
  assert.equal(plane.status.problem, undefined);
});

scenario("clients are sent to another relay, or nowhere", async (world) => {
  const site = world.site(A);
  await site.start();
  const one = world.relay({ name: "one", urls: [A] });
  const two = world.relay({ name: "two", urls: [A] });
  one.plane.start();
  await world.settle();
  assert.equal(await one.plane.assign({ track: "live/x" }), undefined);
  two.plane.start();
  one.report.draining = true;
  one.plane.changed();
  await world.settle();
  assert.deepEqual(await one.plane.assign({ track: "live/x" }), {
    relay: "two",
    address: "moqt://two:4433",
    cpu: 0,
  });
  await site.stop();
  assert.equal(await one.plane.assign(), undefined);
  site.mute();
  const nowhere = one.plane.assign();
  await world.pass(REQUEST_TIMEOUT_MS);
  assert.equal(await nowhere, undefined);
});

scenario(
  "a controller without room is asked again when it says, and no other one instead",
  async (world) => {
    await world.site(A).start();
    const other = "http://other";
    await world.site(other).start();
    let isFull = true;
    const asked: string[] = [];
    const busy: typeof fetch = (input, init) => {
      asked.push(`${init?.method} ${new URL(String(input)).origin}`);
      if (!isFull) return world.fetch(input, init);
      const refusal = { error: "Too many requests", code: "rate_limited" };
      const headers = { "retry-after": "20" };
      return Promise.resolve(Response.json(refusal, { status: 429, headers }));
    };
    const { plane } = world.relay({ name: "r", urls: [A, other] }, { fetch: busy });
    plane.start();
    await world.pass(1000);
    // Between 20 and 40 seconds, at random, so that not all come at one moment.
    await world.pass(28_000);
    assert.deepEqual(asked.toSorted(), [`GET ${A}`, `PUT ${A}`]);
    isFull = false;
    await world.pass(2000);
    assert.equal(plane.mirror.isComplete, true);
    assert.deepEqual([...new Set(asked)].toSorted(), [`GET ${A}`, `PUT ${A}`]);
  },
);
