/** What a relay does to hear of its controller at once when it can be reached again. */
import assert from "node:assert/strict";
import { READY_MS, REQUEST_TIMEOUT_MS } from "../../relay/control_plane/limits.ts";
import type { AccessListener } from "../../relay/control_plane/access_events.ts";
import { Random } from "../support/random.ts";
import { type ControlPlaneWorld, scenario, stream } from "../support/worlds/control_plane_world.ts";
import type { ControllerSite } from "../support/worlds/controller_site.ts";

const A = "http://a.test";
const B = "http://b.test";
const STEP_MS = 50;

/** How late a relay may hear of a revocation when its controller can be reached again. */
const BOUND_MS = 1000;

/** Longer than it takes until all waits are as short as at first. */
const CALM_MS = 15_000;

/** A relay, and the tokens that it was told are revoked. */
function relayOf(world: ControlPlaneWorld, urls: readonly string[], seed = 1) {
  const revoked = new Set<string>();
  const access: AccessListener = {
    usage: [],
    begin: () => {},
    change: ({ revocations }) => revocations.forEach(({ value }) => revoked.add(value)),
    ready: () => {},
    unsupported: () => {},
    leftOut: () => {},
    kick: () => {},
    used: () => {},
  };
  const random = new Random(seed);
  const settings = { name: "r", urls };
  const relay = world.relay(settings, { access, random: () => random.below(1000) / 1000 });
  return { ...relay, revoked };
}

async function pass(world: ControlPlaneWorld, milliseconds: number): Promise<void> {
  for (let at = 0; at < milliseconds; at += STEP_MS) {
    await world.clock.advance(STEP_MS);
    await world.settle();
  }
}

/** How long it takes from now. */
async function timeUntil(world: ControlPlaneWorld, isDone: () => boolean): Promise<number> {
  const began = world.clock.now();
  while (!isDone()) {
    await pass(world, STEP_MS);
    assert.ok(world.clock.now() - began < 60_000, "it does not come about");
  }
  return world.clock.now() - began;
}

function revoke(site: ControllerSite, value: string) {
  return site.controller.ask("POST", "/revoke", { kind: "token", value, reason: "stolen" });
}

/** Has requests for the event stream answered in another way than `usual`, and all others as before. */
function answerWatch(
  site: ControllerSite,
  otherwise: (signal: AbortSignal, usual: () => Promise<Response>) => Promise<Response>,
): void {
  const answer = site.answer.bind(site);
  site.answer = (request, signal) => {
    const usual = () => answer(request, signal);
    return request.url.includes("/watch") ? otherwise(signal, usual) : usual();
  };
}

const isWatch = ({ path }: { path: string }) => path.startsWith("/watch");

for (const seconds of [2, 3, 4, 6, 9, 40, 180]) {
  for (const seed of [1, 2]) {
    scenario(
      `a relay whose packets were lost for ${seconds} s hears of revocations within a second: ${seed}`,
      async (world) => {
        const site = world.site(A);
        await site.start();
        const { plane, revoked } = relayOf(world, [A], seed);
        plane.start();
        await pass(world, CALM_MS + seed * 350);
        site.lose();
        await revoke(site, "stolen");
        await pass(world, seconds * 1000);
        assert.equal(revoked.size, 0);
        site.find();
        const took = await timeUntil(world, () => revoked.has("stolen"));
        // A stream counts as quiet two and a half seconds after its last sign of life.
        const early = Math.max(0, 2500 - seconds * 1000);
        assert.ok(took <= BOUND_MS + early, `${took} ms`);
        await pass(world, CALM_MS);
        assert.equal(plane.status.isStale, false);
      },
    );
  }
}

scenario(
  "a relay whose controller was away for long hears of it within a second",
  async (world) => {
    const site = world.site(A);
    await site.start();
    const { plane } = relayOf(world, [A]);
    plane.start();
    await world.settle();
    await site.stop();
    await pass(world, 60_000);
    await site.start();
    const took = await timeUntil(world, () => plane.mirror.revision >= 2_000_000);
    assert.ok(took <= BOUND_MS, `${took} ms`);
  },
);

scenario(
  "a quiet controller is asked for a sign of life, and kept while it stands still",
  async (world) => {
    const site = world.site(A);
    await site.start();
    const { plane, lines } = relayOf(world, [A]);
    plane.start();
    await pass(world, CALM_MS);
    const before = world.requests.filter(isWatch).length;
    assert.equal(before, 1, "its signs of life are enough");
    const probes = () => world.requests.filter(({ path }) => path.startsWith("/health")).length;
    assert.equal(probes(), 0);
    const goOn = site.standStill();
    await pass(world, 6_000);
    assert.ok(probes() > 5);
    goOn();
    await pass(world, CALM_MS);
    assert.equal(world.requests.filter(isWatch).length, before);
    assert.equal(lines.filter(({ text }) => text.includes("cannot follow")).length, 0);
  },
);

scenario("a controller that takes its time for an event stream is given it", async (world) => {
  const site = world.site(A);
  await site.start();
  answerWatch(site, async (_signal, usual) => {
    await new Promise<void>((resolve) => void world.clock.after(REQUEST_TIMEOUT_MS - 500, resolve));
    return await usual();
  });
  const { plane } = relayOf(world, [A]);
  plane.start();
  await pass(world, REQUEST_TIMEOUT_MS);
  assert.equal(world.requests.filter(isWatch).length, 1);
  assert.equal(plane.mirror.isComplete, true);
});

scenario(
  "streams that are silent from the start are not opened in a row without a wait",
  async (world) => {
    const site = world.site(A);
    await site.start();
    answerWatch(site, (signal) => {
      const silent = stream(signal);
      silent.headers.set("preference-applied", "keep-alive=1");
      return Promise.resolve(silent);
    });
    const { plane } = relayOf(world, [A]);
    plane.start();
    await pass(world, 60_000);
    const count = world.requests.filter(isWatch).length;
    assert.ok(count > 3 && count <= 5, `${count} streams`);
  },
);

scenario(
  "a controller whose signs of life are held back on the way is followed all the same",
  async (world) => {
    const site = world.site(A);
    await site.start();
    answerWatch(site, async (_signal, usual) => {
      const response = await usual();
      return new Response(response.body!.pipeThrough(heldBack(world, 5_000)), response);
    });
    const { plane, lines } = relayOf(world, [A]);
    plane.start();
    await pass(world, 60_000);
    const count = world.requests.filter(isWatch).length;
    assert.ok(count <= 4, `${count} streams`);
    assert.ok(lines.length < 15, `${lines.length} lines`);
    assert.equal(plane.status.isStale, false);
  },
);

scenario(
  "a controller that drips and never tells everything is left for another",
  async (world) => {
    const [a, b] = [world.site(A), world.site(B)];
    await a.start();
    await b.start();
    answerWatch(a, (signal) => {
      const headers = { "content-type": "text/event-stream", "preference-applied": "keep-alive=1" };
      const body = stream(signal).body!.pipeThrough(dripping(world, signal));
      return Promise.resolve(new Response(body, { headers }));
    });
    const { plane, lines } = relayOf(world, [A, B]);
    plane.start();
    await pass(world, READY_MS - 1000);
    assert.equal(world.requests.filter(isWatch).length, 1);
    await pass(world, CALM_MS);
    assert.equal(plane.status.url, B);
    assert.equal(plane.mirror.isComplete, true);
    assert.ok(lines.some((line) => JSON.stringify(line).includes("not everything was told")));
  },
);

/** A byte each second, and no end of the line. */
function dripping({ clock }: ControlPlaneWorld, signal: AbortSignal) {
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      const drip = () => {
        if (signal.aborted) return;
        controller.enqueue(new TextEncoder().encode(":"));
        clock.after(1000, drip);
      };
      drip();
    },
  });
}

/** Passes on what comes at the beginning, and then the pieces of so many milliseconds together. */
function heldBack({ clock }: ControlPlaneWorld, milliseconds: number) {
  const held: Uint8Array[] = [];
  const began = clock.now();
  let passedAt = began;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      held.push(piece);
      if (clock.now() > began && clock.now() < passedAt + milliseconds) return;
      passedAt = clock.now();
      for (const one of held.splice(0)) controller.enqueue(one);
    },
  });
}

scenario("of two controllers the other is used as soon as only that one answers", async (world) => {
  const [a, b] = [world.site(A), world.site(B)];
  await a.start();
  await b.start();
  const { plane, revoked } = relayOf(world, [A, B]);
  plane.start();
  await pass(world, CALM_MS);
  await revoke(b, "stolen");
  a.lose();
  const took = await timeUntil(world, () => revoked.has("stolen"));
  assert.ok(took > 4_000 && took < 6_500, `${took} ms`);
  await pass(world, CALM_MS);
  assert.equal(plane.status.url, B);
});

scenario(
  "a relay that neither of two controllers reached hears of the one that is back",
  async (world) => {
    const [a, b] = [world.site(A), world.site(B)];
    await a.start();
    await b.start();
    const { plane, revoked } = relayOf(world, [A, B]);
    plane.start();
    await pass(world, CALM_MS);
    for (const [at, back] of [a, b, b, a].entries()) {
      for (const site of [a, b]) site.lose();
      await pass(world, 20_000 + at * 1_700);
      const value = `stolen ${at}`;
      await revoke(back, value);
      back.find();
      const took = await timeUntil(world, () => revoked.has(value));
      // Which controller is asked first changes all the time, so either may be.
      assert.ok(took <= 3 * BOUND_MS, `${took} ms`);
      await pass(world, CALM_MS);
    }
  },
);

scenario("a controller that says when to come again is left alone until then", async (world) => {
  const site = world.site(A);
  await site.start();
  site.answer = () =>
    Promise.resolve(
      Response.json({ error: "It is starting", code: "starting" }, {
        status: 503,
        headers: { "retry-after": "7" },
      }),
    );
  const { plane } = relayOf(world, [A]);
  plane.start();
  await pass(world, 60_000);
  const watches = world.requests.filter(isWatch).length;
  assert.ok(watches >= 8 && watches <= 9, `${watches} in a minute`);
});

scenario("a controller that refuses a relay is not asked each second", async (world) => {
  const site = world.site(A);
  await site.start();
  site.answer = () =>
    Promise.resolve(Response.json({ error: "No", code: "forbidden" }, { status: 403 }));
  const { plane } = relayOf(world, [A]);
  plane.start();
  await pass(world, 60_000);
  const watches = world.requests.filter(isWatch).length;
  assert.ok(watches < 16, `${watches} in a minute`);
});
