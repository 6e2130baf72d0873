import { DEFAULTS } from "../../../sdn/config/definition.ts";
import { Controller } from "../../../sdn/control/controller.ts";
import type { ControllerOptions } from "../../../sdn/control/controller_options.ts";
import { EventService } from "../../../sdn/control/event_service.ts";
import { EventLog, RefusedRequests } from "../../../sdn/events/mod.ts";
import { controllerOptions } from "../../../sdn/from_config.ts";
import { type AppOptions, buildApp } from "../../../sdn/http/app.ts";
import type { Endpoint } from "../../../sdn/http/endpoint.ts";
import { openAccess } from "../../../sdn/http/auth.ts";
import { MeshIdentity } from "../../../sdn/mesh_identity.ts";
import { type Identities, identityEndpoints } from "../../../sdn/http/identity_endpoints.ts";
import { syncEndpoints } from "../../../sdn/http/sync_endpoints.ts";
import { MemoryStore, type Store } from "../../../sdn/store/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";

/** The moment at which the clock of a test controller begins. */
export const START = Date.UTC(2026, 0, 1);

/** An answer as a test looks at it. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests reach into answers of every shape
  readonly body: any;
}

/** How a test asks a controller. */
export type Ask = Awaited<ReturnType<typeof testController>>["ask"];

/** A controller with its HTTP API in this process, under a clock that stands still. */
export async function testController(given: {
  readonly controller?: Partial<ControllerOptions>;
  readonly app?: Partial<AppOptions>;
  /** Endpoints beside those that every test controller has. */
  readonly more?: readonly Endpoint[];
  /** Who signs for relays; a key of its own when nothing is said. */
  readonly identities?: Identities;
  readonly store?: Store;
  readonly clock?: ManualClock;
} = {}) {
  const clock = given.clock ?? new ManualClock(START);
  const begin = clock.wall() - clock.now();
  const faults: unknown[] = [];
  const ending = new AbortController();
  const requests: { method: string; path: string; status: number }[] = [];
  const watchers: number[] = [];
  const { log, lines } = memoryLog();
  const events = new EventLog({ clock, log });
  const tokens = new RefusedRequests("tokens_refused", events, clock);
  const limits = new RefusedRequests("limits_reached", events, clock);
  const controller = await Controller.open({
    ...controllerOptions(DEFAULTS, "c1"),
    spfHoldMs: 0,
    ...given.controller,
  }, {
    clock,
    store: given.store ?? new MemoryStore(0),
    timeline: { toWall: (time) => begin + time, fromWall: (wall) => wall - begin },
    events,
    onStoreFailure: (error) => faults.push(error),
  });
  const signing = { lifetimeMs: 600_000, clock };
  const { identities = await MeshIdentity.open(await MeshIdentity.newKey(), signing) } = given;
  const app = buildApp({
    relays: controller.relays,
    routes: controller.routes,
    directory: controller.directory,
    access: controller.access,
    watching: controller.watching,
    operation: controller,
    events: new EventService(events, () => controller.revision()),
    history: controller.history,
    onTokenRefused: (client, { method, path }) => tokens.add(client, `${method} ${path}`),
    onLimitReached: (client, detail) => limits.add(client, detail),
    more: [
      ...syncEndpoints(controller, 90_000),
      ...identityEndpoints(controller.relays, identities),
      ...given.more ?? [],
    ],
    revision: () => controller.revision(),
    version: "test",
    authenticate: openAccess,
    guard: undefined,
    rateLimit: undefined,
    bodyTimeoutMs: 30_000,
    clock,
    ending: ending.signal,
    onWatchers: (count) => watchers.push(count),
    onRequest: (request) => requests.push(request),
    onFault: (error) => faults.push(error),
    ...given.app,
  });
  const request = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://localhost${path}`, init), "127.0.0.1");
  const ask = async (
    method: string,
    path: string,
    given?: unknown,
    headers: Record<string, string> = {},
  ): Promise<TestAnswer> => {
    const text = typeof given === "string" ? given : JSON.stringify(given) ?? null;
    const response = await request(path, { method, headers, body: text });
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    const body = isJson ? await response.json() : await response.text();
    return { status: response.status, headers: response.headers, body };
  };
  const seen = { faults, requests, watchers, events, lines };
  return { controller, app, request, ask, clock, ending, ...seen };
}

/** Registers the relays of upstream's demo: Tokyo, London and New York in a row. */
export async function registerDemo(ask: Ask): Promise<void> {
  const put = (name: string, region: string, neighbors: Record<string, number>) =>
    ask("PUT", `/relay/${name}`, { region, address: `https://${name}:4433`, neighbors });
  await put("tokyo", "asia", { london: 250 });
  await put("london", "europe", { tokyo: 250, newyork: 80 });
  await put("newyork", "america", { london: 80 });
}
