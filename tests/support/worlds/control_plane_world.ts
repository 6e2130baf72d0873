import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { TaskGroup } from "@qumo/shared/runtime";
import { ControllerClient } from "../../../relay/control_plane/controller_client.ts";
import { Controllers } from "../../../relay/control_plane/controllers.ts";
import { Mirror } from "../../../relay/control_plane/mirror.ts";
import { ControllerFollower } from "../../../relay/control_plane/controller_follower.ts";
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
import { MemoryStore } from "../../../sdn/store/mod.ts";
import { START, testController } from "./sdn_controller.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";

type Controller = Awaited<ReturnType<typeof testController>>;

/** A request that a relay sent, as far as tests look at it. */
export interface SeenRequest {
  readonly site: string;
  readonly method: string;
  readonly path: string;
  // deno-lint-ignore no-explicit-any -- tests reach into bodies of every shape
  readonly body: any;
}

/** A place where a controller runs, ends and begins anew, with a network before it that can be cut. */
export class ControllerSite {
  readonly url: string;
  readonly #world: ControlPlaneWorld;
  readonly #options: Partial<ControllerOptions>;
  #cut = new AbortController();
  #running: Controller | undefined;
  #starts = 0;
  /** What carries streams and requests now, and whether it still does. */
  #line = { isDead: false };
  #going: Promise<void> | undefined;
  /** Characters of each stream of events from now on, after which it breaks. */
  breakAfter = Infinity;

  constructor(url: string, world: ControlPlaneWorld, options: Partial<ControllerOptions>) {
    this.url = url;
    this.#world = world;
    this.#options = options;
  }

  /** Starts a controller that knows nothing. */
  async start(): Promise<Controller> {
    this.#cut = new AbortController();
    const { clock } = this.#world;
    const store = new MemoryStore(++this.#starts * 1_000_000);
    const controller = { ...this.#options, name: `${this.url}#${this.#starts}` };
    return this.#running = await testController({ clock, store, controller });
  }

  /** Ends it: nothing is answered, and streams break. */
  async stop(): Promise<void> {
    this.cut();
    await this.#running?.controller.close();
    this.#running = undefined;
  }

  /** Breaks what is under way. */
  cut(): void {
    this.#cut.abort(new TypeError("connection reset"));
    this.#cut = new AbortController();
  }

  /** From now on what is sent is lost, in both directions, and nobody is told. */
  lose(): void {
    this.#line.isDead = true;
  }

  /** What begins from now on is taken and never answered; what was under way goes on. */
  mute(): void {
    this.#line = { isDead: true };
  }

  /** What begins from now on arrives; what was under way never goes on, as when TCP waits for long. */
  find(): void {
    this.#line = { isDead: false };
  }

  /** From now on it takes everything in and says nothing, until the returned function is called. */
  standStill(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#going = promise;
    return () => {
      this.#going = undefined;
      resolve();
    };
  }

  /** The controller that runs. */
  get controller(): Controller {
    assert.ok(this.#running, `${this.url} is not running`);
    return this.#running;
  }

  async answer(request: Request, given: AbortSignal): Promise<Response> {
    const line = this.#line;
    const signal = eitherOf(given, this.#cut.signal);
    if (line.isDead) {
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    }
    await this.#going;
    if (this.#running === undefined) throw new TypeError("connection refused");
    const response = await this.#running.handle(request, "127.0.0.1");
    if (response.body === null) return response;
    return new Response(response.body.pipeThrough(this.#wire(line), { signal }), response);
  }

  /** What carries one answer. */
  #wire(line: { readonly isDead: boolean }): TransformStream<Uint8Array, Uint8Array> {
    let left = this.breakAfter;
    return new TransformStream({
      transform: async (piece, controller) => {
        if (this.#going !== undefined) await this.#going;
        if (line.isDead) return;
        controller.enqueue(piece.subarray(0, Math.min(left, piece.length)));
        left -= piece.length;
        if (left < 0) controller.error(new TypeError("connection reset"));
      },
    });
  }
}

/** Controllers and relays in one process, under a clock that moves only when told to. */
export class ControlPlaneWorld implements AsyncDisposable {
  readonly clock = new ManualClock(START);
  readonly requests: SeenRequest[] = [];
  readonly #sites = new Map<string, ControllerSite>();
  readonly #planes: ControlPlane[] = [];
  readonly #followers = new TaskGroup((name, error) => assert.fail(`${name}: ${error}`));

  /** A place for a controller, where none runs yet. */
  site(url: string, options: Partial<ControllerOptions> = {}): ControllerSite {
    const site = new ControllerSite(url, this, options);
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
    const { clock, fetch } = this;
    const mirror = new Mirror(name);
    const watcher = new ControllerFollower({
      name,
      mirror,
      client: new ControllerClient({ clock, fetch, token: () => Promise.resolve(undefined) }),
      controllers: new Controllers([url]),
      clock,
      log: memoryLog().log,
      random: () => 0.5,
      onReady: () => {},
    });
    this.#followers.spawn(name, (signal) => watcher.run(signal));
    return mirror;
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
    await Promise.all([...this.#planes.map((plane) => plane.close()), this.#followers.close()]);
    for (const site of this.#sites.values()) await site.stop();
    await this.settle();
  }
}

/**
 * A signal that is aborted with the first of these. Deno lets go of one made by AbortSignal.any() while
 * nothing but a pipe waits for it, so that the pipe would never end; event listeners keep it.
 */
function eitherOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
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
