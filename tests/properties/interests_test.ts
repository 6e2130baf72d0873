import assert from "node:assert/strict";
import { announceParts, type Interest } from "@qumo/shared/topology";
import fc from "fast-check";
import { Interests } from "../../relay/control_plane/interests.ts";
import { INTEREST_MS, STALE_MS, SWEEP_MS } from "../../relay/control_plane/limits.ts";
import type { MirrorView } from "../../relay/control_plane/mod.ts";
import { checkProperty } from "../support/properties.ts";
import { ControlPlaneWorld } from "../support/worlds/control_plane_world.ts";
import type { ControllerSite } from "../support/worlds/controller_site.ts";

const A = "http://a.test";

const name = fc.constantFrom("a", "b", "c");
const track = fc.constantFrom(
  "~",
  "~/video",
  "x",
  "x/y",
  "x/y/z",
  "x/y/~/video",
  "x/~/y",
  "~/%2Fq/~",
  "~/%2Fq/x",
  "~/%2Fq/x/y/~/video",
);
const interest = fc.record({
  kind: fc.constantFrom("namespace" as const, "prefix" as const),
  text: fc.constantFrom("~", "x", "x/y", "x/y/z", "w", "~/%2Fq/~", "~/%2Fq/x", "~/%2Fq/x/y"),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("register" as const),
      name,
      announces: fc.option(fc.uniqueArray(track), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("deregister" as const), name }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("announce" as const), name, track }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), name, track }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("follow" as const), interest }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("end" as const), at: fc.nat(8) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(5000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait long" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("break" as const), after: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Subject {
  readonly world: ControlPlaneWorld;
  readonly site: ControllerSite;
  readonly interests: Interests;
  readonly held: { readonly interest: Interest; readonly end: () => void }[];
}

async function take({ world, site, interests, held }: Subject, one: Step): Promise<void> {
  const { ask } = site.controller;
  switch (one.kind) {
    case "register":
      await ask("PUT", `/relay/${one.name}`, { announces: one.announces });
      break;
    case "deregister":
      await ask("DELETE", `/relay/${one.name}`);
      break;
    case "announce":
      await ask("PUT", `/announce/${encodeURI(one.track)}`, { relay: one.name });
      break;
    case "withdraw":
      await ask("DELETE", `/announce/${encodeURI(one.track)}?relay=${one.name}`);
      break;
    case "follow": {
      const { end } = interests.follow(one.interest);
      held.push({ interest: one.interest, end });
      break;
    }
    case "end":
      held.splice(one.at, 1)[0]?.end();
      break;
    case "settle":
      await world.settle();
      break;
    case "wait":
      await world.pass(one.ms);
      break;
    case "wait long":
      await world.pass(INTEREST_MS + 2 * SWEEP_MS);
      break;
    case "cut":
      site.cut();
      break;
    case "break":
      site.breakAfter = one.after;
      break;
    case "restart":
      await site.stop();
      await site.start();
      break;
  }
}

function announcesOf(mirror: MirrorView): string[] {
  return Array.from(mirror.announces(), ({ relay, text }) => `${relay} ${text}`).sort();
}

/** Whether an interest is about an announce, as its definition says it. */
function isAbout({ kind, text }: Interest, announce: string): boolean {
  const [wanted, had] = [announceParts(text)!, announceParts(announce)!];
  if (wanted.scope !== had.scope) return false;
  const isUnder = (below: readonly string[], above: readonly string[]) =>
    above.every((part, at) => below[at] === part);
  if (kind === "prefix") return isUnder(had.namespace, wanted.namespace);
  const isAbove = isUnder(wanted.namespace, had.namespace);
  return isAbove &&
    (had.name === undefined || had.namespace.length === wanted.namespace.length);
}

Deno.test("a mirror by interests is the part of the whole mirror that they are about", async () => {
  await checkProperty(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(2, 10_000),
      fc.constantFrom(0, 0, 3),
      async (steps, history, mirrorAllUpTo) => {
        await using world = new ControlPlaneWorld();
        const site = world.site(A, { history });
        await site.start();
        const { plane } = world.relay({ name: "me", urls: [A], mirrorAllUpTo });
        const { interests, mirror } = plane;
        assert.ok(interests instanceof Interests);
        plane.start();
        const held: Subject["held"] = [];
        for (const one of steps) await take({ world, site, interests, held }, one);
        site.breakAfter = Infinity;
        site.cut();
        await world.pass(20_000);
        await world.pass(STALE_MS);
        const reference = world.follow("me", A);
        await world.settle();
        const whole = announcesOf(reference);
        const textOf = (line: string) => line.slice(2);
        assert.deepEqual(
          announcesOf(mirror),
          whole.filter((line) => interests.wants(textOf(line))),
        );
        for (const line of whole) {
          const isHeld = held.some(({ interest }) => isAbout(interest, textOf(line)));
          if (isHeld) assert.ok(interests.wants(textOf(line)), line);
        }
      },
    ),
    { numRuns: 200 },
  );
});
