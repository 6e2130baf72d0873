import assert from "node:assert/strict";
import { announcesDigest } from "@qumo/shared/topology";
import { Registry } from "../../../sdn/registry/mod.ts";
import { Digest, fromWire, mergeRelay, toWire, wireStateSchema } from "../../../sdn/sync/mod.ts";
import { Random } from "../random.ts";

const CONTROLLERS = 3;
/** Relays unless something else is asked for. */
const FEW = 4;
const LEASE = 1000;
const BEAT = 300;
const TRACKS = ["x", "x/y", "z"];

class Controller {
  readonly registry: Registry;
  readonly digest: Digest;
  /** Its clock starts anywhere, and runs faster or slower than true time by up to 2 %. */
  readonly #offset: number;
  readonly #rate: number;
  #revision = 0;
  /** Until when it is stopped, in true time: what is sent to it meanwhile waits in its sockets. */
  stoppedUntil = 0;
  #stalledMs = 0;

  constructor(name: string, random: (below: number) => number) {
    this.registry = new Registry({
      controller: name,
      leaseMs: LEASE,
      tombstoneMs: 20 * LEASE,
      smoothing: 1,
      revision: 0,
    });
    this.digest = new Digest(this.registry);
    this.#offset = random(1_000_000);
    this.#rate = 0.98 + random(5) / 100;
  }

  now(time: number): number {
    return this.#offset + time * this.#rate;
  }

  tick(time: number, lateMs = 0): void {
    this.#stalledMs += lateMs;
    const delays = { totalMs: this.#stalledMs, isBusy: lateMs > 0 };
    this.registry.expire(this.now(time), delays);
    assert.ok(this.registry.revision >= this.#revision, "a revision went back");
    this.#revision = this.registry.revision;
  }

  /** Goes on after it was stopped: its timers come first, and nobody that it did not hear may end by them. */
  resume(time: number): void {
    const now = this.now(time);
    const lateMs = Math.max(0, now - (this.registry.nextDeadline ?? now));
    const { relays } = this.registry;
    const heard = [...relays.values()].filter(({ delayMs }) => delayMs < 2 * LEASE);
    this.tick(time, lateMs);
    if (lateMs === 0) return;
    for (const { record: { name } } of heard) {
      assert.ok(relays.has(name), "it ends who may have beaten");
    }
  }

  send(time: number): string {
    this.tick(time);
    const names = [...this.registry.relays.keys(), ...this.registry.tombstones.keys()];
    const now = this.now(time);
    return JSON.stringify(
      names.map((name) => this.registry.adoption(name, now)).filter((one) => one !== undefined)
        .map((one) => toWire(one, now, { version: this.#offset % 2 === 0 })),
    );
  }

  receive(message: string, time: number): void {
    this.tick(time);
    const now = this.now(time);
    const adoptions = wireStateSchema.array().parse(JSON.parse(message)).map((wire) => {
      const { state, remaining } = fromWire(wire, now);
      const own = this.registry.state(state.name);
      return { state: own === undefined ? state : mergeRelay(own, state), remaining };
    });
    const before = adoptions.map(({ state }) => this.#heard(state.name));
    this.registry.adopt(adoptions, now);
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

  /** A heartbeat without announces whose answer nobody hears, to be delivered at any time. */
  lateBeat(): (at: Controller, time: number) => void {
    const body = { epoch: this.epoch, seq: ++this.seq, region: `r${this.epoch}` };
    return (at, time) => {
      at.tick(time);
      at.registry.apply({ kind: "register", name: this.name, body }, at.now(time));
    };
  }

  beat(at: Controller, time: number): void {
    at.tick(time);
    const body = {
      epoch: this.epoch,
      seq: ++this.seq,
      region: `r${this.epoch}`,
      version: `1.${this.epoch}`,
      draining: this.draining,
      announces_digest: announcesDigest(this.tracks),
    };
    const outcome = at.registry.apply({ kind: "register", name: this.name, body }, at.now(time));
    if (!outcome.ok || !outcome.value.answer.resendAnnounces) return;
    at.registry.apply({
      kind: "register",
      name: this.name,
      body: { ...body, seq: ++this.seq, announces: [...this.tracks] },
    }, at.now(time));
  }

  start(): void {
    this.lives = true;
    this.epoch++;
    this.seq = 0;
    this.draining = false;
    this.tracks.clear();
  }
}

/**
 * Lets relays come, go, restart and announce while controllers lose, delay, repeat and reorder each
 * other's messages, are cut off and restart with nothing. Then the faults end, and after a while
 * every controller must know exactly what is true. Throws if one does not.
 */
export function simulate(seed: number, size = FEW): void {
  const generator = new Random(seed);
  const random = (below: number) => generator.below(below);
  const controllers = Array.from(
    { length: CONTROLLERS },
    (_, i) => new Controller(`c${i}`, random),
  );
  const relays = Array.from({ length: size }, (_, i) => new Relay(`r${i}`));
  // Of many most are there already when it begins.
  for (const relay of relays) if (size > FEW && random(4) > 0) relay.start();
  const post: { at: number; arrive: () => void }[] = [];
  let cutOff = -1;
  let time = 0;

  const deliver = () => {
    for (const controller of controllers) {
      if (controller.stoppedUntil === 0 || controller.stoppedUntil > time) continue;
      controller.stoppedUntil = 0;
      controller.resume(time);
    }
    for (const controller of controllers) if (controller.stoppedUntil === 0) controller.tick(time);
    for (const letter of post.filter((one) => one.at <= time)) {
      post.splice(post.indexOf(letter), 1);
      letter.arrive();
    }
  };
  /** Sends something to a controller, which has it now, or when it goes on. */
  const reach = (to: number, arrive: (at: Controller) => void) => {
    const controller = controllers[to] as Controller;
    if (controller.stoppedUntil === 0) return arrive(controller);
    post.push({ at: controller.stoppedUntil, arrive: () => reach(to, arrive) });
  };
  const act = () => {
    const relay = relays[random(size)] as Relay;
    const to = random(CONTROLLERS);
    const action = random(15);
    if (action === 13) return stop(to);
    if (action === 14) return storm();
    if ((controllers[to] as Controller).stoppedUntil > 0) {
      // Who waits in vain for an answer goes on, and what it said is heard later.
      if (action >= 4 || !relay.lives) return;
      const late = relay.lateBeat();
      return reach(to, (at) => late(at, time));
    }
    take(action, relay, to);
  };
  const stop = (to: number) => {
    const controller = controllers[to] as Controller;
    if (controller.stoppedUntil === 0) controller.stoppedUntil = time + 1 + random(2 * LEASE);
  };
  /** All relays beat at once, each at the controller that it likes. */
  const storm = () => {
    for (const relay of relays) {
      const to = random(CONTROLLERS);
      if (relay.lives && (controllers[to] as Controller).stoppedUntil === 0) {
        relay.beat(controllers[to] as Controller, time);
      }
    }
  };
  const take = (action: number, relay: Relay, to: number) => {
    const controller = controllers[to] as Controller;
    controller.tick(time);
    if (action === 12 && relay.lives) {
      // A controller that was stopped finds it in its socket.
      const late = relay.lateBeat();
      const arrive = () => reach(to, (at) => late(at, time));
      post.push({ at: time + random(3 * LEASE), arrive });
    } else if (action < 4 && relay.lives) relay.beat(controller, time);
    else if (action === 4) relay.start();
    else if (action === 5) relay.lives = false;
    else if (action === 6 && relay.lives) {
      relay.lives = false;
      const command = { kind: "deregister", name: relay.name } as const;
      controller.registry.apply(command, controller.now(time));
    } else if (action === 7 && relay.lives) relay.draining = !relay.draining;
    else if (action === 8 && relay.lives) {
      const track = TRACKS[random(TRACKS.length)] as string;
      const kind = relay.tracks.delete(track) ? "withdraw" : "announce";
      if (kind === "announce") relay.tracks.add(track);
      controller.registry.apply({ kind, relay: relay.name, track }, controller.now(time));
    } else if (action === 9) cutOff = random(CONTROLLERS + 2) - 2;
    else if (action === 10 && random(8) === 0) {
      controllers[to] = new Controller(`c${to}`, random);
    } else {
      const from = random(CONTROLLERS);
      if (from === to || from === cutOff || to === cutOff || random(4) === 0) return;
      if ((controllers[from] as Controller).stoppedUntil > 0) return;
      const message = (controllers[from] as Controller).send(time);
      for (let copies = 1 + random(2); copies > 0; copies--) {
        const arrive = () => reach(to, (at) => at.receive(message, time));
        post.push({ at: time + random(400), arrive });
      }
    }
  };

  for (let step = 0; step < 150; step++) {
    time += random(80);
    deliver();
    // The more relays, the more happens at a time.
    for (let left = Math.ceil(size / FEW / 10); left > 0; left--) act();
  }
  // Nothing comes later than that.
  time += 3 * LEASE;
  deliver();
  time += 3 * LEASE;
  deliver();
  // The faults are over: relays beat, each to the controller it likes, and controllers exchange.
  for (let round = 0; round < 12; round++) {
    time += BEAT;
    deliver();
    for (const [i, relay] of relays.entries()) {
      if (relay.lives) relay.beat(controllers[i % CONTROLLERS] as Controller, time);
    }
    for (const from of controllers) {
      for (const to of controllers) if (to !== from) to.receive(from.send(time), time);
    }
  }
  judge(controllers, relays);
}

function judge(controllers: readonly Controller[], relays: readonly Relay[]): void {
  for (const { registry, digest } of controllers) {
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
    assert.deepEqual(digest.buckets(), controllers[0]?.digest.buckets());
  }
}
