import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { STALE_MS } from "../../relay/control_plane/limits.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { ControlPlaneWorld } from "../support/worlds/control_plane_world.ts";
import type { ControllerSite } from "../support/worlds/controller_site.ts";

const A = "http://a.test";
const NAMES = ["a", "b", "c"] as const;

const name = fc.constantFrom(...NAMES);
const track = fc.constantFrom("x", "y/z", "~/%2Fq/w");
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("register" as const),
      name,
      links: fc.dictionary(
        fc.constantFrom(...NAMES, "me"),
        fc.record({ cost: fc.nat(3), up: fc.boolean() }),
      ),
      announces: fc.option(fc.uniqueArray(track), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("deregister" as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("drain" as const), name, on: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("announce" as const), name, track }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), name, track }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("link" as const), name, up: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(5000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("break" as const), after: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Subject {
  readonly world: ControlPlaneWorld;
  readonly site: ControllerSite;
  readonly follower: ReturnType<ControlPlaneWorld["relay"]>;
}

async function take({ world, site, follower }: Subject, one: Step): Promise<void> {
  const { ask } = site.controller;
  switch (one.kind) {
    case "register":
      await ask("PUT", `/relay/${one.name}`, { links: one.links, announces: one.announces });
      break;
    case "deregister":
      await ask("DELETE", `/relay/${one.name}`);
      break;
    case "drain":
      await ask("POST", `/relay/${one.name}/${one.on ? "drain" : "undrain"}`);
      break;
    case "announce":
      await ask("PUT", `/announce/${encodeURI(one.track)}`, { relay: one.name });
      break;
    case "withdraw":
      await ask("DELETE", `/announce/${encodeURI(one.track)}?relay=${one.name}`);
      break;
    case "link":
      follower.report.links = { ...follower.report.links, [one.name]: { up: one.up } };
      follower.plane.changed();
      break;
    case "wait":
      await world.pass(one.ms);
      break;
    case "settle":
      await world.settle();
      break;
    case "cut":
      site.cut();
      break;
    case "break":
      // The streams from now on end in the middle of something, each at the same place.
      site.breakAfter = one.after;
      break;
    case "restart":
      await site.stop();
      await site.start();
      break;
  }
}

/** All that a mirror says of the other relays, to compare; a snapshot does not tell their epochs. */
function told(mirror: MirrorView) {
  return {
    revision: mirror.revision,
    relays: [...NAMES, "me"].map((name) => {
      const relay = mirror.relay(name);
      return relay && { ...relay, epoch: undefined };
    }),
    nextHops: NAMES.map((name) => mirror.nextHop(name)),
    announces: Array.from(mirror.announces(), ({ relay, text }) => `${relay} ${text}`).sort(),
  };
}

/** What somebody knows who heard nothing but the calls of a listener. */
function listen(mirror: MirrorView): Set<string> {
  const heard = new Set<string>();
  mirror.watch({
    announced(relay, text) {
      assert.ok(!heard.has(`${relay} ${text}`), "announced twice");
      heard.add(`${relay} ${text}`);
    },
    withdrawn(relay, text) {
      assert.ok(heard.delete(`${relay} ${text}`), "withdrawn without having been announced");
    },
    changed() {},
  });
  return heard;
}

Deno.test("whatever breaks on the way, a mirror ends as one that begins with a snapshot", async () => {
  await checkProperty(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(2, 10_000),
      async (steps, history) => {
        await using world = new ControlPlaneWorld();
        const site = world.site(A, { history });
        await site.start();
        const follower = world.relay({
          name: "me",
          urls: [A],
          neighbors: new Map([["a", 1], ["b", 2]]),
        });
        const heard = listen(follower.plane.mirror);
        follower.plane.start();
        for (const one of steps) await take({ world, site, follower }, one);
        site.breakAfter = Infinity;
        site.cut();
        await world.pass(20_000);
        await world.pass(STALE_MS);
        const reference = world.follow("me", A);
        await world.settle();
        assert.deepEqual(told(follower.plane.mirror), told(reference));
        assert.deepEqual([...heard].sort(), told(follower.plane.mirror).announces);
      },
    ),
    { numRuns: 200 },
  );
});
