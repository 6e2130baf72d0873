import { noTracing } from "@qumo/shared/runtime";
import { Assembly, type AssemblyParts } from "../../../sdn/assembly.ts";
import { DEFAULTS } from "../../../sdn/config/definition.ts";
import type { ControllerOptions } from "../../../sdn/control/controller_options.ts";
import { EventLog } from "../../../sdn/events/mod.ts";
import { controllerOptions } from "../../../sdn/from_config.ts";
import { openAccess } from "../../../sdn/http/auth.ts";
import { MeshIdentity } from "../../../sdn/mesh_identity.ts";
import { MemoryStore, timelineOf } from "../../../sdn/store/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";

/** The moment at which the clock of a test controller begins. */
export const START = Date.UTC(2026, 0, 1);

const FAULTS = ["error: a request failed", "debug: a change could not be stored"];

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
export async function testController(
  { controller: options, live, ...given }:
    & Partial<Omit<AssemblyParts, "options" | "live">>
    & {
      readonly controller?: Partial<ControllerOptions>;
      readonly live?: Partial<AssemblyParts["live"]>;
      readonly clock?: ManualClock;
    } = {},
) {
  const { clock = new ManualClock(START), config = DEFAULTS, store = new MemoryStore(0) } = given;
  const ending = new AbortController();
  const { log, lines } = memoryLog();
  const events = new EventLog({ clock, log });
  const signing = { lifetimeMs: 600_000, clock };
  const assembly = new Assembly({
    config,
    options: { ...controllerOptions(config, "c1"), spfHoldMs: 0, ...options },
    clock,
    store,
    stored: await store.load(),
    timeline: timelineOf(clock),
    events,
    peers: [],
    live: {
      authenticate: openAccess,
      guard: () => undefined,
      rateLimit: () => ({ perSecond: 0, burst: 0 }),
      ...live,
    },
    identities: given.identities ??
      await MeshIdentity.open(await MeshIdentity.newKey(), signing),
    tracing: noTracing,
    log,
    ending: ending.signal,
    ...given,
  });
  const { controller, handle } = assembly;
  const request = async (path: string, init?: RequestInit) =>
    await handle(new Request(`http://localhost${path}`, init), "127.0.0.1");
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
  /** Exceptions of handlers, and what the store did not take. */
  const faults = () => lines.filter(({ text }) => FAULTS.includes(text));
  return { assembly, controller, handle, request, ask, clock, ending, events, lines, faults };
}

/** Registers the relays of upstream's demo: Tokyo, London and New York in a row. */
export async function registerDemo(ask: Ask): Promise<void> {
  const put = (name: string, region: string, neighbors: Record<string, number>) =>
    ask("PUT", `/relay/${name}`, { region, address: `https://${name}:4433`, neighbors });
  await put("tokyo", "asia", { london: 250 });
  await put("london", "europe", { tokyo: 250, newyork: 80 });
  await put("newyork", "america", { london: 80 });
}
