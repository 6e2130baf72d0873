import { noTracing, sleep, type Tracing } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { RelayConfig } from "../../relay/config.ts";
import type { Topology } from "./mesh/topology.ts";
import { Camera, type CameraOptions } from "./mesh_world/camera.ts";
import { type Blockage, type Host, Network } from "./mesh_world/network.ts";
import { CONFIG, WorldRelay } from "./mesh_world/relay.ts";
import { Viewer, type ViewerOptions } from "./mesh_world/viewer.ts";
import { Random } from "./random.ts";
import { ControllerSite } from "./worlds/controller_site.ts";
import { ManualClock } from "./worlds/manual_clock.ts";
import { START } from "./worlds/sdn_controller.ts";

export { Camera } from "./mesh_world/camera.ts";
export type { WorldRelay } from "./mesh_world/relay.ts";
export type { Viewer } from "./mesh_world/viewer.ts";

/** What may be different from the usual in one world. Times are milliseconds. */
export interface MeshWorldOptions {
  readonly settings?: Partial<RelayConfig["mesh"]>;
  /** What everything takes from one relay to another. */
  readonly latencyMs?: number;
  /** What a relay's word takes to the controller. */
  readonly reportMs?: number;
  /** What the controller's word takes to a relay. */
  readonly mirrorMs?: number;
  /** After how much silence the controller takes a relay for dead. */
  readonly leaseMs?: number;
  /** URLs of the origins of relays, by name: then there is no controller. */
  readonly origins?: Readonly<Record<string, readonly string[]>>;
  readonly seed?: number;
  /** Where a relay traces; nowhere when nothing is said. */
  readonly tracing?: (relay: string) => Tracing;
}

const USUAL = {
  latencyMs: 5,
  reportMs: 10,
  mirrorMs: 10,
  leaseMs: 2_000,
  seed: 1,
  tracing: (_relay: string): Tracing => noTracing,
};

const CONTROLLER = "http://sdn.test";

/**
 * Many relays in one process, over lines that can break and with a controller that can be silent, in
 * a time that moves only when told to. When it is disposed of, nothing may be left.
 */
export class MeshWorld implements AsyncDisposable {
  readonly clock = new ManualClock(START);
  readonly controller: ControllerSite;
  readonly network: Network;
  readonly #options: MeshWorldOptions & typeof USUAL;
  readonly #random: Random;
  readonly #relays = new Map<string, WorldRelay>();
  readonly #former: WorldRelay[] = [];
  readonly #cameras: Camera[] = [];
  readonly #viewers: Viewer[] = [];
  /** By relay and neighbor. */
  readonly #costs = new Map<string, Map<string, number>>();
  readonly #late = new Map<string, number>();
  readonly #started: Promise<unknown>;

  constructor({ relays, links }: Topology, options: MeshWorldOptions = {}) {
    this.#options = { ...USUAL, ...options };
    const { seed, latencyMs, leaseMs } = this.#options;
    this.#random = new Random(seed);
    this.network = new Network(this.clock, latencyMs);
    this.controller = new ControllerSite(CONTROLLER, this.clock, { leaseMs });
    for (const name of relays) this.#costs.set(name, new Map());
    for (const { a, b, cost } of links) this.#link(a, b, cost);
    this.#started = this.#begin(relays.map((name) => this.#newRelay(name)));
  }

  /** The relay of this name that lives, or lived last. */
  relay(name: string): WorldRelay {
    return this.#relays.get(name)!;
  }

  /** Starts a relay in place of one that died. */
  async start(name: string): Promise<void> {
    const before = this.relay(name);
    assert.equal(before.state, "dead", `${name} lives still`);
    this.#former.push(before);
    await this.#newRelay(name).start();
  }

  /** What a link costs in both directions from now on. */
  setCost(a: string, b: string, cost: number): void {
    this.#link(a, b, cost);
    for (const name of [a, b]) this.relay(name).mesh.changed();
  }

  /** A relay hears of everything so many milliseconds later than the others. */
  hearsLate(relay: string, milliseconds: number): void {
    this.#late.set(relay, milliseconds);
  }

  /** A relay is gone from one moment to the next, with its clients; neighbors hear nothing. */
  async kill(name: string): Promise<void> {
    const relay = this.relay(name);
    if (relay.state === "frozen") relay.thaw();
    relay.state = "dead";
    this.network.review();
    void relay.end();
    for (const camera of this.#cameras) camera.leave(relay);
    for (const viewer of this.#viewers) if (viewer.relay === relay) await viewer.leave();
  }

  /** A relay stands still. */
  freeze(name: string): void {
    this.relay(name).freeze();
    this.network.review();
  }

  thaw(name: string): void {
    this.relay(name).thaw();
    this.network.review();
  }

  /** Nothing passes between two relays any more. */
  cut(a: string, b: string, blockage: Blockage = "swallows"): void {
    this.network.block(a, b, blockage);
  }

  restore(a: string, b: string): void {
    this.network.unblock(a, b);
  }

  /** A camera, at these relays. */
  camera(name: FullTrackName, relays: readonly string[], options?: CameraOptions): Camera {
    const camera = new Camera(this.clock, name, options);
    this.#cameras.push(camera);
    for (const relay of relays) camera.comeTo(this.relay(relay));
    return camera;
  }

  /** Somebody at a relay who wants a camera's track. */
  viewer(relay: string, camera: Camera, options: ViewerOptions = {}): Viewer {
    const viewer = new Viewer(this, { relay: this.relay(relay), camera }, options);
    this.#viewers.push(viewer);
    return viewer;
  }

  /** The same, once it was answered. */
  async watch(relay: string, camera: Camera, options?: ViewerOptions): Promise<Viewer> {
    const viewer = this.viewer(relay, camera, options);
    await this.until(`the ${viewer} is answered`, () => viewer.isAnswered);
    return viewer;
  }

  /** Lets time pass. */
  async advance(milliseconds: number): Promise<void> {
    await this.#started;
    await this.clock.advance(milliseconds);
  }

  /** Lets time pass until something is so. Returns how much it took; fails when it takes too long. */
  async until(what: string, isSo: () => boolean, limitMs = 20_000): Promise<number> {
    const since = this.clock.now();
    while (!isSo()) {
      if (this.clock.now() - since >= limitMs) assert.fail(`${what}: not within ${limitMs} ms`);
      await this.advance(10);
    }
    return this.clock.now() - since;
  }

  /** Lets time pass until a viewer's track comes by these relays. */
  async comesBy(viewer: Viewer, path: readonly string[]): Promise<number> {
    const isSo = () => viewer.watching.path.join() === path.join();
    return await this.until(`the ${viewer} has it by ${path}`, isSo);
  }

  /** What becomes of a promise that time must pass for. */
  settled<T>(promise: Promise<T>): { readonly value: T | undefined } {
    const state: { value: T | undefined } = { value: undefined };
    void promise.then((value) => state.value = value);
    return state;
  }

  /** Lets links come up, and relays hear of each other. */
  async settle(): Promise<void> {
    const relays = [...this.#relays.values()];
    const areUp = () => relays.every(({ links }) => links.every(({ state }) => state === "up"));
    await this.#started;
    await this.until("every link is up", areUp);
    await this.advance(200);
  }

  // One after the other, so that everything is the same each time.
  async #begin(relays: readonly WorldRelay[]): Promise<void> {
    if (this.#options.origins === undefined) await this.controller.start();
    for (const relay of relays) await relay.start();
  }

  #newRelay(name: string): WorldRelay {
    const { settings, origins, tracing } = this.#options;
    const relay = new WorldRelay({
      name,
      clock: this.clock,
      config: {
        mesh: { ...CONFIG.mesh, ...settings },
        ...(origins === undefined
          ? { sdn: { ...CONFIG.sdn, urls: [CONTROLLER], neighbors: this.#costs.get(name)! } }
          : { upstream: origins[name] ?? [] }),
      },
      dial: (from, hostname) => this.network.dial(from, () => this.#relays.get(hostname)),
      fetch: (from, request, signal) => this.#ask(from, request, signal),
      random: () => this.#random.below(1_000) / 1_000,
      tracing: tracing(name),
    });
    this.#relays.set(name, relay);
    return relay;
  }

  #link(a: string, b: string, cost: number): void {
    this.#costs.get(a)?.set(b, cost);
    this.#costs.get(b)?.set(a, cost);
  }

  /** What the controller answers a relay; either way takes its time. */
  async #ask({ name, clock }: Host, request: Request, signal: AbortSignal): Promise<Response> {
    const { reportMs, mirrorMs } = this.#options;
    await sleep(clock, reportMs, signal);
    signal.throwIfAborted();
    const later = (act: () => void) => clock.after(mirrorMs + (this.#late.get(name) ?? 0), act);
    return await this.controller.answer(request, signal, later);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#former, ...this.#relays.values()];
    for (const viewer of this.#viewers) void viewer.leave();
    for (const camera of this.#cameras) camera.leave();
    // A track that crossed many relays is let go by one after the other.
    await this.advance(2 * CONFIG.relay.lingerMs * this.#relays.size);
    const alive = all.filter(({ state }) => state === "alive");
    for (const { name, left: { sessions: _, ...left } } of alive) {
      assert.deepEqual(left, { groups: 0, tracks: 0, remote: 0, faults: 0 }, name);
    }
    const stopped = this.controller.stop();
    for (const relay of all) {
      if (relay.state === "frozen") relay.thaw();
      void relay.end();
    }
    this.network.review();
    await this.advance(30_000);
    await Promise.all([stopped, ...all.map(({ ended }) => ended)]);
    for (const { name, left } of all) {
      const nothing = { groups: 0, tracks: 0, sessions: 0, remote: 0, faults: 0 };
      assert.deepEqual(left, nothing, `Something is left at ${name}`);
    }
    assert.deepEqual(all.flatMap(({ errors }) => errors), [], "Relays logged errors");
    const shown = this.#viewers.flatMap(({ faults }) => faults);
    assert.deepEqual(shown, [], "Viewers were shown what they should not");
    assert.equal(this.network.open, 0, "Connections are left");
    assert.equal(this.clock.pending, 0, "Timers are left");
  }
}
