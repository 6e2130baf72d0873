import assert from "node:assert/strict";
import { REQUEST_TIMEOUT_MS, STALE_MS } from "../../relay/control_plane/limits.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { scenario, stream } from "../support/worlds/control_plane_world.ts";

const A = "http://a.test";
const B = "http://b.test";

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
  // Its epoch is known to whom it came after the snapshot.
  const { epoch: _, ...known } = tokyo!.mirror.relay("newyork")!;
  assert.deepEqual(known, {
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
    assert.ok((await second.controller.relays.relay("r")).ok);
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
  await world.pass(STALE_MS + 1000);
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
    const again = await controller.relays.relay("two") as { value: { announces: number } };
    assert.equal(again.value.announces, 40);
    assert.deepEqual(wayless, []);
    assert.deepEqual(heard, []);
    assert.equal(one!.mirror.relay("three")?.state, "alive", "it is believed for a while");
    // The one that did not come back is let go when it has had its time.
    await world.pass(STALE_MS);
    assert.deepEqual(heard, ["-three x"]);
    assert.equal(one!.mirror.relay("three"), undefined);
    assert.equal(one!.mirror.announcesOf("two").size, 40);
  },
);

scenario("stale entries are used while no controller can be reached", async (world) => {
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
  await world.pass(2 * STALE_MS);
  assert.deepEqual(announcesOf(one.plane.mirror), ["two x"]);
  await site.start();
  await world.pass(15_000 + STALE_MS);
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
  assert.match(faults.map(({ fields }) => fields.error).join("\n"), /an event without a revision/);
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
  site.answer = (_request, signal) => Promise.resolve(stream(signal));
  site.cut();
  await world.pass(21_000);
  assert.equal(plane.status.isStale, true);
  assert.equal(plane.mirror.isComplete, true);
  const watches = () => world.requests.filter(({ path }) => path.startsWith("/watch")).length;
  const before = watches();
  await world.pass(30_000);
  assert.equal(watches(), before + 1);
  const texts = lines.filter(({ text }) => text.startsWith("debug: cannot follow"));
  // It does not say how often it would give a sign of life.
  assert.match(String(texts.at(-1)?.fields.error), /no data for 37500 ms, though .* answers/);
});

scenario("a controller that answers no heartbeats is not followed either", async (world) => {
  const [a, b] = [world.site(A), world.site(B)];
  await a.start();
  await b.start();
  const { plane, lines } = world.relay({ name: "r", urls: [A, B] });
  plane.start();
  await world.settle();
  a.mute();
  plane.changed();
  await world.pass(REQUEST_TIMEOUT_MS + 2000);
  await b.controller.ask("PUT", "/relay/other", { announces: ["x"] });
  await world.settle();
  assert.deepEqual(announcesOf(plane.mirror), ["other x"]);
  assert.equal(lines.filter(({ text }) => text.includes("cannot follow")).length, 0);
});

scenario(
  "heartbeats do not wait when the stream is back, nor the stream for heartbeats",
  async (world) => {
    const site = world.site(A);
    await site.start();
    const answer = site.answer.bind(site);
    const closed = new Set(["PUT"]);
    site.answer = (request, signal) =>
      closed.has(request.method) ? Promise.reject(new TypeError("no")) : answer(request, signal);
    const { plane } = world.relay({ name: "r", urls: [A] });
    const afterOne = async (method: string) => {
      const count = () => world.requests.filter((request) => request.method === method).length;
      for (const before = count(); count() === before;) await world.pass(50);
    };
    plane.start();
    await world.pass(30_000);
    await afterOne("PUT");
    // The next heartbeat would come in seven seconds.
    closed.clear();
    site.cut();
    await world.pass(500);
    assert.ok((plane.status.heartbeatAgeMs ?? Infinity) < 500);

    closed.add("PUT");
    plane.changed();
    await world.pass(5000);
    closed.add("GET");
    await site.stop();
    await world.pass(60_000);
    await afterOne("GET");
    closed.clear();
    await site.start();
    await afterOne("PUT");
    await world.pass(300);
    assert.ok(plane.mirror.revision >= 2_000_000);
  },
);
