import assert from "node:assert/strict";
import { announcesDigest } from "@qumo/shared/topology";
import { type Adoption, type Command, Registry } from "../../../sdn/registry/mod.ts";
import { Exchange, wireStateSchema } from "../../../sdn/sync/mod.ts";
import { Random } from "../random.ts";

const CONTROLLERS = 3;
/** Relays unless something else is asked for. */
const FEW = 4;
const LEASE = 1000;
const BEAT = 300;
const TRACKS = ["x", "x/y", "z"];

/** A controller by a clock of its own, with what it tells others and takes from them. */
class Controller {
  readonly registry: Registry;
  readonly exchange: Exchange;
  readonly #now: () => number;
  #revision = 0;
  /** Until when it is stopped, in true time: what is sent to it meanwhile waits in its sockets. */
  stoppedUntil = 0;
  #stalledMs = 0;

  constructor(name: string, random: Random, trueTime: () => number) {
    // Its clock starts anywhere, and runs faster or slower than true time by up to 2 %.
    const offset = random.below(1_000_000);
    const rate = 0.98 + random.below(5) / 100;
    this.#now = () => offset + trueTime() * rate;
    this.registry = new Registry({
      controller: name,
      leaseMs: LEASE,
      tombstoneMs: 20 * LEASE,
      smoothing: 1,
      revision: 0,
    });
    this.exchange = new Exchange({
      registry: this.registry,
      leaseMs: LEASE,
      now: this.#now,
      expire: () => this.tick(),
      adopt: (adoptions) => Promise.resolve(this.#adopt(adoptions)),
    });
  }

  tick(lateMs = 0): void {
    this.#stalledMs += lateMs;
    const delays = { totalMs: this.#stalledMs, isBusy: lateMs > 0 };
    this.registry.expire(this.#now(), delays);
    assert.ok(this.registry.revision >= this.#revision, "a revision went back");
    this.#revision = this.registry.revision;
  }

  /** Goes on after it was stopped: its timers come first, and nobody that it did not hear may end by them. */
  resume(): void {
    this.stoppedUntil = 0;
    const now = this.#now();
    const lateMs = Math.max(0, now - (this.registry.nextDeadline ?? now));
    const { relays } = this.registry;
    const heard = [...relays.values()].filter(({ delayMs }) => delayMs < 2 * LEASE);
    this.tick(lateMs);
    if (lateMs === 0) return;
    for (const { record: { name } } of heard) {
      assert.ok(relays.has(name), "it ends who may have beaten");
    }
  }

  apply(command: Command) {
    this.tick();
    return this.registry.apply(command, this.#now());
  }

  /** All that it knows, for one that reads the version of relays or does not. */
  tell(reads: { readonly version: boolean }): string {
    return JSON.stringify(this.exchange.tell(this.exchange.names(), reads));
  }

  async take(message: string): Promise<void> {
    const states = wireStateSchema.array().parse(JSON.parse(message));
    await this.exchange.take({ states, leases: [] });
  }

  #adopt(adoptions: readonly Adoption[]): void {
    const before = adoptions.map(({ state }) => this.#heard(state.name));
    this.registry.adopt(adoptions, this.#now());
    for (const [at, { state }] of adoptions.entries()) {
      const known = before[at];
      // Who has heard no more than is known here has nothing to say about what is announced.
      if (known === undefined || state.life.epoch !== known.epoch) continue;
      if (state.life.number === known.number || state.beat >= known.beat) continue;
      // A name that was given back is free for an epoch that counts anew.
      if (state.alive?.record.ownEpoch !== known.ownEpoch) continue;
      assert.deepEqual(this.#heard(state.name)?.tracks, known.tracks, "announces are lost");
    }
  }

  #heard(name: string) {
    const entry = this.registry.relays.get(name);
    if (entry === undefined || entry.record.version.by !== "") return undefined;
    const { version: { epoch, number }, ownEpoch } = entry.record;
    return { epoch, number, ownEpoch, beat: entry.beat, tracks: [...entry.announces.keys()] };
  }
}

class Relay {
  readonly name: string;
  epoch = 0;
  seq = 0;
  lives = false;
  draining = false;
  readonly tracks = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  start(): void {
    this.lives = true;
    this.epoch++;
    this.seq = 0;
    this.draining = false;
    this.tracks.clear();
  }

  /** A heartbeat of now, to be delivered at any time; the relay may not hear the answer any more. */
  beat(): (at: Controller, isHeard: boolean) => void {
    const { name, epoch, draining } = this;
    const says = { epoch, region: `r${epoch}`, version: `1.${epoch}`, draining };
    const body = { ...says, seq: ++this.seq, announces_digest: announcesDigest(this.tracks) };
    return (at, isHeard) => {
      const outcome = at.apply({ kind: "register", name, body });
      if (!isHeard || !outcome.ok || !outcome.value.answer.resendAnnounces) return;
      const again = { ...body, seq: ++this.seq, announces: [...this.tracks] };
      at.apply({ kind: "register", name, body: again });
    };
  }
}

/**
 * Lets relays come, go, restart and announce while controllers lose, delay, repeat and reorder each
 * other's messages, are cut off and restart with nothing. Then the faults end, and after a while
 * every controller must know exactly what is true. Throws if one does not.
 */
export async function simulate(seed: number, size = FEW): Promise<void> {
  const random = new Random(seed);
  let time = 0;
  const newController = (at: number) => new Controller(`c${at}`, random, () => time);
  const controllers = Array.from({ length: CONTROLLERS }, (_, at) => newController(at));
  const relays = Array.from({ length: size }, (_, i) => new Relay(`r${i}`));
  // Of many most are there already when it begins.
  for (const relay of relays) if (size > FEW && random.below(4) > 0) relay.start();
  const post: { at: number; arrive: () => Promise<void> | void }[] = [];
  let cutOff = -1;

  const pass = async (milliseconds: number) => {
    time += milliseconds;
    for (const controller of controllers) {
      if (controller.stoppedUntil === 0) controller.tick();
      else if (controller.stoppedUntil <= time) controller.resume();
    }
    for (const letter of post.filter((one) => one.at <= time)) {
      post.splice(post.indexOf(letter), 1);
      await letter.arrive();
    }
  };
  type Arrive = (at: Controller) => Promise<void> | void;
  /** Sends something to a controller, which has it now, or when it goes on. */
  const reach = (to: number, arrive: Arrive): ReturnType<Arrive> => {
    const controller = controllers[to]!;
    if (controller.stoppedUntil === 0) return arrive(controller);
    post.push({ at: controller.stoppedUntil, arrive: () => reach(to, arrive) });
  };
  /** The same after up to so much time. */
  const send = (to: number, within: number, arrive: Arrive) =>
    post.push({ at: time + random.below(within), arrive: () => reach(to, arrive) });

  type Act = (relay: Relay, to: number) => void;
  const beat: Act = (relay, to) => {
    const deliver = relay.beat();
    // Who waits in vain for an answer goes on, and what it said is heard later.
    const isHeard = controllers[to]!.stoppedUntil === 0;
    void reach(to, (at) => deliver(at, isHeard));
  };
  const exchange: Act = (_, to) => {
    const from = random.below(CONTROLLERS);
    if (from === to || [from, to].includes(cutOff) || random.below(4) === 0) return;
    if (controllers[from]!.stoppedUntil > 0) return;
    const message = controllers[from]!.tell({ version: random.below(2) === 0 });
    for (let copies = 1 + random.below(2); copies > 0; copies--) {
      send(to, 400, (at) => at.take(message));
    }
  };
  /** All relays beat at once, each at the controller that it likes. */
  const storm: Act = () => {
    for (const relay of relays) if (relay.lives) beat(relay, random.below(CONTROLLERS));
  };
  const OF_ANY: readonly Act[] = [
    exchange,
    exchange,
    storm,
    (relay) => relay.start(),
    (relay) => void (relay.lives = false),
    () => void (cutOff = random.below(CONTROLLERS + 2) - 2),
    (_, to) => void (controllers[to]!.stoppedUntil = time + 1 + random.below(2 * LEASE)),
    (_, to) => {
      if (random.below(8) === 0) controllers[to] = newController(to);
    },
  ];
  const OF_LIVING: readonly Act[] = [
    ...[beat, beat, beat, beat],
    (relay, to) => {
      const deliver = relay.beat();
      send(to, 3 * LEASE, (at) => deliver(at, false));
    },
    (relay, to) => {
      relay.lives = false;
      controllers[to]!.apply({ kind: "deregister", name: relay.name });
    },
    (relay) => void (relay.draining = !relay.draining),
    ({ name, tracks }, to) => {
      const track = random.pick(TRACKS);
      const kind = tracks.delete(track) ? "withdraw" : "announce";
      if (kind === "announce") tracks.add(track);
      controllers[to]!.apply({ kind, relay: name, track });
    },
  ];
  const act = () => {
    const relay = random.pick(relays);
    const to = random.below(CONTROLLERS);
    const chosen = random.pick([...OF_ANY, ...(relay.lives ? OF_LIVING : [exchange, exchange])]);
    const isStopped = controllers[to]!.stoppedUntil > 0;
    if (!isStopped || chosen === beat || chosen === storm) chosen(relay, to);
  };

  for (let step = 0; step < 150; step++) {
    await pass(random.below(80));
    // The more relays, the more happens at a time.
    for (let left = Math.ceil(size / FEW / 10); left > 0; left--) act();
  }
  // Nothing comes later than that.
  await pass(3 * LEASE);
  await pass(3 * LEASE);
  // The faults are over: relays beat, each to the controller it likes, and controllers exchange.
  for (let round = 0; round < 12; round++) {
    await pass(BEAT);
    for (const [i, relay] of relays.entries()) if (relay.lives) beat(relay, i % CONTROLLERS);
    for (const from of controllers) {
      for (const to of controllers) if (to !== from) await to.take(from.tell({ version: true }));
    }
  }
  judge(controllers, relays);
}

function judge(controllers: readonly Controller[], relays: readonly Relay[]): void {
  for (const { registry, exchange } of controllers) {
    for (const relay of relays) {
      const entry = registry.relays.get(relay.name);
      assert.equal(entry !== undefined, relay.lives, `${relay.name} lives`);
      if (entry === undefined) continue;
      assert.equal(entry.record.version.epoch, relay.epoch);
      assert.equal(entry.record.draining, relay.draining);
      assert.deepEqual([...entry.announces.keys()].sort(), [...relay.tracks].sort());
      for (const track of TRACKS) {
        const listed = registry.directory.of(track).some((one) => one.relay === relay.name);
        assert.equal(listed, relay.tracks.has(track));
      }
    }
    assert.deepEqual(exchange.buckets(), controllers[0]!.exchange.buckets());
  }
}
