import assert from "node:assert/strict";
import { formatAnnounce } from "@qumo/shared/topology";
import { Deadline } from "../deadline.ts";
import { Lateness } from "../lateness.ts";
import type { MeshGround, MeshScenario } from "../mesh_ground.ts";
import { merged, Mesh, type MeshOptions } from "./mesh.ts";
import type { ProgramConfig } from "./program.ts";
import { MeshPublisher, TRACK } from "./publisher.ts";
import type { Verdict } from "./reception.ts";
import { until } from "../until.ts";
import { nameOf } from "../worlds/track_model.ts";
import { MeshViewer } from "./viewer.ts";

/** Processes that one failover passes in a row: neighbor, controller, relays, publisher and viewer. */
const STEPS = 6;

/**
 * For meshes whose links do not fail: on a machine that is busy, a process that does not run for a while
 * answers late. The default takes that for a broken link, which may cost groups.
 */
export const STEADY: ProgramConfig = { mesh: { link_timeout_ms: 10_000 } };

/**
 * Longer than the default: where tests run beside each other, a process may get no processor for more
 * than that, and then a link breaks that the scenario knows nothing of. In virtual time it is the default.
 */
const LINK_TIMEOUT_MS = 4_000;

const PATIENT: ProgramConfig = { mesh: { link_timeout_ms: LINK_TIMEOUT_MS } };

/** How long a group of the lab's tracks is. */
export const GROUP_MS = 500;

/** What a break may cost: the time until the link is known to be down, and some for other tests. */
export const GAP_GROUPS = (LINK_TIMEOUT_MS + 3_000) / GROUP_MS;

/** Runs scenarios on meshes of processes; `config` is that of the relays' mesh. */
export function runAsProcesses(
  scenarios: readonly MeshScenario[],
  config: ProgramConfig = {},
): void {
  for (const { name, topology, linkTimeoutMs, body } of scenarios) {
    // Longer than in virtual time, where whoever must be there before it is over is never late.
    const timeout = linkTimeoutMs !== undefined && { link_timeout_ms: 2 * linkTimeoutMs };
    const relayConfig = { mesh: { ...config, ...timeout }, relay: { request_timeout_ms: 60_000 } };
    meshTest(name, { topology, relayConfig }, body);
  }
}

/** How a test of a mesh of processes is run. */
export interface MeshTestOptions {
  readonly deadline?: number;
  readonly ignore?: boolean;
}

/** One scenario on a mesh of its own. When it fails, what all processes wrote and say is printed. */
export function meshTest(
  name: string,
  options: MeshOptions & MeshTestOptions,
  body: (ground: ProcessGround) => Promise<void>,
): void {
  Deno.test({ name, ignore: options.ignore ?? false, fn: () => runOnMesh(name, options, body) });
}

/** The same within a test. */
export async function runOnMesh(
  name: string,
  options: MeshOptions & Pick<MeshTestOptions, "deadline">,
  body: (ground: ProcessGround) => Promise<void>,
): Promise<void> {
  using deadline = new Deadline(options.deadline);
  const relayConfig = merged(PATIENT, options.relayConfig ?? {});
  await using mesh = await Mesh.start({ ...options, relayConfig });
  await using ends = new AsyncDisposableStack();
  const lateness = ends.use(new Lateness());
  try {
    await deadline.for(name, body(groundOn(mesh, { ends, name, lateness })));
    assert.deepEqual(errorsIn(mesh.log()), []);
  } catch (error) {
    say(`${mesh.log()}\n--- state\n${await mesh.state()}\n`);
    throw error;
  }
}

/** What programs called errors of their own: nothing that a mesh does to them is one. */
function errorsIn(log: string): readonly string[] {
  return log.split("\n").filter((line) => line.includes('"level":"error"'));
}

/** A mesh of processes: everything that a scenario starts ends with it. */
export type ProcessGround = ReturnType<typeof groundOn>;

function groundOn(mesh: Mesh, { ends, name, lateness }: {
  readonly ends: AsyncDisposableStack;
  readonly name: string;
  readonly lateness: Lateness;
}) {
  const late = () =>
    Math.max(lateness.worstMs, ...mesh.relays.map(({ slowestAnswerMs }) => slowestAnswerMs));
  const ground = {
    ...faultsOn(mesh),
    mesh,
    async publisher(path: string, ...relays: readonly string[]): Promise<MeshPublisher> {
      const publisher = ends.use(new MeshPublisher(path));
      for (const relay of relays) await ground.connect(publisher, relay);
      return publisher;
    },
    connect: (publisher: MeshPublisher, relay: string) => publisher.connect(mesh.relay(relay)),
    disconnect: (publisher: MeshPublisher, relay: string) => publisher.disconnect(relay),
    joins: async (publisher: MeshPublisher, relay: string) =>
      ends.use(await MeshViewer.join(mesh.relay(relay), publisher)),
    async viewer(publisher: MeshPublisher, relay: string): Promise<MeshViewer> {
      const viewer = await ground.joins(publisher, relay);
      await viewer.has(0);
      return viewer;
    },
    comesBy: ({ relay, path }: MeshViewer, ...relays: readonly string[]) =>
      mesh.routed(relay, trackText(path), relays),
    lossless(seen: Verdict): void {
      if (seen.missing.length + seen.cut.length > 0) ground.withinGroups(seen, 0);
    },
    within: (gap: Verdict) => ground.withinGroups(gap, GAP_GROUPS),
    /** Fails when a gap is longer than so many groups, and what this machine made processes late. */
    withinGroups(gap: Verdict, groups: number): void {
      const text = `${words(gap)}; the machine was ${late().toFixed(0)} ms late`;
      ground.say(text);
      assert.ok(gapGroups(gap) <= groups + STEPS * late() / GROUP_MS, text);
    },
    /** Fails when something took more milliseconds than these, and what this machine made processes late. */
    withinMs(took: number, milliseconds: number, what: string): void {
      const text = `${what} took ${took.toFixed(0)} ms; the machine was ${
        late().toFixed(0)
      } ms late`;
      ground.say(text);
      assert.ok(took <= milliseconds + STEPS * late(), text);
    },
    /** Writes a line beside the test's name. */
    say: (text: string) => say(`${name}: ${text}\n`),
  };
  return ground satisfies MeshGround;
}

/** What goes wrong, and is mended. */
function faultsOn(mesh: Mesh) {
  return {
    kill: async (relay: string) => void await mesh.relay(relay).end("SIGKILL"),
    start: (relay: string) => mesh.relay(relay).start(),
    freeze: (relay: string) => mesh.relay(relay).signal("SIGSTOP"),
    thaw: (relay: string) => mesh.relay(relay).signal("SIGCONT"),
    cut: (a: string, b: string) => mesh.link(a, b).cut(),
    restore: (a: string, b: string) => mesh.link(a, b).restore(),
    misses: (relay: string, neighbor: string) =>
      until(`${relay} to miss ${neighbor}`, async () => {
        const links = (await mesh.relay(relay).mesh())?.links ?? [];
        return links.some((link) => link.neighbor === neighbor && link.state !== "up");
      }),
    killController: async () => void await mesh.controllers[0]!.end("SIGKILL"),
    startController: () => mesh.controllers[0]!.start(),
  };
}

/** How relays and the controller write the lab's track of this path. */
export function trackText(path: string): string {
  return formatAnnounce({ scope: "", ...nameOf(...path.split("/"), TRACK) });
}

/** The longest gap in groups: of those that did not come whole, or of the time in which nothing came. */
function gapGroups({ longestGapGroups, longestGapMs }: Verdict): number {
  return Math.max(longestGapGroups, longestGapMs / GROUP_MS);
}

/** A verdict in words. */
export function words({ missing, cut, longestGapMs, longestGapGroups }: Verdict): string {
  return `gap ${longestGapMs.toFixed(0)} ms, ${longestGapGroups} groups; ` +
    `missing ${missing.join(" ") || "none"}, cut ${cut.join(" ") || "none"}`;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
