import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { longer, SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";
import type { Mesh } from "../support/mesh/mesh.ts";
import { meshTest, type ProcessGround, words } from "../support/mesh/mesh_case.ts";
import type { MeshPublisher } from "../support/mesh/publisher.ts";
import { ringWithChords, type TopologyLink } from "../support/mesh/topology.ts";
import { MeshViewer } from "../support/mesh/viewer.ts";

// Twenty relays where there are processors for them: MESH_CHAOS_RELAYS=20.
const RELAYS = Number(Deno.env.get("MESH_CHAOS_RELAYS") ?? 6);
const SECONDS = longer(15);

const PATHS = ["red", "green", "blue"] as const;
// A fault lasts so long and no longer: subscribers are held meanwhile.
const SHORTEST_FAULT_MS = 500;
const LONGEST_FAULT_MS = 3000;
// When all is mended, a track that is not there by then will not come.
const LAST_CALL = 40_000;

meshTest(
  `after ${SECONDS} s of kills, freezes and cuts in a ring of ${RELAYS} with chords, everyone has every track (TEST_SEED=${SEED})`,
  {
    topology: ringWithChords(RELAYS, SEED),
    relayConfig: { mesh: { failover_hold_ms: 60_000 } },
    deadline: 240_000 + SECONDS * 2000,
  },
  async (world) => {
    const { mesh, say } = world;
    const random = new Random(SEED);
    const chaos = await Chaos.begin(world, random);
    const end = systemClock.now() + SECONDS * 1000;
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
        const group = await viewer.has(now, LAST_CALL);
        const verdict = viewer.reception.verdict({
          first: viewer.reception.firstGroup ?? 0,
          last: group,
        });
        say(`${viewer.name}: ${words(verdict)}`);
      }
      for (const relay of mesh.relays) {
        await using newcomer = await MeshViewer.join(relay, publisher);
        await newcomer.has(now, LAST_CALL);
        assert.deepEqual(newcomer.reception.faults, []);
      }
    }
    for (const { reception } of chaos.viewers) assert.deepEqual(reception.faults, []);
  },
);

/** What goes wrong, and the clients that it happens to. */
class Chaos {
  readonly publishers = new Map<string, MeshPublisher>();
  readonly viewers: MeshViewer[] = [];
  readonly strikes: string[] = [];
  readonly #mesh: Mesh;
  readonly #random: Random;

  private constructor(mesh: Mesh, random: Random) {
    this.#mesh = mesh;
    this.#random = random;
  }

  /** A publisher of each path somewhere, and a viewer of one of them at each relay. */
  static async begin({ mesh, publisher, viewer }: ProcessGround, random: Random): Promise<Chaos> {
    const chaos = new Chaos(mesh, random);
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
    this.strikes.push("kill the controller");
    const [controller] = this.#mesh.controllers;
    await controller!.end("SIGKILL");
    await sleep(systemClock, length);
    await controller!.start();
  }
}
