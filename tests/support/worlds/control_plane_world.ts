import { setImmediate } from "node:timers";
import {
  ControlPlane,
  type ControlPlaneOptions,
} from "../../../relay/control_plane/control_plane.ts";
import type {
  ControlPlaneSettings,
  MirrorView,
  RelayReport,
} from "../../../relay/control_plane/mod.ts";
import type { ControllerOptions } from "../../../sdn/control/controller_options.ts";
import { ControllerSite, eitherOf } from "./controller_site.ts";
import { START } from "./sdn_controller.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";

/** A request that a relay sent, as far as tests look at it. */
export interface SeenRequest {
  readonly site: string;
  readonly method: string;
  readonly path: string;
  // deno-lint-ignore no-explicit-any -- tests reach into bodies of every shape
  readonly body: any;
}

/** Controllers and relays in one process, under a clock that moves only when told to. */
export class ControlPlaneWorld implements AsyncDisposable {
  readonly clock = new ManualClock(START);
  readonly requests: SeenRequest[] = [];
  readonly #sites = new Map<string, ControllerSite>();
  readonly #planes: ControlPlane[] = [];

  /** A place for a controller, where none runs yet. */
  site(url: string, options: Partial<ControllerOptions> = {}): ControllerSite {
    const site = new ControllerSite(url, this.clock, options);
    this.#sites.set(url, site);
    return site;
  }

  /** A relay that was not started yet, with everything that it is told and says. */
  relay(
    settings: Partial<ControlPlaneSettings> & { name: string; urls: readonly string[] },
    options: Partial<ControlPlaneOptions> = {},
  ) {
    const { log, lines } = memoryLog();
    const report: { -readonly [Key in keyof RelayReport]: RelayReport[Key] } = {
      links: {},
      load: {},
      flows: [],
      certificateSha256: "",
      tenants: [],
      address: `moqt://${settings.name}:4433`,
      draining: false,
    };
    const drains: number[] = [];
    const plane = new ControlPlane({
      settings: {
        region: "",
        version: "1.2.3",
        neighbors: new Map(),
        heartbeatIntervalMs: 30_000,
        tokenFile: "",
        staleAfterMs: 20_000,
        ...settings,
      },
      clock: this.clock,
      log,
      files: { readText: () => Promise.reject(), modified: () => Promise.reject() },
      report: () => report,
      onDrain: () => void drains.push(this.clock.now()),
      fetch: this.fetch,
      random: () => 0.5,
      ...options,
    });
    this.#planes.push(plane);
    return { plane, report, drains, lines };
  }

  /** The mirror of somebody who follows as the relay of this name, and is none. */
  follow(name: string, url: string): MirrorView {
    const fetch: typeof this.fetch = (input, init) =>
      init?.method === "PUT"
        ? Promise.reject(new TypeError("it does not register"))
        : this.fetch(input, init);
    const { plane } = this.relay({ name, urls: [url] }, { fetch });
    plane.start();
    return plane.mirror;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const signal = init?.signal ?? new AbortController().signal;
    const { origin, pathname, search } = new URL(request.url);
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    const { method } = request;
    this.requests.push({ site: origin, method, path: `${pathname}${search}`, body });
    const site = this.#sites.get(origin);
    if (site === undefined) throw new TypeError("no such host");
    signal.throwIfAborted();
    return await site.answer(request, signal);
  };

  /** The registrations that were sent, in order. */
  get beats(): SeenRequest[] {
    return this.requests.filter(({ method }) => method === "PUT");
  }

  /** Lets everything that needs no time happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.clock.advance(0);
    }
  }

  /** Moves time on in steps, so that what takes several turns keeps up with it. */
  async pass(milliseconds: number): Promise<void> {
    const steps = Math.min(20, Math.ceil(milliseconds / 50));
    for (let step = 0; step < steps; step++) {
      await this.clock.advance(milliseconds / steps);
      await this.settle();
    }
  }

  /** Ends every relay and every controller. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#planes.map((plane) => plane.close()));
    for (const site of this.#sites.values()) await site.stop();
    await this.settle();
  }
}

/** Runs a test in a world of its own, which ends whatever happens. */
export function scenario(name: string, act: (world: ControlPlaneWorld) => Promise<void>): void {
  Deno.test(name, async () => {
    await using world = new ControlPlaneWorld();
    await act(world);
  });
}

/** A stream of events that never ends by itself. */
export function stream(signal: AbortSignal, ...events: string[]): Response {
  const body = new ReadableStream<string>({
    start: (controller) => events.forEach((event) => controller.enqueue(event)),
  }).pipeThrough(new TextEncoderStream(), { signal: eitherOf(signal) });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** One event of such a stream. */
export function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
