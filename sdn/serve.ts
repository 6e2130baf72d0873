import { createHash, randomUUID } from "node:crypto";
import {
  type CertificatePair,
  formatAddress,
  greet,
  listeningText,
  type Log,
  messageOf,
  noTracing,
  openTracing,
  parseAddress,
  reachable,
  StartError,
  stopSignal,
  TaskGroup,
  type Tracing,
} from "@qumo/shared/runtime";
import {
  type Handler,
  HttpMetrics,
  type HttpOptions,
  listenHttp,
  methodLabel,
} from "@qumo/shared/http";
import { openCertificates } from "./certificate.ts";
import type { SdnConfig } from "./config/settings.ts";
import { Controller, type ControllerOptions } from "./control/controller.ts";
import { dashboardFiles } from "./dashboard/mod.ts";
import { EventService } from "./control/event_service.ts";
import { type EventKind, EventLog, Outages, Refusals } from "./events/mod.ts";
import type { CostPolicy } from "./graph/mod.ts";
import { buildApp } from "./http/app.ts";
import { type Authenticate, type KnownToken, openAccess, tokenAccess } from "./http/auth.ts";
import { pageEndpoints } from "./http/page_endpoints.ts";
import { pageGuard } from "./http/page_guard.ts";
import type { Process } from "./process.ts";
import { openDataDir, openStore, readStore } from "./open_store.ts";
import { waitForStore } from "./wait_for_store.ts";
import { answerWhileStarting } from "./http/starting.ts";
import type { Timeline } from "./store/mod.ts";
import { httpPeer, Replicator } from "./sync/mod.ts";
import { syncEndpoints } from "./http/sync_endpoints.ts";
import { version } from "./version.ts";

/** Runs a controller until it is told to stop. Rejects with a StartError when it cannot start. */
export async function serve(config: SdnConfig, log: Log, process: Process): Promise<void> {
  const { clock } = process;
  const startedAt = clock.wall();
  const tracing = config.telemetry.enabled ? openTracing() : noTracing;
  const stopped = stopSignal(process);
  // Everything that may be refused comes before the address is taken, the store after it: a cluster
  // that is away is waited for, and until it is there the controller lives and is not ready.
  const authenticate = await access(config, process);
  let show: (certificate: CertificatePair) => void = () => {};
  const certificates = await openCertificates(config.server, {
    onChange(certificate) {
      show(certificate);
      const until = new Date(certificate.notAfter).toISOString();
      log.info("certificate replaced", { sha256: certificate.hash, until });
    },
    onRefused: (reason) =>
      log.warn("new certificate refused, the old one stays in use", { reason }),
  }, process);
  const peers = await otherControllers(config, process);
  const start = clock.wall() - clock.now();
  const timeline: Timeline = {
    toWall: (time) => start + time,
    fromWall: (wall) => wall - start,
  };
  const name = config.controller.name || `sdn-${randomUUID().slice(0, 8)}`;
  const dataDir = await openDataDir(config, { name, since: startedAt }, {
    clock,
    onFailure: (error) => log.warn("events could not be stored", { error }),
  });
  const shelf = dataDir?.events;
  const store = await openStore(config, process, { timeline, dataDir });
  let handle: Handler = (request) => Promise.resolve(answerWhileStarting(request));
  const http = new HttpMetrics();
  const listener = listen(config, {
    certificate: certificates?.current,
    handle: traced((request, client) => handle(request, client), tracing),
    metrics: http,
    clock,
    log,
  });
  show = (next) => listener.useCertificate(next);
  process.onSignal("SIGHUP", () => void certificates?.reload());
  const ending = new AbortController();
  void stopped.then(() => ending.abort());
  const random = Math.random;
  const waiting = { clock, log, random, signal: ending.signal };
  const close = async () => {
    certificates?.close();
    await listener.close(config.server.shutdownTimeoutMs);
  };
  const stored = await waitForStore(() => readStore(store, config), waiting)
    .catch(async (error) => {
      await close();
      await store.close();
      dataDir?.close();
      throw error;
    });
  if (stored === undefined) {
    await close();
    await store.close();
    dataDir?.close();
    return log.info("stopped before the store was available");
  }
  let count: (kind: EventKind, isKept: boolean) => void = () => {};
  const onEvent: typeof count = (kind, isKept) => count(kind, isKept);
  const events = new EventLog({ clock, log, shelf, onEvent });
  const refusedTokens = new Refusals("tokens_refused", events, clock);
  const limits = new Refusals("limits_reached", events, clock);
  const outages = new Outages(events);
  const tasks = new TaskGroup((task, error) => log.error("a task failed", { task, error }));
  let push: (relays: readonly string[]) => void = () => {};
  const controller = Controller.begin(stored, controllerOptions(config, name), {
    clock,
    http,
    store,
    timeline,
    events,
    onStoreFailure: (error) => log.debug("a change could not be stored", { error }),
    onPublished: (relays) => push(relays),
  });
  count = (kind, isKept) => controller.metricsSink.event(kind, isKept);
  const exchange = controller.exchange();
  const app = buildApp({
    relays: controller.relays,
    routes: controller.routes,
    directory: controller.directory,
    watching: controller,
    operation: controller,
    events: new EventService(events, () => controller.revision()),
    onTokenRefused: (client, { method, path }) => refusedTokens.add(client, `${method} ${path}`),
    onLimitReached: (client, detail) => limits.add(client, detail),
    more: [
      ...syncEndpoints(controller, exchange, config.graph.nodeTtlSec * 1000),
      ...pageEndpoints(dashboardFiles, () => controller.revision()),
    ],
    revision: () => controller.revision(),
    version: version.version,
    authenticate,
    guard: config.auth.mode === "token" ? undefined : pageGuard(config.server.allowedHosts),
    rateLimit: config.server.requestsPerSecond === 0 ? undefined : {
      perSecond: config.server.requestsPerSecond,
      burst: config.server.requestBurst,
    },
    bodyTimeoutMs: config.server.bodyTimeoutMs,
    clock,
    ending: ending.signal,
    onWatchers: (count) => controller.metricsSink.watchers(count),
    onRequest: (request) => {
      controller.metricsSink.request(request);
      tracing.answered(request);
      log.debug("request", { ...request });
    },
    onFault: (error, requestId) => log.error("a request failed", { error, requestId }),
  });
  handle = (request, client) => app.fetch(request, client);
  const address = parseAddress(config.server.address)!;
  const scheme = certificates === undefined ? "http" : "https";
  const open = formatAddress(reachable({ ...address, port: listener.port }));
  const where = listeningText({ ...address, port: listener.port });
  greet(process, config.log, `${greeting(`${scheme}://${open}`)}${where}`);
  const held = controller.health().relays;
  events.add("controller_started", {
    detail: `version ${version.version}, store ${config.store}, ${held} relays known`,
  });
  const replicator = new Replicator(peers, {
    exchange,
    clock,
    tasks,
    intervalMs: config.graph.syncIntervalSec * 1000,
    leaseMs: config.graph.nodeTtlSec * 1000,
    random: Math.random,
    onSync(peer, error) {
      controller.metricsSink.sync(peer, { isFine: error === undefined, wall: clock.wall() });
      outages.peer(peer, error);
    },
  });
  push = (relays) => replicator.push(relays);
  controller.metricsSink.readLags(() => replicator.lags());
  controller.metricsSink.readProcess({
    build: { version: version.version, commit: version.commit, deno: process.deno },
    startedAt,
    usage: process.usage,
    certificateEnd: () => certificates?.current.notAfter,
  });
  // The last net: a fault that nobody answers for must not end the controller.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("unhandled error", { error: event.reason, stack: event.reason?.stack });
  });
  await stopped;
  // Watchers first, by `ending`: a connection that never ends would use up the deadline of the others.
  await tasks.close();
  await close();
  await controller.close();
  refusedTokens.close();
  limits.close();
  dataDir?.close();
  log.info("stopped");
}

/** Takes the configured address. Throws a StartError when it cannot be had. */
function listen({ server }: SdnConfig, options: Omit<HttpOptions, "hostname" | "port">) {
  try {
    return listenHttp({ ...parseAddress(server.address)!, ...options });
  } catch (error) {
    throw new StartError(
      `cannot listen on ${server.address} (TCP): ${messageOf(error)}`,
      "server.address",
    );
  }
}

/** The runtime's own span of a request cannot be reached: this one has the endpoint's name, and the log's lines. */
function traced(handle: Handler, tracing: Tracing): Handler {
  return async (request: Request, client: string): Promise<Response> => {
    const method = methodLabel(request.method);
    const span = tracing.start(method, {
      kind: "server",
      parent: request.headers.get("traceparent") ?? undefined,
      attributes: { "http.request.method": method, "url.path": new URL(request.url).pathname },
    });
    const response = await span.run(() => handle(request, client));
    span.end();
    return response;
  };
}

/** What to open: the URL itself comes first, for whoever reads it by program. */
function greeting(url: string): string {
  return `${version.name} ${version.version} is ready: ${url} (page and API), ` +
    `${url}/metrics; every request is in ${url}/openapi.json`;
}

function controllerOptions({ graph, watch }: SdnConfig, name: string): ControllerOptions {
  return {
    name,
    leaseMs: graph.nodeTtlSec * 1000,
    tombstoneMs: graph.tombstoneTtlSec * 1000,
    smoothing: graph.smoothing,
    policy: costPolicy(graph),
    oneWayLinks: graph.oneWayLinks,
    spfHoldMs: graph.spfHoldMs,
    regions: new Map(
      graph.regions.map(({ name, latitude, longitude }) => [name, { latitude, longitude }]),
    ),
    history: watch.history,
    historyBytes: watch.historyBytes,
  };
}

function costPolicy(
  { costPolicy: kind, minGain, holdMs, weights }: SdnConfig["graph"],
): CostPolicy {
  if (kind === "static") return { kind };
  const hysteresis = { minGain, holdMs };
  return kind === "rtt" ? { kind, hysteresis } : { kind, weights, hysteresis };
}

async function access({ auth }: SdnConfig, { readText }: Process): Promise<Authenticate> {
  if (auth.mode !== "token") return openAccess;
  const tokens = await Promise.all(auth.tokens.map(async (token): Promise<KnownToken> => {
    const sha256 = token.token_file === undefined
      ? Uint8Array.fromHex(token.sha256 ?? "")
      : createHash("sha256").update((await readText(token.token_file)).trim()).digest();
    return { sha256, role: token.role, ...(token.relay !== undefined && { relay: token.relay }) };
  }));
  return tokenAccess(tokens);
}

async function otherControllers({ graph }: SdnConfig, { clock, readText }: Process) {
  const token = graph.peerTokenFile === "" ? "" : (await readText(graph.peerTokenFile)).trim();
  const urls = [...graph.peers, ...(graph.peerUrl === "" ? [] : [graph.peerUrl])];
  return urls.map((url) => httpPeer(url, { token, clock }));
}
