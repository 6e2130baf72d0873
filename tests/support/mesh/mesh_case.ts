import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { formatAnnounce } from "@qumo/shared/topology";
import { Deadline } from "../deadline.ts";
import { Lateness } from "../lateness.ts";
import { Mesh, type MeshOptions } from "./mesh.ts";
import { MeshPublisher } from "./publisher.ts";
import type { Verdict } from "./reception.ts";
import { liveSchedule } from "./schedule.ts";
import { MeshViewer } from "./viewer.ts";

/** What a scenario has to work with: everything that it starts ends with it. */
export interface MeshWorld {
  readonly mesh: Mesh;
  /** A publisher of a live track, connected to these relays. */
  publisher(path: string, ...relays: readonly string[]): Promise<MeshPublisher>;
  /** A viewer of what that publisher publishes, at this relay, once it has a whole group. */
  viewer(of: MeshPublisher, relay: string): Promise<MeshViewer>;
  /** Fails when a gap is longer than so many groups, and what this machine was late meanwhile. */
  withinGroups(gap: Verdict, groups: number): void;
  /** Writes a line beside the test's name. */
  say(text: string): void;
}

/** The name of every lab's track: what differs is the namespace. */
export const TRACK = "video";

const DEADLINE = 120_000;

/** Processes that one failover passes in a row: neighbor, controller, relays, publisher and viewer. */
const STEPS = 6;

/** One scenario on a mesh of its own. When it fails, what all processes wrote and say is printed. */
export function meshTest(
  name: string,
  options: MeshOptions & { readonly deadline?: number; readonly ignore?: boolean },
  body: (world: MeshWorld) => Promise<void>,
): void {
  Deno.test({ name, ignore: options.ignore ?? false, fn: run });

  async function run(): Promise<void> {
    using deadline = new Deadline(options.deadline ?? DEADLINE);
    await using mesh = await Mesh.start(options);
    await using ends = new AsyncDisposableStack();
    const lateness = ends.use(new Lateness());
    try {
      await deadline.for(name, body(worldOf(mesh, { ends, name, lateness })));
      assert.deepEqual(errorsIn(mesh.log()), []);
    } catch (error) {
      say(`${mesh.log()}\n--- state\n${await mesh.state()}\n`);
      throw error;
    }
  }
}

/** What programs called errors of their own: nothing that a mesh does to them is one. */
function errorsIn(log: string): readonly string[] {
  return log.split("\n").filter((line) => line.includes('"level":"error"'));
}

function worldOf(mesh: Mesh, { ends, name, lateness }: {
  readonly ends: AsyncDisposableStack;
  readonly name: string;
  readonly lateness: Lateness;
}): MeshWorld {
  return {
    mesh,
    withinGroups(gap, groups) {
      const late = STEPS * lateness.worstMs;
      const text = `${words(gap)}; the machine was ${lateness.worstMs.toFixed(0)} ms late`;
      assert.ok(gapGroups(gap) <= groups + late / GROUP_MS, text);
    },
    async publisher(path, ...relays) {
      const schedule = liveSchedule(systemClock.now());
      const publisher = ends.use(new MeshPublisher({ path, track: TRACK, schedule }));
      for (const relay of relays) await publisher.connect(mesh.relay(relay));
      return publisher;
    },
    async viewer(of, relay) {
      const viewer = ends.use(await MeshViewer.join(mesh.relay(relay), of));
      await viewer.has(0);
      return viewer;
    },
    say: (text) => say(`${name}: ${text}\n`),
  };
}

/** How relays and the controller write the lab's track of this path. */
export function trackText(path: string): string {
  const encoder = new TextEncoder();
  const namespace = path.split("/").map((part) => encoder.encode(part));
  return formatAnnounce({ scope: "", namespace, name: encoder.encode(TRACK) });
}

/** The longest gap in groups: of those that did not come whole, or of the time in which nothing came. */
function gapGroups({ longestGapGroups, longestGapMs }: Verdict): number {
  return Math.max(longestGapGroups, longestGapMs / GROUP_MS);
}

/** How long a group of the lab's tracks is. */
export const GROUP_MS = 500;

/** A verdict in words. */
export function words({ missing, cut, longestGapMs, longestGapGroups }: Verdict): string {
  return `gap ${longestGapMs.toFixed(0)} ms, ${longestGapGroups} groups; ` +
    `missing ${missing.join(" ") || "none"}, cut ${cut.join(" ") || "none"}`;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
