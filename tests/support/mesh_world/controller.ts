import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import type { Mirror } from "../../../relay/control_plane/mirror.ts";
import { readMirrorEvent } from "../../../relay/control_plane/mirror_event.ts";
import { DEFAULTS } from "../../../sdn/config/definition.ts";
import { Controller } from "../../../sdn/control/controller.ts";
import type { WatchEvent, WatchFeed } from "../../../sdn/control/use_cases.ts";
import { EventLog } from "../../../sdn/events/mod.ts";
import { controllerOptions } from "../../../sdn/from_config.ts";
import { MemoryStore } from "../../../sdn/store/mod.ts";
import { memoryLog } from "../worlds/memory_log.ts";
import type { WorldRelay } from "./relay.ts";

const NEVER_MS = 1e12;

/** The controller of a simulated mesh, to which relays speak without HTTP. Leases end when a world says so. */
export class WorldController {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #behind = new Map<string, number>();
  readonly #costs = new Map<string, Record<string, number>>();
  readonly #registered = new Set<WorldRelay>();
  /** Those that live, and what they follow while it answers. */
  readonly #feeds = new Map<WorldRelay, WatchFeed | undefined>();
  #controller: Controller | undefined;

  /** A relay hears of everything so many milliseconds later. */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.start();
  }

  /** Whether it answers: while it does not, relays know what they knew. */
  get answers(): boolean {
    return this.#controller !== undefined;
  }

  /** What a link costs in both directions from now on. */
  setCost(a: string, b: string, cost: number): void {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      this.#costs.set(from, { ...this.#costs.get(from), [to]: cost });
    }
    for (const relay of this.#registered) if ([a, b].includes(relay.name)) this.receive(relay);
  }

  /** A relay hears of everything so many milliseconds later than the others. */
  hearsLate(relay: string, milliseconds: number): void {
    this.#behind.set(relay, milliseconds);
  }

  /** Those that a relay has a link to. */
  neighborsOf(name: string): string[] {
    return Object.keys(this.#costs.get(name) ?? {});
  }

  /** A relay says how it is. */
  receive(relay: WorldRelay): void {
    if (this.#controller === undefined) return;
    this.#registered.add(relay);
    const neighbors = this.#costs.get(relay.name) ?? {};
    const said = this.#controller.relays.register(relay.name, { ...relay.report, neighbors });
    void said.then((answer) => assert.ok(answer.ok));
  }

  /** A relay has said nothing for too long. */
  expire(relay: WorldRelay): void {
    if (this.#registered.delete(relay)) void this.#controller?.relays.deregister(relay.name);
  }

  /** A relay follows from now on what it knows. */
  follow(relay: WorldRelay): void {
    this.#feeds.set(relay, undefined);
    if (this.#controller === undefined) return;
    const { mirror, name, clock } = relay;
    const watching = this.#controller.watching.watch({
      scope: { graph: true, announces: true, routes: [name], flows: false, access: false },
      client: name,
      onNews: () => take(),
    });
    assert.ok(watching.ok);
    const feed = watching.value;
    const later = (act: () => void) =>
      clock.after(this.#delayMs + (this.#behind.get(name) ?? 0), act);
    const take = () => {
      for (let events = feed.take(); events.length > 0; events = feed.take()) {
        const said = events;
        later(() => said.forEach((event) => hear(mirror, event)));
      }
    };
    later(() => mirror.begin("snapshot"));
    this.#feeds.set(relay, feed);
    take();
  }

  /** A relay is gone, and follows no more. */
  leave(relay: WorldRelay): void {
    this.#feeds.get(relay)?.close();
    this.#feeds.delete(relay);
  }

  /** It is gone, and all that it knew with it. */
  stop(): void {
    for (const [{ mirror }, feed] of this.#feeds) {
      mirror.unfollow();
      feed?.close();
    }
    this.#registered.clear();
    void this.#controller?.close();
    this.#controller = undefined;
  }

  /** It is back; it knows at once what relays say. */
  start(): void {
    const clock = this.#clock;
    const { log } = memoryLog();
    this.#controller = Controller.begin({ revision: 0, relays: [], tombstones: [] }, {
      ...controllerOptions(DEFAULTS, "sdn"),
      leaseMs: NEVER_MS,
      tombstoneMs: NEVER_MS,
      spfHoldMs: 0,
    }, {
      clock,
      store: new MemoryStore(0),
      timeline: { toWall: (time) => time, fromWall: (wall) => wall },
      events: new EventLog({ clock, log }),
      onStoreFailure: (error) => assert.fail(`${error}`),
    });
    const relays = [...this.#feeds.keys()];
    for (const relay of relays) if (relay.state === "alive") this.receive(relay);
    for (const relay of relays) this.follow(relay);
  }
}

/** A relay is told something. */
function hear(mirror: Mirror, { event, data, id }: WatchEvent): void {
  const read = readMirrorEvent({ event, data, id: undefined });
  assert.ok(read.ok);
  if (read.value !== undefined) mirror.apply(read.value, id);
  if (event === "ready") mirror.settle();
}
