/** Shows that it works: `deno task demo --help` says how. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Latency } from "../bench/latency.ts";
import { Progress } from "../bench/progress.ts";
import { Deadline } from "../support/deadline.ts";
import { type RelayProcess, startRelay } from "../support/relay_process.ts";
import { Camera } from "./camera.ts";
import { parseOptions, USAGE } from "./options.ts";
import { introduction, liveLine, summary } from "./report.ts";
import { Viewer } from "./viewer.ts";
import { connectByQuic, connectByWebTransport } from "./viewers.ts";

const PATH = "demo";
const TRACK = "video";

// For everything up to the first object: the relay itself starts in a second or two.
const START_TIMEOUT = 30_000;
// What was published last may take so long to arrive before it counts as lost.
const LAST_CALL = 10_000;
// Ctrl-C reaches a program that `deno task` started twice: from the terminal and from the task.
const SAME_SIGNAL_MS = 500;
const NEVER = new Promise<never>(() => {});

const options = parseOptions(Deno.args);
if (!options.ok) {
  complain(`${options.refusal}\nTry deno task demo --help`);
  Deno.exit(2);
}
if (options.value.help) {
  say(USAGE);
  Deno.exit(0);
}
// The library narrates its life and its end there; everything that is ours is said with `say`.
// deno-lint-ignore no-console
for (const level of ["debug", "info", "log", "warn", "error"] as const) console[level] = () => {};
const interrupted = interruption();
Deno.exit(await demo(options.value.seconds));

/** Runs for so many seconds, or until Ctrl-C; returns the exit code. */
async function demo(seconds: number | undefined): Promise<number> {
  await using relay = await startRelay();
  const lately = new Latency();
  const connected = await Promise.race([
    interrupted,
    connect(relay, (milliseconds) => lately.add(milliseconds)).catch(String),
  ]);
  if (typeof connected === "string") {
    complain(`Cannot begin: ${connected}\nThe relay's log:\n${relay.log()}`);
    return 1;
  }
  const { camera, viewers } = connected;
  say(introduction(relay.port, relay.certificateHash.toHex(), PATH, TRACK));

  const start = systemClock.now();
  const stop = new AbortController();
  const work = [camera.run(stop.signal), show(viewers, lately, start, stop.signal)];
  const reason = await Promise.race([
    interrupted,
    seconds === undefined ? NEVER : sleep(systemClock, seconds * 1000).then(() => "time" as const),
    broken(relay, viewers),
  ]);
  stop.abort();
  await Promise.allSettled(work);
  // At Ctrl-C the terminal tells the relay as well, so what is on its way will not come.
  if (reason === "time") await lastObjects(camera, viewers);
  const missing = (viewer: Viewer) =>
    reason === "time" ? viewer.missingOf(camera.published) : viewer.lost;
  for (const viewer of viewers) viewer.stop();

  say(summary(viewers, (systemClock.now() - start) / 1000, missing));
  if (typeof reason === "object") {
    complain(`${reason.broken}. The relay's log:\n${relay.log()}`);
    return 1;
  }
  const isWhole = viewers.every((viewer) => missing(viewer) + viewer.damaged === 0);
  const isSeen = viewers.every((viewer) => viewer.objects > 0);
  say(isWhole && isSeen ? "Nothing was lost." : "Something was lost.");
  return isWhole && isSeen ? 0 : 1;
}

/** Connects the publisher and the viewers, each waiting for the one before. */
async function connect(relay: RelayProcess, onLatency: (milliseconds: number) => void) {
  using deadline = new Deadline(START_TIMEOUT);
  const publisher = await deadline.for("the publisher to connect", connectByQuic(relay));
  const publication = await publisher.publish(PATH, [TRACK]);
  const peers = await deadline.for(
    "the viewers to connect",
    Promise.all([connectByQuic(relay), connectByWebTransport(relay)]),
  );
  const viewers = await deadline.for(
    "the announcement",
    Promise.all(peers.map((peer) => Viewer.watch(peer, PATH, TRACK, onLatency))),
  );
  // Who comes later gets the group that is under way from its start, and that would look like delay.
  await deadline.for("the subscriptions", subscribed(relay, viewers.length));
  return { camera: new Camera(publication, TRACK), viewers };
}

async function subscribed(relay: RelayProcess, count: number): Promise<void> {
  for (;;) {
    const { subscribers } = await relay.status() as { readonly subscribers: number };
    if (subscribers >= count) return;
    await sleep(systemClock, 20);
  }
}

/** Says once a second what goes on. */
async function show(
  viewers: readonly Viewer[],
  lately: Latency,
  start: number,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress(Deno.stdout);
  const total = () => ({
    objects: viewers.reduce((sum, { objects }) => sum + objects, 0),
    bytes: viewers.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  let before = { ...total(), time: start };
  lately.clear();
  for (let second = 1;; second++) {
    await sleep(systemClock, start + second * 1000 - systemClock.now(), signal);
    if (signal.aborted) return;
    const now = { ...total(), time: systemClock.now() };
    progress.show(liveLine({
      second,
      length: (now.time - before.time) / 1000,
      objects: now.objects - before.objects,
      bytes: now.bytes - before.bytes,
      latency: lately,
      groups: Math.max(...viewers.map(({ groups }) => groups)),
      lost: viewers.reduce((sum, { lost }) => sum + lost, 0),
    }));
    lately.clear();
    before = now;
  }
}

/** Waits until everybody has everything that was published, a little while. */
async function lastObjects(camera: Camera, viewers: readonly Viewer[]): Promise<void> {
  const isWhole = () => viewers.every((viewer) => viewer.missingOf(camera.published) === 0);
  for (let waited = 0; waited < LAST_CALL && !isWhole(); waited += 20) await sleep(systemClock, 20);
}

/** Resolves when something ends that should have gone on. */
async function broken(relay: RelayProcess, viewers: readonly Viewer[]) {
  return await Promise.race([
    relay.ended.then(() => ({ broken: "The relay ended" })),
    ...viewers.map(async (viewer) => {
      await viewer.ended;
      return { broken: `${viewer.name} was told that the track is over` };
    }),
  ]);
}

/** Resolves at the first Ctrl-C; the second ends the program at once. */
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
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  });
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
