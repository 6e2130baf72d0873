/** Shows the whole system at work: `deno task demo --help` says how. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import type { Camera } from "./camera.ts";
import { LiveLines } from "./live_lines.ts";
import { type DemoOptions, KILL_SECONDS, parseOptions, USAGE } from "./options.ts";
import { liveLine, openingText, summary, wayText } from "./report.ts";
import { openScene, PATH, type Scene, TRACK } from "./scene.ts";
import { RATE } from "./video.ts";
import type { Viewer } from "./viewer.ts";

// What was published last may take so long to arrive before it counts as lost.
const LAST_CALL = 30_000;
// After a kill, a viewer that sees nothing for so long will see nothing.
const GIVE_UP = 60_000;
// Ctrl-C reaches a program that `deno task` started twice: from the terminal and from the task.
const SAME_SIGNAL_MS = 500;
// What was published in the last moment before Ctrl-C may not arrive any more, in objects.
const UNDER_WAY = 2 * RATE;
const NEVER = new Promise<never>(() => {});

const options = parseOptions(Deno.args);
if (!options.ok) {
  complain(`${options.refusal}\nTry deno task demo --help`);
  Deno.exit(2);
}
const lines = new LiveLines(Deno.stdout, () => Deno.consoleSize().columns - 1);
if (options.value.help) {
  lines.say(USAGE);
  Deno.exit(0);
}
// The library narrates its life and its end there; everything that is ours is said by `lines`.
// deno-lint-ignore no-console
for (const level of ["debug", "info", "log", "warn", "error"] as const) console[level] = () => {};
const interrupted = interruption();
Deno.exit(await demo(options.value));

/** Runs for so many seconds, or until Ctrl-C; returns the exit code. */
async function demo(options: DemoOptions): Promise<number> {
  const opening = openScene().catch(String);
  const opened = await Promise.race([interrupted, opening]);
  if (opened === "interrupted") {
    const late = await opening;
    if (typeof late !== "string") await late[Symbol.asyncDispose]();
    return 130;
  }
  if (typeof opened === "string") {
    complain(`Cannot begin: ${opened}`);
    return 1;
  }
  await using scene = opened;
  const page = scene.mesh.controllers[0]!.url;
  lines.say(openingText({ page, relays: scene.mesh.relays, path: PATH, track: TRACK }));
  return await watch(scene, options);
}

async function watch(scene: Scene, { seconds: limit, kill }: DemoOptions): Promise<number> {
  const { camera, mesh } = scene;
  const audience = new Set(scene.viewers);
  const fallen = new Set<string>();
  const start = systemClock.now();
  const stop = new AbortController();
  const work = [
    camera.run(stop.signal),
    show(scene, audience, { start, fallen, signal: stop.signal }),
  ];
  const killing = kill ? killLondon(scene, audience, stop.signal) : undefined;
  const reason = await Promise.race([
    interrupted,
    limit === undefined ? NEVER : sleep(systemClock, limit * 1000).then(() => "time" as const),
    broken(scene, audience),
  ]);
  stop.abort();
  await Promise.allSettled([...work, killing]);
  // At Ctrl-C the terminal tells the relays as well, so what is on its way will not come.
  if (reason === "time" && !kill) await lastObjects(camera, scene.viewers);
  for (const viewer of scene.viewers) viewer.stop();
  const missing = (viewer: Viewer) => {
    const all = viewer.missingOf(camera.published);
    return reason === "time" && !kill || all > UNDER_WAY ? all : viewer.lost;
  };
  const seconds = (systemClock.now() - start) / 1000;
  lines.say(summary(scene.viewers, { seconds, published: camera.published, missing }));
  if (typeof reason === "object") {
    complain(`${reason.broken}. The logs:\n${mesh.log()}`);
    return 1;
  }
  const isSeen = scene.viewers.every((viewer) => viewer.objects > 0 && viewer.damaged === 0);
  if (kill) return isSeen && await killing !== undefined ? 0 : 1;
  const isWhole = isSeen && scene.viewers.every((viewer) => missing(viewer) === 0);
  const accident = fallen.size === 0 ? "" : ` ${[...fallen].join(", ")} ended on the way.`;
  lines.say(`${isWhole ? "Nothing was lost." : "Something was lost."}${accident}`);
  return isWhole ? 0 : 1;
}

/** Says once a second what goes on. */
async function show(
  scene: Scene,
  audience: ReadonlySet<Viewer>,
  { start, fallen, signal }: { start: number; fallen: Set<string>; signal: AbortSignal },
): Promise<void> {
  const before = new Map<Viewer, { objects: number; bytes: number }>();
  for (const viewer of audience) before.set(viewer, { objects: 0, bytes: 0 });
  let since = start;
  for (let second = 1;; second++) {
    await sleep(systemClock, start + second * 1000 - systemClock.now(), signal);
    if (signal.aborted) return;
    for (const { name, isRunning } of scene.mesh.relays) {
      if (isRunning || scene.killed.has(name) || fallen.has(name)) continue;
      fallen.add(name);
      lines.say(`      ${name} has ended, and not by this demo`);
    }
    const now = systemClock.now();
    const length = (now - since) / 1000;
    since = now;
    const ways = [...audience].map(async (viewer) => {
      const way = await scene.wayTo(viewer.relay);
      const { objects, bytes } = viewer;
      const last = before.get(viewer)!;
      before.set(viewer, { objects, bytes });
      const rate = (objects - last.objects) / length;
      const megabits = (bytes - last.bytes) * 8 / 1e6 / length;
      return liveLine(viewer, { second, rate, megabits, way });
    });
    lines.show(await Promise.all(ways));
    for (const viewer of audience) viewer.lately.clear();
  }
}

/**
 * Kills the relay in the middle after a while; its own viewer goes with it. Says how the one behind it
 * fared, in milliseconds; undefined when nothing came any more.
 */
async function killLondon(
  { mesh, viewers, killed, wayTo }: Scene,
  audience: Set<Viewer>,
  signal: AbortSignal,
): Promise<number | undefined> {
  await sleep(systemClock, KILL_SECONDS * 1000, signal);
  if (signal.aborted) return undefined;
  const [own, behind] = viewers as readonly [Viewer, Viewer];
  const way = await wayTo("newyork");
  audience.delete(own);
  behind.measurePause();
  const before = behind.objects;
  killed.add("london");
  await mesh.relay("london").end("SIGKILL");
  lines.say(`      london is killed; newyork watched by ${wayText(way)}`);
  const end = systemClock.now() + GIVE_UP;
  let last = behind.objects;
  // It goes on when more comes than what was under way.
  for (let quiet = true; quiet || behind.objects < before + 30;) {
    await sleep(systemClock, 20, signal);
    if (signal.aborted || systemClock.now() > end) return undefined;
    const went = await wayTo("newyork");
    quiet = behind.objects === last || went?.includes("london") !== false;
    last = behind.objects;
  }
  const gap = behind.longestPause;
  const now = wayText(await wayTo("newyork"));
  lines.say(`      newyork saw nothing new for ${gap.toFixed(0)} ms and goes on by ${now}`);
  return gap;
}

/** Waits until everybody has everything that was published, a little while. */
async function lastObjects(camera: Camera, viewers: readonly Viewer[]): Promise<void> {
  const isWhole = () => viewers.every((viewer) => viewer.missingOf(camera.published) === 0);
  for (let waited = 0; waited < LAST_CALL && !isWhole(); waited += 20) await sleep(systemClock, 20);
}

/** Resolves when something ends that should have gone on. */
async function broken({ viewers }: Scene, audience: ReadonlySet<Viewer>) {
  return await Promise.race(viewers.map(async (viewer) => {
    await viewer.ended;
    return audience.has(viewer)
      ? { broken: `${viewer.name} was told that the track is over` }
      : await NEVER;
  }));
}

/** Resolves at the first Ctrl-C, or when its terminal is closed; the second ends the program at once. */
function interruption(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    let since: number | undefined;
    const stop = () => {
      const now = systemClock.now();
      if (since !== undefined && now - since > SAME_SIGNAL_MS) Deno.exit(130);
      since ??= now;
      resolve("interrupted");
    };
    Deno.addSignalListener("SIGINT", stop);
    if (Deno.build.os === "windows") return;
    for (const signal of ["SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, stop);
  });
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
