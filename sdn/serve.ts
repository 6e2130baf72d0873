import { randomUUID } from "node:crypto";
import { HttpMetrics } from "@qumo/shared/http";
import {
  type ConfigReload,
  formatAddress,
  greet,
  listeningText,
  type Log,
  noTracing,
  openTracing,
  reachable,
  stopSignal,
} from "@qumo/shared/runtime";
import { Assembly } from "./assembly.ts";
import type { SdnConfig } from "./config/settings.ts";
import type { ProcessSources } from "./control/process_families.ts";
import { EventLog, type EventStore } from "./events/mod.ts";
import { controllerOptions, peersOf } from "./from_config.ts";
import { Front } from "./front.ts";
import { LiveSettings } from "./live_config.ts";
import type { MeshIdentity } from "./mesh_identity.ts";
import { openIdentity } from "./open_identity.ts";
import { openDataDir, openStore, readStore } from "./open_store.ts";
import type { Process } from "./process.ts";
import { type Store, type Timeline, timelineOf } from "./store/mod.ts";
import { version } from "./version.ts";
import { waitForStore } from "./wait_for_store.ts";

/** What a controller runs with beside its configuration. */
export interface ServeParts {
  readonly reload: ConfigReload<SdnConfig>;
  readonly log: Log;
  readonly process: Process;
}

/** Runs a controller until it is stopped. Rejects with a StartError when it cannot start. */
export async function serve(config: SdnConfig, parts: ServeParts): Promise<void> {
  parts.log.info(await run(config, parts));
}

/** Does the work of {@linkcode serve}; resolves with how it ended. */
async function run(config: SdnConfig, { reload, log, process }: ServeParts): Promise<string> {
  const { clock } = process;
  const startedAt = clock.wall();
  const tracing = config.telemetry.enabled ? await openTracing() : noTracing;
  const stopped = stopSignal(process);
  const ending = new AbortController();
  void stopped.then(() => ending.abort());
  const http = new HttpMetrics();
  await using opened = new AsyncDisposableStack();
  // Check everything that may be refused before listening; open the store afterwards: while an etcd
  // cluster is unavailable, the controller is alive and not ready.
  const live = await LiveSettings.read(config, process);
  reload.follow(...live.keys);
  const front = await Front.prepare(config, { process, log, tracing, metrics: http });
  opened.defer(() => front.close());
  const peers = peersOf(config, live.peerToken, clock);
  const name = config.controller.name || `sdn-${randomUUID().slice(0, 8)}`;
  const kept = await openStorage(config, { name, startedAt, process, log, opened });
  opened.defer(() => front.close());
  await front.ready(ending.signal);
  if (ending.signal.aborted) return "stopped before there was a certificate";
  front.listen();
  process.onSignal("SIGHUP", () => void reload.run().then(() => front.reload()));
  const { signal } = ending;
  const waiting = { clock, log, random: Math.random, signal };
  const stored = await waitForStore(() => readStore(kept.store, config), waiting);
  if (stored === undefined) return "stopped before the store was available";
  const events = new EventLog({ clock, log, store: kept.eventStore });
  const who = { config, options: controllerOptions(config, name), peers, live };
  const what = { ...kept, stored, events, clock, http, tracing, log, ending: signal };
  const assembly = new Assembly({ ...who, ...what });
  assembly.controller.metricsSink.readProcess(processSources(process, { startedAt, front }));
  front.serve(assembly.handle);
  greet(process, config.log, greeting(front));
  assembly.begin();
  surviveFaults(log);
  await stopped;
  // Watchers end first, by `ending`: their endless requests would use up the deadline of the
  // others.
  await assembly.rest();
  await front.close();
  await assembly.close();
  return "stopped";
}

/** The resources of one run. */
interface Run {
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly process: Process;
  readonly log: Log;
  /** Resources to close at the end, the newest first. */
  readonly opened: AsyncDisposableStack;
}

/** What outlives the process, if anything does. */
interface Storage {
  readonly store: Store;
  readonly timeline: Timeline;
  readonly eventStore: EventStore | undefined;
  readonly identities: MeshIdentity;
}

/** Opens the store and the event storage without reading them, and what signs for relays. */
async function openStorage(
  config: SdnConfig,
  { name, startedAt, process, log, opened }: Run,
): Promise<Storage> {
  const { clock } = process;
  const timeline = timelineOf(clock);
  const dataDir = await openDataDir(config, { name, since: startedAt }, {
    clock,
    onFailure: (error) => log.warn("events could not be stored", { error }),
  });
  opened.defer(() => dataDir?.close());
  const store = await openStore(config, process, { timeline, dataDir });
  opened.defer(() => store.close());
  const identities = await openIdentity(config, process, dataDir);
  return { store, timeline, eventStore: dataDir?.events, identities };
}

function processSources(
  { deno, usage }: Process,
  { startedAt, front }: { startedAt: number; front: Front },
): ProcessSources {
  const build = { version: version.version, commit: version.commit, deno };
  return {
    build,
    startedAt,
    usage,
    certificateEnd: () => front.certificateEnd,
    acmeOrders: front.acmeOrders,
  };
}

/** The start message: the URL comes first, so that programs can parse it. */
function greeting({ scheme, address }: Front): string {
  const url = `${scheme}://${formatAddress(reachable(address))}`;
  return `${version.name} ${version.version} is ready: ${url} (page and API), ` +
    `${url}/metrics; every request is in ${url}/openapi.json${listeningText(address)}`;
}

/** Logs unhandled errors: none may end the controller. */
function surviveFaults(log: Log): void {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled error", { error: event.reason, stack: event.reason?.stack });
  });
}
