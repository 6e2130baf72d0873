import assert from "node:assert/strict";
import { Random } from "../random.ts";
import { ringWithChords, type TopologyLink } from "../mesh/topology.ts";
import { type Camera, MeshWorld, type Viewer } from "../mesh_world.ts";
import { nameOf } from "../worlds/track_model.ts";

/** How long the mesh may take after the last fault: links that flapped are held back for 30 s at most. */
const RECOVERY_MS = 40_000;

/** A way through a ring with breaks may be long. */
const MAX_HOPS = 12;

interface State {
  readonly world: MeshWorld;
  readonly random: Random;
  readonly links: readonly TopologyLink[];
  readonly relays: readonly string[];
  readonly cameras: Camera[];
  readonly viewers: Viewer[];
  readonly note: (text: string) => void;
}

/**
 * A ring of relays with chords, cameras that move, viewers that come and go, while relays die and
 * freeze, links break, costs change and the controller is away. Then the faults end, and after a while
 * every viewer must have every track that lives. Throws if one has not, or was shown what it should
 * not. `note` is told what happens.
 */
export async function chaos(seed: number, note: (text: string) => void = () => {}): Promise<void> {
  const random = new Random(seed);
  const { relays, links } = ringWithChords(5 + random.below(8), seed);
  await using world = new MeshWorld({ relays, links }, {
    seed,
    settings: { maxHops: MAX_HOPS },
    latencyMs: 1 + random.below(30),
    reportMs: random.below(200),
    mirrorMs: random.below(200),
    leaseMs: 1_000 + random.below(3_000),
  });
  const say = (text: string) => note(`${Math.round(world.clock.now())} ${text}`);
  const state: State = { world, random, links, relays, cameras: [], viewers: [], note: say };
  await world.settle();
  for (let number = 0; number < 3; number++) {
    const camera = world.camera(nameOf(`live${number}`, "video"), [], {
      era: number,
      scope: number === 1 ? "/room" : "",
      pushes: number === 2,
    });
    camera.comeTo(world.relay(random.pick(relays)));
    state.cameras.push(camera);
  }
  for (let number = 0; number < 6; number++) comes(state);
  for (let round = 0; round < 3; round++) {
    for (let step = 0; step < 25; step++) {
      await act(state);
      await world.advance(random.below(1_500));
      checkWays(state);
    }
    // Faults that last are no excuse: where there is a way, the track must come by it.
    if (round === 2) await mend(state);
    say(`round ${round} is over`);
    if (!world.controller.isRunning) await world.controller.start();
    await judge(state);
  }
}

async function act(state: State): Promise<void> {
  const { world, random, links, relays, note } = state;
  const name = random.pick(relays);
  const relay = world.relay(name);
  const { a, b } = random.pick(links);
  const action = random.below(12);
  if (action <= 1 && relay.state === "alive") {
    note(`kill ${name}`);
    await world.kill(name);
  } else if (action <= 3 && relay.state !== "alive") {
    note(`${name} was ${relay.state}, lives`);
    await revive(world, name);
  } else if (action === 4 && relay.state === "alive") {
    note(`freeze ${name}`);
    world.freeze(name);
  } else if (action <= 6) {
    const isBlocked = world.network.isBlocked(a, b);
    note(`${isBlocked ? "restore" : "cut"} ${a} ${b}`);
    if (isBlocked) world.restore(a, b);
    else world.cut(a, b, random.below(2) === 0 ? "swallows" : "refuses");
  } else if (action === 7) {
    note(`cost of ${a} ${b}`);
    world.setCost(a, b, 5 + random.below(30));
  } else if (action === 8) move(state);
  else if (action === 9) {
    note(world.controller.isRunning ? "controller stops" : "controller starts");
    if (world.controller.isRunning) await world.controller.stop();
    else await world.controller.start();
  } else if (action === 10) comes(state);
  else {
    const viewer = state.viewers.shift();
    note(`${viewer} leaves`);
    await viewer?.leave();
  }
}

async function revive(world: MeshWorld, name: string): Promise<void> {
  if (world.relay(name).state === "dead") await world.start(name);
  else world.thaw(name);
}

/** A camera goes to another relay, or to one more. */
function move({ world, random, relays, cameras, note }: State): void {
  const camera = random.pick(cameras);
  const relay = world.relay(random.pick(relays));
  if (relay.state !== "alive" || camera.places.includes(relay)) return;
  const isMore = camera.places.length === 1 && random.below(4) === 0;
  note(`camera ${camera.era} ${isMore ? "also " : ""}at ${relay.name}`);
  if (!isMore) camera.leave();
  camera.comeTo(relay);
}

function comes({ world, random, relays, cameras, viewers, note }: State): void {
  const name = random.pick(relays);
  if (world.relay(name).state !== "alive") return;
  const camera = random.pick(cameras);
  note(`viewer of camera ${camera.era} at ${name}`);
  const isOffered = random.below(2) === 0;
  viewers.push(world.viewer(name, camera, { persists: true, rendezvous: 1_000, isOffered }));
}

/** Everything works again, and at every relay there is a viewer of every track. */
async function mend({ world, links, relays, cameras, viewers }: State): Promise<void> {
  for (const { a, b } of links) world.restore(a, b);
  for (const name of relays) if (world.relay(name).state !== "alive") await revive(world, name);
  if (!world.controller.isRunning) await world.controller.start();
  for (const camera of cameras) {
    if (camera.places.length === 0) camera.comeTo(world.relay(relays[camera.era]!));
    for (const name of relays) {
      viewers.push(world.viewer(name, camera, { persists: true, rendezvous: 1_000 }));
    }
  }
}

/** No relay has a track by way of itself, and none was taken for another. */
function checkWays({ viewers }: State): void {
  for (const { relay, watched } of viewers) {
    const last = watched.at(-1);
    if (last === undefined) continue;
    assert.ok(!last.path.includes(relay.name), `${relay.name} has it by ${last.path}`);
    for (const { end } of watched) {
      const isWrong = end?.kind === "malformed" || end?.kind === "replaced";
      assert.ok(!isWrong, `a track ended as ${end?.kind}: ${end?.reason}`);
    }
  }
}

/** The relays that can be reached from one over links that are not broken. */
function reachable({ world, links }: State, from: string): Set<string> {
  const isAlive = (name: string) => world.relay(name).state === "alive";
  const found = new Set([from].filter(isAlive));
  for (const name of found) {
    for (const { a, b } of links) {
      if (world.network.isBlocked(a, b)) continue;
      const next = a === name ? b : b === name ? a : undefined;
      if (next !== undefined && isAlive(next)) found.add(next);
    }
  }
  return found;
}

/** After a while every viewer has what can come to it. */
async function judge(state: State): Promise<void> {
  const { world, cameras, viewers } = state;
  await world.advance(RECOVERY_MS);
  const since = cameras.map(({ group }) => group + 1);
  await world.advance(5_000);
  for (const viewer of viewers.filter(({ relay }) => relay.state === "alive")) {
    const { camera } = viewer;
    const near = reachable(state, viewer.relay.name);
    if (!camera.places.some(({ name, state }) => state === "alive" && near.has(name))) continue;
    const { watching } = viewer;
    const where = `${viewer}, by ${watching.path}, group ${watching.group} of ${camera.group}`;
    assert.ok(watching.group >= camera.group - 1, `behind: ${where}`);
    const missing = watching.missing(since[camera.era]!, camera.group - 2);
    assert.deepEqual(missing, [], `groups are missing: ${where}`);
  }
}
