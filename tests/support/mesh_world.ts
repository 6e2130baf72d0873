import { noTracing, type Tracing } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { MeshSettings } from "../../relay/upstream/mod.ts";
import type { Topology } from "./mesh/topology.ts";
import { Camera, type CameraOptions } from "./mesh_world/camera.ts";
import { WorldController } from "./mesh_world/controller.ts";
import { type Blockage, Network } from "./mesh_world/network.ts";
import { CONFIG, WorldRelay } from "./mesh_world/relay.ts";
import { Viewer, type ViewerOptions } from "./mesh_world/viewer.ts";
import { Random } from "./random.ts";
import { ManualClock } from "./worlds/manual_clock.ts";

export { Camera } from "./mesh_world/camera.ts";
export type { WorldRelay } from "./mesh_world/relay.ts";
export type { Viewer } from "./mesh_world/viewer.ts";

/** What may be different from the usual in one world. Times are milliseconds. */
export interface MeshWorldOptions {
  readonly settings?: Partial<MeshSettings>;
  /** What everything takes from one relay to another. */
  readonly latencyMs?: number;
  /** What a report takes to the controller. */
  readonly reportMs?: number;
  /** What the controller's word takes to a relay. */
  readonly mirrorMs?: number;
  /** After how much silence the controller takes a relay for dead. */
  readonly leaseMs?: number;
  /** URLs of the origins of relays, by name: then there is no controller. */
  readonly origins?: Readonly<Record<string, readonly string[]>>;
  /** Relays that have no neighbor in their configuration, and are called by theirs. */
  readonly called?: readonly string[];
  readonly seed?: number;
  /** Where a relay traces; nowhere when nothing is said. */
  readonly tracing?: (relay: string) => Tracing;
}

const USUAL = {
  latencyMs: 5,
  reportMs: 10,
  mirrorMs: 10,
  leaseMs: 2_000,
  called: [] as readonly string[],
  seed: 1,
  tracing: (_relay: string): Tracing => noTracing,
};

/** Milliseconds in which changes of a relay's report come together. */
const GATHER_MS = 20;

/**
 * Many relays in one process, over lines that can break and with a controller that can be silent, in
 * a time that moves only when told to. When it is disposed of, nothing may be left.
 */
export class MeshWorld implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly controller: WorldController;
  readonly network: Network;
  readonly #options: MeshWorldOptions & typeof USUAL;
  readonly #random: Random;
  readonly #relays = new Map<string, WorldRelay>();
  readonly #former: WorldRelay[] = [];
  readonly #cameras: Camera[] = [];
  readonly #viewers: Viewer[] = [];
  readonly #reporting = new Set<WorldRelay>();
  #isOver = false;

  constructor({ relays, links }: Topology, options: MeshWorldOptions = {}) {
    this.#options = { ...USUAL, ...options };
    const { seed, latencyMs, mirrorMs } = this.#options;
    this.#random = new Random(seed);
    this.network = new Network(this.clock, latencyMs);
    this.controller = new WorldController(this.clock, mirrorMs);
    for (const { a, b, cost } of links) this.controller.setCost(a, b, cost);
    for (const name of relays) this.start(name);
  }

  /** The relay of this name that lives, or lived last. */
  relay(name: string): WorldRelay {
    return this.#relays.get(name)!;
  }

  /** Starts a relay, perhaps in place of one that died. */
  start(name: string): void {
    const before = this.#relays.get(name);
    if (before !== undefined) {
      assert.equal(before.state, "dead", `${name} lives still`);
      this.#former.push(before);
    }
    const { settings, called, origins, tracing } = this.#options;
    const relay = new WorldRelay({
      name,
      clock: this.clock,
      settings,
      neighbors: called.includes(name) ? [] : this.controller.neighborsOf(name),
      origins: origins && (origins[name] ?? []),
      dial: (from, hostname) => this.network.dial(from, () => this.#relays.get(hostname)),
      onChange: () => this.#changed(relay),
      random: () => this.#random.below(1_000) / 1_000,
      tracing: tracing(name),
    });
    this.#relays.set(name, relay);
    this.controller.follow(relay);
    this.#changed(relay);
  }

  /** A relay is gone from one moment to the next, with its clients; neighbors hear nothing. */
  async kill(name: string): Promise<void> {
    const relay = this.relay(name);
    if (relay.state === "frozen") relay.thaw();
    relay.state = "dead";
    this.network.review();
    this.controller.leave(relay);
    void relay.end();
    for (const camera of this.#cameras) camera.leave(relay);
    for (const viewer of this.#viewers) if (viewer.relay === relay) await viewer.leave();
    this.#loseLease(relay);
  }

  /** A relay stands still. */
  freeze(name: string): void {
    const relay = this.relay(name);
    relay.freeze();
    this.network.review();
    this.#loseLease(relay);
  }

  thaw(name: string): void {
    const relay = this.relay(name);
    relay.thaw();
    this.network.review();
    this.#changed(relay);
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
    const areUp = () =>
      relays.every(({ mesh }) => mesh.links().every(({ state }) => state === "up"));
    await this.until("every link is up", areUp);
    await this.advance(200);
  }

  #changed(relay: WorldRelay): void {
    if (this.#reporting.has(relay) || this.#isOver) return;
    this.#reporting.add(relay);
    relay.clock.after(GATHER_MS + this.#options.reportMs, () => {
      this.#reporting.delete(relay);
      if (relay.state === "alive") this.controller.receive(relay);
    });
  }

  #loseLease(relay: WorldRelay): void {
    this.clock.after(this.#options.leaseMs, () => {
      const isAway = relay.state !== "alive" && this.#relays.get(relay.name) === relay;
      if (isAway) this.controller.expire(relay);
    });
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
    this.#isOver = true;
    this.controller.stop();
    for (const relay of all) {
      if (relay.state === "frozen") relay.thaw();
      void relay.end();
    }
    this.network.review();
    await this.advance(30_000);
    await Promise.all(all.map(({ ended }) => ended));
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
