import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import type { Random } from "../random.ts";
import type { Mesh } from "./mesh.ts";
import { type ProcessGround, words } from "./mesh_case.ts";
import type { MeshPublisher } from "./publisher.ts";
import type { ProgramConfig } from "./program.ts";
import type { TopologyLink } from "./topology.ts";
import { MeshViewer } from "./viewer.ts";

const PATHS = ["red", "green", "blue"] as const;
// A fault lasts so long and no longer: subscribers are held meanwhile.
const SHORTEST_FAULT_MS = 500;
const LONGEST_FAULT_MS = 3000;

/** Relays that take notice of faults as short as these, and hold their subscribers meanwhile. */
export const CHAOTIC: ProgramConfig = { mesh: { link_timeout_ms: 600, failover_hold_ms: 60_000 } };

/** How long and by what chance things go wrong. */
export interface ChaosOptions {
  readonly seconds: number;
  readonly random: Random;
  /** The versions that a program which was killed comes back as, by their folders; "" is this one. */
  readonly roots?: readonly string[];
}

/** Kills, freezes and cuts; when all is mended, everyone has every track. */
export async function surviveChaos(
  world: ProcessGround,
  { seconds, random, roots = [""] }: ChaosOptions,
): Promise<void> {
  const { mesh, say } = world;
  const chaos = await Chaos.begin(world, random, roots);
  const end = systemClock.now() + seconds * 1000;
  while (systemClock.now() < end) await chaos.strike();
  say(`${chaos.strikes.length} strikes: ${chaos.strikes.join(", ")}`);
  await mesh.settled();

  for (const viewer of chaos.viewers) {
    // Who asked while no way led to the track was refused at once.
    if (viewer.isConnected && !viewer.isRefused) continue;
    await viewer.moveTo(mesh.relay(viewer.relay));
  }
  for (const [path, publisher] of chaos.publishers) {
    const now = publisher.group + 1;
    for (const viewer of chaos.viewers.filter((one) => one.path === path)) {
      const group = await viewer.has(now);
      const first = viewer.reception.firstGroup ?? 0;
      say(`${viewer.name}: ${words(viewer.reception.verdict({ first, last: group }))}`);
    }
    for (const relay of mesh.relays) {
      await using newcomer = await MeshViewer.join(relay, publisher);
      await newcomer.has(now);
      assert.deepEqual(newcomer.reception.faults, []);
    }
  }
  for (const { reception } of chaos.viewers) assert.deepEqual(reception.faults, []);
}

/** What goes wrong, and the clients that it happens to. */
class Chaos {
  readonly publishers = new Map<string, MeshPublisher>();
  readonly viewers: MeshViewer[] = [];
  readonly strikes: string[] = [];
  readonly #mesh: Mesh;
  readonly #random: Random;
  readonly #roots: readonly string[];

  private constructor(mesh: Mesh, random: Random, roots: readonly string[]) {
    this.#mesh = mesh;
    this.#random = random;
    this.#roots = roots;
  }

  /** A publisher of each path somewhere, and a viewer of one of them at each relay. */
  static async begin(
    { mesh, publisher, viewer }: ProcessGround,
    random: Random,
    roots: readonly string[],
  ): Promise<Chaos> {
    const chaos = new Chaos(mesh, random, roots);
    for (const path of PATHS) {
      const live = await publisher(path, random.pick(mesh.relays).name);
      chaos.publishers.set(path, live);
    }
    for (const { name } of mesh.relays) {
      const path = random.pick(PATHS);
      chaos.viewers.push(await viewer(chaos.publishers.get(path)!, name));
    }
    return chaos;
  }

  /** One thing goes wrong for a while. */
  async strike(): Promise<void> {
    const relay = this.#random.pick(this.#mesh.relays).name;
    const link = this.#random.pick(this.#mesh.topology.links);
    const length = SHORTEST_FAULT_MS + this.#random.below(LONGEST_FAULT_MS - SHORTEST_FAULT_MS);
    const kind = this.#random.below(10);
    if (kind < 4) await this.#kill(relay, length);
    else if (kind < 6) await this.#freeze(relay, length);
    else if (kind < 9) await this.#cut(link, length);
    else await this.#killController(length);
  }

  async #kill(name: string, length: number): Promise<void> {
    this.strikes.push(`kill ${name}`);
    const relay = this.#mesh.relay(name);
    const others = this.#mesh.relays.filter((other) => other !== relay);
    await relay.end("SIGKILL");
    for (const publisher of this.publishers.values()) {
      if (!publisher.relays.includes(name)) continue;
      publisher.disconnect(name);
      await publisher.connect(this.#random.pick(others));
    }
    for (const viewer of this.viewers.filter((one) => one.relay === name)) {
      await viewer.moveTo(this.#random.pick(others));
    }
    await sleep(systemClock, length);
    relay.root = this.#random.pick(this.#roots);
    await relay.start();
  }

  async #freeze(name: string, length: number): Promise<void> {
    this.strikes.push(`freeze ${name}`);
    this.#mesh.relay(name).signal("SIGSTOP");
    await sleep(systemClock, length);
    this.#mesh.relay(name).signal("SIGCONT");
  }

  async #cut({ a, b }: TopologyLink, length: number): Promise<void> {
    this.strikes.push(`cut ${a}-${b}`);
    await this.#mesh.link(a, b).cut();
    await sleep(systemClock, length);
    await this.#mesh.link(a, b).restore();
  }

  async #killController(length: number): Promise<void> {
    const controller = this.#random.pick(this.#mesh.controllers);
    this.strikes.push(`kill ${controller.name}`);
    await controller.end("SIGKILL");
    await sleep(systemClock, length);
    controller.root = this.#random.pick(this.#roots);
    await controller.start();
  }
}
