import assert from "node:assert/strict";
import type { Interest } from "@qumo/shared/topology";
import { INTEREST_MS, LOOKUP_MS, SWEEP_MS } from "../../relay/control_plane/limits.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { ControlPlaneWorld, scenario } from "../support/worlds/control_plane_world.ts";
import type { ControllerSite } from "../support/worlds/controller_site.ts";

const A = "http://a.test";

function announcesOf(mirror: MirrorView): string[] {
  return Array.from(mirror.announces(), ({ relay, text }) => `${relay} ${text}`).sort();
}

function inNamespace(text: string): Interest {
  return { kind: "namespace", text };
}

async function announce(site: ControllerSite, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    await site.controller.ask("PUT", `/announce/${encodeURI(text)}`, { relay: "b" });
  }
}

/** A relay that has only what it asked for, and a controller at which `b` has some namespaces. */
async function begin(world: ControlPlaneWorld, ...texts: string[]) {
  const site = world.site(A);
  await site.start();
  await site.controller.ask("PUT", "/relay/b", { links: {} });
  await announce(site, ...texts);
  const { plane, lines } = world.relay({ name: "me", urls: [A], mirrorAllUpTo: 0 });
  plane.start();
  await world.settle();
  return { site, plane, mirror: plane.mirror, interests: plane.interests!, lines };
}

scenario(
  "a relay has the announces that it asks for, and is told how they change",
  async (world) => {
    const { site, plane, mirror, interests } = await begin(world, "live/a", "live/b");
    assert.equal(mirror.isComplete, true);
    assert.deepEqual(announcesOf(mirror), []);
    const following = interests.follow(inNamespace("live/a"));
    assert.ok(following.known);
    await world.settle();
    await following.known;
    assert.deepEqual(announcesOf(mirror), ["b live/a"]);
    await announce(site, "live", "live/c", "live/a/~/video");
    await world.settle();
    assert.deepEqual(announcesOf(mirror), ["b live", "b live/a", "b live/a/~/video"]);
    // Known once, nobody waits for it again.
    assert.equal(interests.follow(inNamespace("live/a")).known, undefined);
    assert.deepEqual(plane.status.interests?.counts.told, 1);
  },
);

scenario("who waits for what nobody has is told the moment that it is announced", async (world) => {
  const { site, mirror, interests } = await begin(world, "live/a");
  const following = interests.follow(inNamespace("live/new"));
  await world.settle();
  await following.known;
  assert.deepEqual(announcesOf(mirror), []);
  const heard: string[] = [];
  mirror.watch({
    announced: (relay, text) => heard.push(`${relay} ${text}`),
    withdrawn: () => {},
    changed: () => {},
  });
  await announce(site, "live/new");
  await world.settle();
  assert.deepEqual(heard, ["b live/new"]);
});

scenario(
  "requests for the same that come together are one, and late ones wait no longer",
  async (world) => {
    const { site, plane, interests } = await begin(world, "live/a");
    const before = world.requests.length;
    const all = Array.from({ length: 50 }, () => interests.follow(inNamespace("live/a")));
    for (const { known } of all) assert.equal(known, all[0]!.known);
    await world.settle();
    await Promise.all(all.map(({ known }) => known));
    assert.equal(world.requests.slice(before).filter(({ path }) => path !== "/relay/me").length, 1);
    site.mute();
    let isOver = false;
    void interests.follow(inNamespace("live/late")).known?.then(() => isOver = true);
    await world.pass(LOOKUP_MS - 100);
    assert.equal(isOver, false);
    await world.pass(200);
    assert.equal(isOver, true);
    assert.equal(plane.status.interests?.counts.late, 1);
  },
);

scenario(
  "while no controller is there what is known stays, and nobody waits for the rest",
  async (world) => {
    const { site, plane, mirror, interests } = await begin(world, "live/a", "live/b");
    interests.follow(inNamespace("live/a")).end();
    await world.settle();
    await site.stop();
    await world.settle();
    await world.pass(INTEREST_MS + 2 * SWEEP_MS);
    assert.deepEqual(announcesOf(mirror), ["b live/a"]);
    assert.equal(interests.follow(inNamespace("live/a")).known, undefined);
    const unknown = interests.follow(inNamespace("live/b"));
    assert.equal(unknown.known, undefined);
    assert.equal(plane.status.interests?.counts.away, 1);
    // The one that comes is told what both wait for.
    await site.start();
    await site.controller.ask("PUT", "/relay/b", { announces: ["live/a", "live/b", "live/c"] });
    await world.pass(20_000);
    assert.deepEqual(announcesOf(mirror), ["b live/a", "b live/b"]);
  },
);

scenario("a stream that breaks loses no change of what is followed", async (world) => {
  const { site, mirror, interests } = await begin(world, "live/a");
  interests.follow(inNamespace("live/a"));
  await world.settle();
  site.cut();
  interests.follow(inNamespace("live/b"));
  await announce(site, "live/b", "live/a/~/video");
  await site.controller.ask("DELETE", "/announce/live/a?relay=b");
  await world.pass(5000);
  assert.deepEqual(announcesOf(mirror), ["b live/a/~/video", "b live/b"]);
  const opened = world.requests.filter(({ path }) => path === "/watch");
  assert.deepEqual(opened.map(({ body }) => body.since !== undefined), [false, true]);
});

scenario(
  "a relay that nothing concerned for long resumes, though the history has moved on",
  async (world) => {
    const site = world.site(A, { history: 20 });
    await site.start();
    await site.controller.ask("PUT", "/relay/b", { links: {} });
    const { plane } = world.relay({ name: "me", urls: [A], mirrorAllUpTo: 0 });
    plane.start();
    await world.settle();
    plane.interests!.follow(inNamespace("live/a"));
    await world.settle();
    for (let number = 0; number < 50; number++) await announce(site, `other/${number}`);
    await world.pass(16_000);
    site.cut();
    await announce(site, "live/a");
    await world.pass(5000);
    assert.deepEqual(announcesOf(plane.mirror), ["b live/a"]);
    const opened = world.requests.filter(({ path }) => path === "/watch");
    assert.deepEqual(opened.map(({ body }) => body.since !== undefined), [false, true]);
  },
);

scenario("an interest ends some time after its last use, and is taken up again", async (world) => {
  const { site, plane, mirror, interests } = await begin(world, "live/a", "live/b", "live");
  const used = interests.follow(inNamespace("live/b"));
  interests.follow(inNamespace("live/a")).end();
  await world.settle();
  assert.deepEqual(announcesOf(mirror), ["b live", "b live/a", "b live/b"]);
  for (let waited = 0; waited < INTEREST_MS + 2 * SWEEP_MS; waited += SWEEP_MS) {
    await world.pass(SWEEP_MS);
    await site.controller.ask("PUT", "/relay/b", {});
  }
  assert.deepEqual(announcesOf(mirror), ["b live", "b live/b"]);
  assert.match((await site.controller.ask("GET", "/metrics")).body, /_watch_interests 1\n/);
  const again = interests.follow(inNamespace("live/a"));
  await world.settle();
  await again.known;
  assert.deepEqual(announcesOf(mirror), ["b live", "b live/a", "b live/b"]);
  used.end();
  assert.equal(plane.status.interests?.count, 2);
});

scenario("a prefix sees what the whole mesh has under it", async (world) => {
  const { site, mirror, interests } = await begin(world, "live/a", "live/b/c", "other");
  interests.follow({ kind: "prefix", text: "live" });
  await world.settle();
  await announce(site, "live/d", "other/e");
  await world.settle();
  assert.deepEqual(announcesOf(mirror), ["b live/a", "b live/b/c", "b live/d"]);
});

scenario(
  "a directory that is small is mirrored whole, and by interest once it has grown",
  async (world) => {
    const site = world.site(A);
    await site.start();
    await site.controller.ask("PUT", "/relay/b", { announces: ["live/1", "live/2"] });
    const { plane } = world.relay({ name: "me", urls: [A], mirrorAllUpTo: 4 });
    plane.start();
    await world.settle();
    assert.deepEqual(announcesOf(plane.mirror), ["b live/1", "b live/2"]);
    assert.equal(plane.interests!.follow(inNamespace("live/2")).known, undefined);
    await announce(site, "live/3", "live/4", "live/5", "live/6", "live/7");
    await world.settle();
    assert.equal(plane.status.interests?.follows, "interests");
    await world.settle();
    assert.deepEqual(announcesOf(plane.mirror), ["b live/2"]);
  },
);

scenario("an older controller, which knows no interests, is followed as a whole", async (world) => {
  const site = world.site(A);
  await site.start();
  await site.controller.ask("PUT", "/relay/b", { announces: ["live/1", "live/2"] });
  const older: typeof fetch = (input, init) =>
    init?.method === "POST"
      ? Promise.resolve(
        Response.json({ error: "no", code: "method_not_allowed" }, { status: 405 }),
      )
      : world.fetch(input, init);
  const { plane } = world.relay({ name: "me", urls: [A], mirrorAllUpTo: 0 }, { fetch: older });
  plane.start();
  await world.settle();
  assert.deepEqual(announcesOf(plane.mirror), ["b live/1", "b live/2"]);
  assert.equal(plane.interests!.follow(inNamespace("live/2")).known, undefined);
});

scenario(
  "what is asked for while an older controller cannot be followed is found at the one before",
  async (world) => {
    const site = world.site(A);
    await site.start();
    await site.controller.ask("PUT", "/relay/b", { announces: ["live/a", "live/b"] });
    const older = "http://older.test";
    let isAway = false;
    const asked: string[] = [];
    const between: typeof fetch = (input, init) => {
      const method = init?.method ?? "GET";
      if (String(input).startsWith(older)) {
        asked.push(method);
        const no = { error: "no", code: "method_not_allowed" };
        return method === "POST"
          ? Promise.resolve(Response.json(no, { status: 405 }))
          : Promise.reject(new TypeError("connection reset"));
      }
      return isAway
        ? Promise.reject(new TypeError("connection refused"))
        : world.fetch(input, init);
    };
    const settings = { name: "me", urls: [A, older], mirrorAllUpTo: 0 };
    const { plane } = world.relay(settings, { fetch: between });
    plane.start();
    await world.settle();
    plane.interests!.follow(inNamespace("live/a"));
    await world.settle();
    isAway = true;
    site.cut();
    while (!asked.includes("GET")) await world.pass(100);
    plane.interests!.follow(inNamespace("live/b"));
    isAway = false;
    await world.pass(30_000);
    assert.equal(plane.mirror.isFollowed, true);
    assert.deepEqual(announcesOf(plane.mirror), ["b live/a", "b live/b"]);
  },
);

scenario("a controller that keeps no more interests is followed as a whole", async (world) => {
  const { site, plane, mirror, interests, lines } = await begin(world, "live/a", "live/b");
  const { handle } = site.controller;
  site.controller.handle = async (request, client) =>
    request.method === "PUT" && request.url.includes("/watch/")
      ? Response.json({ error: "Too many", code: "limit_reached" }, { status: 429 })
      : await handle(request, client);
  interests.follow(inNamespace("live/a"));
  await world.pass(2000);
  assert.deepEqual(announcesOf(mirror), ["b live/a", "b live/b"]);
  assert.equal(plane.status.interests?.counts.widened, 1);
  assert.equal(lines.filter(({ text }) => text.includes("too many namespaces")).length, 1);
});

scenario(
  "behind a load balancer that takes changes to another controller nothing is missed",
  async (world) => {
    const { site, plane, mirror, interests, lines } = await begin(
      world,
      "live/a",
      "live/b",
      "live/c",
    );
    const { handle } = site.controller;
    site.controller.handle = async (request, client) =>
      request.method === "PUT" && request.url.includes("/watch/")
        ? Response.json({ error: "There is no such watcher here", code: "not_found" }, {
          status: 404,
        })
        : await handle(request, client);
    interests.follow(inNamespace("live/a"));
    await world.pass(2000);
    assert.deepEqual(announcesOf(mirror), ["b live/a"]);
    interests.follow(inNamespace("live/b"));
    await world.pass(5000);
    assert.deepEqual(announcesOf(mirror), ["b live/a", "b live/b"]);
    interests.follow(inNamespace("live/d"));
    await world.pass(20_000);
    assert.equal(plane.status.interests?.follows, "all");
    await announce(site, "live/d");
    await world.settle();
    assert.deepEqual(announcesOf(mirror), ["b live/a", "b live/b", "b live/c", "b live/d"]);
    assert.equal(lines.filter(({ text }) => text.includes("reach another controller")).length, 1);
  },
);
