import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import type { Random } from "../random.ts";
import { type ProcessGround, words } from "./mesh_case.ts";
import type { ProgramConfig } from "./program.ts";
import type { MeshPublisher } from "./publisher.ts";
import type { MeshRelay } from "./relay.ts";
import { MeshViewer } from "./viewer.ts";

const PATHS = ["red", "green", "blue"];
// A fault lasts so long and no longer: subscribers are held meanwhile.
const SHORTEST_FAULT_MS = 500;
const LONGEST_FAULT_MS = 3000;

/** Relays that take notice of faults as short as these, and hold their subscribers meanwhile. */
export const CHAOTIC: ProgramConfig = { mesh: { link_timeout_ms: 600, failover_hold_ms: 60_000 } };

/** By what chance things go wrong. */
interface Chance {
  readonly random: Random;
  /** The versions that a program which was killed comes back as, by their folders; "" is this one. */
  readonly roots?: readonly string[];
}

/** A publisher of each path somewhere, and a viewer of one of them at each relay. */
interface Clients {
  readonly publishers: readonly MeshPublisher[];
  readonly viewers: readonly MeshViewer[];
}

/** Kills, freezes and cuts for some time; when all is mended, everyone has every track. */
export async function surviveChaos(
  ground: ProcessGround,
  { seconds, ...chance }: Chance & { readonly seconds: number },
): Promise<void> {
  const { mesh, say } = ground;
  const { publishers, viewers } = await clientsOn(ground, chance.random);
  const strikes: string[] = [];
  const end = systemClock.now() + seconds * 1000;
  while (systemClock.now() < end) {
    strikes.push(await strike(ground, { publishers, viewers }, chance));
  }
  say(`${strikes.length} strikes: ${strikes.join(", ")}`);
  await mesh.settled();

  for (const viewer of viewers) {
    // Who asked while no way led to the track was refused at once.
    if (viewer.isConnected && !viewer.isRefused) continue;
    await viewer.moveTo(mesh.relay(viewer.relay));
  }
  for (const publisher of publishers) {
    const now = publisher.group + 1;
    for (const viewer of viewers.filter(({ path }) => path === publisher.path)) {
      say(`${viewer.name}: ${words(await viewer.verdict(now))}`);
    }
    for (const relay of mesh.relays) {
      await using newcomer = await MeshViewer.join(relay, publisher);
      await newcomer.has(now);
      assert.deepEqual(newcomer.faults, []);
    }
  }
  for (const { faults } of viewers) assert.deepEqual(faults, []);
}

async function clientsOn(
  { mesh, publisher, viewer }: ProcessGround,
  random: Random,
): Promise<Clients> {
  const publishers: MeshPublisher[] = [];
  for (const path of PATHS) publishers.push(await publisher(path, random.pick(mesh.relays).name));
  const viewers: MeshViewer[] = [];
  for (const { name } of mesh.relays) viewers.push(await viewer(random.pick(publishers), name));
  return { publishers, viewers };
}

/** One thing goes wrong for a while; gives what it was. */
async function strike(
  { mesh, ...ground }: ProcessGround,
  clients: Clients,
  { random, roots = [""] }: Chance,
): Promise<string> {
  const relay = random.pick(mesh.relays);
  const { a, b } = random.pick(mesh.topology.links);
  const length = SHORTEST_FAULT_MS + random.below(LONGEST_FAULT_MS - SHORTEST_FAULT_MS);
  const kind = random.below(10);
  if (kind >= 4 && kind < 6) {
    ground.freeze(relay.name);
    await sleep(systemClock, length);
    ground.thaw(relay.name);
    return `freeze ${relay.name}`;
  }
  if (kind >= 6 && kind < 9) {
    await ground.cut(a, b);
    await sleep(systemClock, length);
    await ground.restore(a, b);
    return `cut ${a}-${b}`;
  }
  const killed = kind < 4 ? relay : random.pick(mesh.controllers);
  await killed.end("SIGKILL");
  const others = mesh.relays.filter((other) => other !== relay);
  if (killed === relay) await moveAway(relay, clients, () => random.pick(others));
  await sleep(systemClock, length);
  killed.root = random.pick(roots);
  await killed.start();
  return `kill ${killed.name}`;
}

/** The clients of a relay that was killed go to others. */
async function moveAway(
  { name }: MeshRelay,
  { publishers, viewers }: Clients,
  another: () => MeshRelay,
): Promise<void> {
  for (const publisher of publishers) {
    if (!publisher.relays.includes(name)) continue;
    publisher.disconnect(name);
    await publisher.connect(another());
  }
  for (const viewer of viewers) if (viewer.relay === name) await viewer.moveTo(another());
}
