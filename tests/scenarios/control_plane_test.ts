import assert from "node:assert/strict";
import { DOUBT_MS, FEW_ANNOUNCES, REQUEST_TIMEOUT_MS } from "../../relay/control_plane/limits.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { ControlPlaneWorld } from "../support/control_plane_world.ts";

const A = "http://a.test";
const B = "http://b.test";

/** Runs a test in a world of its own and ends it whatever happens. */
function scenario(name: string, act: (world: ControlPlaneWorld) => Promise<void>): void {
  Deno.test(name, async () => {
    const world = new ControlPlaneWorld();
    try {
      await act(world);
    } finally {
      await world.close();
    }
  });
}

/** What a mirror tells, in order. */
function listen(mirror: MirrorView): string[] {
  const heard: string[] = [];
  mirror.watch({
    announced: (relay, text) => heard.push(`+${relay} ${text}`),
    withdrawn: (relay, text) => heard.push(`-${relay} ${text}`),
    changed: () => {},
  });
  return heard;
}

function announcesOf(mirror: MirrorView): string[] {
  return Array.from(mirror.announces(), ({ relay, text }) => `${relay} ${text}`).sort();
}

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
  const of = async () => (await controller.relay("tokyo/1") as { ok: true; value: object }).value;
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
    (await controller.relay("r") as { value: { announces: number } }).value.announces;
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
  assert.ok((await controller.relay("r")).ok);
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

scenario("the mirror has the other relays, what they have and the way to them", async (world) => {
  await world.site(A).start();
  const names = ["tokyo", "london", "newyork"];
  const costs: Record<string, [string, number][]> = {
    tokyo: [["london", 250]],
    london: [["tokyo", 250], ["newyork", 80]],
    newyork: [["london", 80]],
  };
  const relays = names.map((name) =>
    world.relay({ name, urls: [A], neighbors: new Map(costs[name]) })
  );
  const [tokyo, london, newyork] = relays.map(({ plane }) => plane);
  const heard = listen(tokyo!.mirror);
  newyork!.announced("live/concert");
  assert.deepEqual([tokyo!.mirror.revision, tokyo!.mirror.isComplete], [0, false]);
  for (const { plane } of relays) plane.start();
  await world.settle();
  await world.settle();
  assert.equal(tokyo!.mirror.isComplete, true);
  assert.deepEqual(tokyo!.mirror.relay("newyork"), {
    name: "newyork",
    region: "",
    address: "moqt://newyork:4433",
    certificateSha256: undefined,
    state: "alive",
  });
  assert.deepEqual(tokyo!.mirror.nextHop("newyork"), {
    nextHop: "london",
    alternate: undefined,
    cost: 330,
  });
  assert.deepEqual([...tokyo!.mirror.announcesOf("newyork")], ["live/concert"]);
  assert.deepEqual(announcesOf(newyork!.mirror), []);
  newyork!.withdrawn("live/concert");
  await world.settle();
  assert.deepEqual(heard, ["+newyork live/concert", "-newyork live/concert"]);
  await london!.deregister();
  await world.settle();
  assert.equal(tokyo!.mirror.relay("london"), undefined);
  assert.equal(tokyo!.mirror.nextHop("newyork"), undefined);
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

scenario("a relay that starts again is not drained by what it was before", async (world) => {
  await world.site(A).start();
  const before = world.relay({ name: "r", urls: [A] });
  before.report.draining = true;
  before.plane.start();
  await world.settle();
  await before.plane.close();
  const after = world.relay({ name: "r", urls: [A] });
  after.plane.start();
  await world.settle();
  assert.equal(after.plane.mirror.relay("r")?.state, "alive");
  assert.deepEqual(after.drains, []);
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
      "error: a process that started later is registered under this relay's name",
    ]);
    assert.match(older.plane.status.problem ?? "", /has started again since/);
    const before = world.beats.length;
    older.plane.changed();
    await world.settle();
    assert.equal(world.beats.length, before, "nothing is pushed at once by one that stepped back");
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
  assert.ok((await controller.relay("r")).ok);
  await newer.plane.deregister();
  assert.equal((await controller.relay("r")).ok, false);
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
  site.isMute = true;
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
  assert.ok((await controller.relay("r")).ok);
  assert.equal(plane.status.isStale, false);
  assert.equal(plane.status.problem, undefined);
});

scenario(
  "of two controllers the one that answers is used, by heartbeats and mirror",
  async (world) => {
    world.site(A);
    const second = await world.site(B).start();
    const { plane } = world.relay({ name: "r", urls: [A, B] });
    plane.start();
    await world.pass(1000);
    assert.equal(plane.status.url, B);
    assert.equal(plane.status.isStale, false);
    assert.ok((await second.controller.relay("r")).ok);
    assert.equal(world.requests.filter(({ site }) => site === A).length, 2);
  },
);

scenario("a controller that stops answering costs seconds, and no track", async (world) => {
  const [a, b] = [world.site(A), world.site(B)];
  await a.start();
  await b.start();
  const one = world.relay({ name: "one", urls: [A, B] });
  const two = world.relay({ name: "two", urls: [A, B] });
  two.plane.announced("x");
  for (const { plane } of [one, two]) plane.start();
  await world.settle();
  const heard = listen(one.plane.mirror);
  await a.stop();
  await world.pass(3000);
  assert.deepEqual([one.plane.status.url, two.plane.status.url], [B, B]);
  assert.deepEqual(announcesOf(one.plane.mirror), ["two x"]);
  await world.pass(DOUBT_MS + 1000);
  assert.deepEqual(announcesOf(one.plane.mirror), ["two x"]);
  assert.deepEqual(heard, []);
});

scenario(
  "a controller that begins anew knows its relays again, and nothing flaps",
  async (world) => {
    const site = world.site(A);
    await site.start();
    const names = ["one", "two", "three"];
    const relays = names.map((name) =>
      world.relay({
        name,
        urls: [A],
        neighbors: new Map(names.filter((other) => other !== name).map((other) => [other, 1])),
      })
    );
    const [one, two, three] = relays.map(({ plane }) => plane);
    for (let n = 0; n < 40; n++) two!.announced(`live/${n}`);
    three!.announced("x");
    for (const { plane } of relays) plane.start();
    await world.settle();
    const heard = listen(one!.mirror);
    const { revision } = one!.mirror;
    assert.deepEqual(one!.mirror.nextHop("two")?.nextHop, "two");
    await three!.close();
    await site.stop();
    await world.pass(5000);
    assert.equal(one!.mirror.nextHop("two")?.nextHop, "two");
    assert.equal(one!.status.revision, revision);
    const wayless: number[] = [];
    one!.mirror.watch({
      announced: () => {},
      withdrawn: () => {},
      changed: () => one!.mirror.nextHop("two") ?? wayless.push(one!.mirror.revision),
    });
    const { controller } = await site.start();
    await world.pass(15_000);
    assert.ok(one!.mirror.revision >= 2_000_000);
    const again = await controller.relay("two") as { value: { announces: number } };
    assert.equal(again.value.announces, 40);
    assert.deepEqual(wayless, []);
    assert.deepEqual(heard, []);
    assert.equal(one!.mirror.relay("three")?.state, "alive", "it is believed for a while");
    // The one that did not come back is let go when it has had its time.
    await world.pass(DOUBT_MS);
    assert.deepEqual(heard, ["-three x"]);
    assert.equal(one!.mirror.relay("three"), undefined);
    assert.equal(one!.mirror.announcesOf("two").size, 40);
  },
);

scenario("what is doubted is believed while nobody can be asked", async (world) => {
  const site = world.site(A);
  await site.start();
  const one = world.relay({ name: "one", urls: [A] });
  const two = world.relay({ name: "two", urls: [A] });
  two.plane.announced("x");
  for (const { plane } of [one, two]) plane.start();
  await world.settle();
  await two.plane.close();
  await site.stop();
  await site.start();
  await world.pass(15_000);
  await site.stop();
  await world.pass(2 * DOUBT_MS);
  assert.deepEqual(announcesOf(one.plane.mirror), ["two x"]);
  await site.start();
  await world.pass(15_000 + DOUBT_MS);
  assert.deepEqual(announcesOf(one.plane.mirror), []);
});

scenario("a stream that breaks goes on where it stopped", async (world) => {
  const site = world.site(A);
  const { ask } = await site.start();
  const { plane } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  await ask("PUT", "/relay/other", { announces: ["x"] });
  await world.settle();
  const heard = listen(plane.mirror);
  site.cut();
  await ask("PUT", "/announce/y", { relay: "other" });
  await ask("DELETE", "/announce/x?relay=other");
  await world.pass(2000);
  assert.deepEqual(heard, ["+other y", "-other x"]);
  const watches = world.requests.filter(({ path }) => path.startsWith("/watch"));
  assert.equal(watches.length, 2);
  // The last revision may not have been told whole: it is told again.
  assert.match(watches[1]!.path, /&since=1000001$/);
});

scenario("a stream whose place is gone begins with a snapshot", async (world) => {
  const site = world.site(A, { history: 1 });
  const { ask } = await site.start();
  const { plane } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  site.cut();
  for (const track of ["a", "b", "c", "d"]) await ask("PUT", `/announce/${track}`, { relay: "o" });
  await ask("DELETE", "/announce/b?relay=o");
  await world.pass(2000);
  assert.deepEqual(announcesOf(plane.mirror), ["o a", "o c", "o d"]);
  const watches = world.requests.filter(({ path }) => path.startsWith("/watch"));
  assert.deepEqual(watches.map(({ path }) => path.includes("since")), [false, true, false]);
});

scenario("what a mirror cannot read costs a snapshot, not the mirror", async (world) => {
  const site = world.site(A);
  const { ask } = await site.start();
  const { plane, lines } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  await ask("PUT", "/relay/other", { announces: ["x"] });
  await world.settle();
  const answer = site.answer.bind(site);
  const garbage = ['id: one\nevent: gone\ndata: {"relay":"z"}\n\n', "event: relay\ndata: {\n\n"];
  site.answer = (request, signal) => {
    const text = request.url.includes("/watch") ? garbage.pop() : undefined;
    const headers = { "content-type": "text/event-stream" };
    return text === undefined
      ? answer(request, signal)
      : Promise.resolve(new Response(text, { headers }));
  };
  site.cut();
  await world.pass(5000);
  const faults = lines.filter(({ text }) => text.includes("cannot follow"));
  assert.match(faults.map(({ fields }) => fields.error).join("\n"), /its events: relay: .*JSON/);
  assert.match(faults.map(({ fields }) => fields.error).join("\n"), /one has no revision/);
  assert.deepEqual(announcesOf(plane.mirror), ["other x"]);
  const watches = world.requests.filter(({ path }) => path.startsWith("/watch"));
  assert.deepEqual(watches.map(({ path }) => path.includes("since")), [false, true, false, false]);
});

scenario("silence makes the mirror stale, and in the end another connection", async (world) => {
  const site = world.site(A);
  await site.start();
  const { plane, lines } = world.relay({ name: "r", urls: [A] });
  plane.start();
  await world.settle();
  await world.pass(60_000);
  assert.equal(plane.status.isStale, false, "signs of life arrive");
  site.answer = (_request, signal) => {
    const quiet = new ReadableStream().pipeThrough(new TransformStream(), { signal });
    const headers = { "content-type": "text/event-stream" };
    return Promise.resolve(new Response(quiet, { headers }));
  };
  site.cut();
  await world.pass(21_000);
  assert.equal(plane.status.isStale, true);
  assert.equal(plane.mirror.isComplete, true);
  const watches = () => world.requests.filter(({ path }) => path.startsWith("/watch")).length;
  const before = watches();
  await world.pass(30_000);
  assert.equal(watches(), before + 1);
  const texts = lines.filter(({ text }) => text.startsWith("debug: cannot follow"));
  assert.match(String(texts.at(-1)?.fields.error), /said nothing for 45000 ms/);
});

scenario("a controller that answers no heartbeats is not followed either", async (world) => {
  const [a, b] = [world.site(A), world.site(B)];
  await a.start();
  await b.start();
  const { plane, lines } = world.relay({ name: "r", urls: [A, B] });
  plane.start();
  await world.settle();
  a.isMute = true;
  plane.changed();
  await world.pass(REQUEST_TIMEOUT_MS + 2000);
  await b.controller.ask("PUT", "/relay/other", { announces: ["x"] });
  await world.settle();
  assert.deepEqual(announcesOf(plane.mirror), ["other x"]);
  assert.equal(lines.filter(({ text }) => text.includes("cannot follow")).length, 0);
});

scenario(
  "a controller that is back is followed as soon as it accepts a heartbeat",
  async (world) => {
    const site = world.site(A);
    let isWatchable = false;
    const answer = site.answer.bind(site);
    site.answer = (request, signal) =>
      isWatchable || request.method === "PUT"
        ? answer(request, signal)
        : Promise.reject(new Error());
    const { plane } = world.relay({ name: "r", urls: [A] });
    plane.start();
    await world.pass(60_000);
    await site.start();
    isWatchable = true;
    while (plane.status.heartbeatAgeMs === undefined) await world.pass(100);
    await world.settle();
    assert.equal(plane.mirror.isComplete, true);
  },
);

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
  assert.equal(await one.plane.assign({ track: "live/x" }), "moqt://two:4433");
  await site.stop();
  assert.equal(await one.plane.assign(), undefined);
});
