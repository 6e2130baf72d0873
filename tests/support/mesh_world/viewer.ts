import { type Clock, sleep, trackText } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { type ReadObject, readObject } from "../../../relay/media/model/read_object.ts";
import type {
  OpenTrack,
  Refusal,
  SubgroupLog,
  TrackEnd,
  TrackReader,
} from "../../../relay/track/mod.ts";
import { Reception, type Verdict } from "../mesh/reception.ts";
import { type Camera, pictureOf, type Place } from "./camera.ts";
import type { WorldRelay } from "./relay.ts";

/** How long a viewer waits before it asks again, in milliseconds. */
const AGAIN_MS = 500;

/** What a viewer wants. */
export interface ViewerOptions {
  /** Milliseconds that it waits for a publisher. */
  readonly rendezvous?: number;
  /** Whether it wants to be offered the tracks that others push in the namespace. */
  readonly isOffered?: boolean;
  /** Whether it asks again when it was refused or the track ended. */
  readonly persists?: boolean;
  /** Whether it asks again as long as it was only refused. */
  readonly waits?: boolean;
  /** What it had before, elsewhere. */
  readonly reception?: Reception;
  /** The trace that it belongs to. */
  readonly trace?: string;
}

/** Where time passes until something is so. */
interface Passing {
  until(what: string, isSo: () => boolean): Promise<unknown>;
}

/** Somebody at a relay who watches a camera's track. */
export class Viewer<P extends Place = WorldRelay> {
  readonly relay: P;
  readonly camera: Camera<P>;
  /** Each time it got the track, the last time last. */
  readonly watched: Watching[] = [];
  readonly refusals: Refusal[] = [];
  readonly #world: Passing;
  readonly #options: ViewerOptions;
  readonly #gone = new AbortController();
  readonly #over: Promise<void>;
  #asks = true;

  constructor(
    world: Passing,
    { relay, camera }: Pick<Viewer<P>, "relay" | "camera">,
    options: ViewerOptions,
  ) {
    this.relay = relay;
    this.camera = camera;
    this.#world = world;
    this.#options = options;
    this.#over = this.#watch();
  }

  /** Whether it was answered, for the first time at least. */
  get isAnswered(): boolean {
    return this.watched.length + this.refusals.length > 0;
  }

  /** What it has of the track now, or had last. */
  get watching(): Watching {
    const last = this.watched.at(-1);
    if (last === undefined) throw new Error(`${this}: refused, ${this.refusals.at(-1)?.reason}`);
    return last;
  }

  /** Resolves when this group, or a later one, is there to its last object; gives its number. */
  async has(group: number): Promise<number> {
    const found = () => {
      if (this.#asks && this.watched.length === 0) return undefined;
      assert.equal(this.watching.end, undefined);
      return this.watching.reception.firstWholeFrom(group);
    };
    await this.#world.until(`the ${this} has group ${group}`, () => found() !== undefined);
    return found()!;
  }

  /** What came up to this group, which is waited for, from `first` on. */
  async verdict(last: number, first = 0): Promise<Verdict> {
    const end = await this.has(last);
    const { reception } = this.watching;
    return reception.verdict({ first: Math.max(first, reception.firstGroup ?? 0), last: end });
  }

  /** Everything that was wrong with what it was shown. */
  get faults(): string[] {
    return this.watched.flatMap(({ reception: { faults } }) =>
      faults.map((fault) => `${this}: ${fault}`)
    );
  }

  /** It goes. */
  async leave(): Promise<void> {
    this.#gone.abort();
    await this.#over;
  }

  toString(): string {
    return `viewer of ${trackText(this.camera.name)} at ${this.relay.name}`;
  }

  async #watch(): Promise<void> {
    const { rendezvous = 0, persists, waits, reception, isOffered, trace } = this.#options;
    const { name, scope: key, objectsPerGroup } = this.camera;
    const { registry, clock } = this.relay;
    const { signal } = this.#gone;
    const scope = registry.enter(key);
    const unwatch = isOffered ? scope.watchTracks(name.namespace, { offered: () => {} }) : () => {};
    const again = () => persists || waits && this.watched.length === 0;
    do {
      const opened = await scope.open(name, {
        rendezvous,
        forward: true,
        signal,
        ...(trace !== undefined && { trace }),
      });
      if (opened.ok) {
        const watching = new Watching(
          opened.value,
          clock,
          reception ?? new Reception(objectsPerGroup),
        );
        this.watched.push(watching);
        await watching.over(signal);
      } else this.refusals.push(opened.refusal);
      if (again()) await sleep(clock, AGAIN_MS, signal);
    } while (again() && !signal.aborted);
    this.#asks = false;
    unwatch();
    registry.leave(key);
  }
}

/** One time that a viewer had a track: what came, and what was wrong with it. */
export class Watching implements TrackReader {
  readonly reception: Reception;
  /** When something came, how long after the last. */
  longestGap = 0;
  /** The largest group of which something came, -1 when nothing did. */
  group = -1;
  end: TrackEnd | undefined;
  readonly #open: OpenTrack;
  readonly #clock: Clock;
  readonly #ended = Promise.withResolvers<void>();
  #era: number | undefined;
  #lastAt: number;

  constructor(open: OpenTrack, clock: Clock, reception: Reception) {
    reception.rejoin();
    this.reception = reception;
    this.#open = open;
    this.#clock = clock;
    this.#lastAt = clock.now();
    const { track } = open;
    track.follow(this);
    const { largest } = track;
    if (largest === undefined) return;
    for (const { logs } of track.groupsBetween(largest.group, largest.group)) {
      for (const log of logs) this.subgroup(log);
    }
  }

  /** Takes the objects of a log, each as soon as it is whole. */
  subgroup(log: SubgroupLog): void {
    let next = 0;
    const wake = () => {
      for (let at = log.indexOf(next); at < log.count; at++) {
        const object = readObject(log, log.idAt(at));
        if (object === "partial") return;
        next = log.idAt(at) + 1;
        if (object !== undefined) this.#came(object);
      }
    };
    log.follow({ wake, evicted: () => {} });
    wake();
  }

  datagram(): void {
    this.reception.fault("a datagram came");
  }

  ended(end: TrackEnd): void {
    this.end = end;
    this.#ended.resolve();
  }

  /** Watches until the track ends or the viewer goes. */
  async over(gone: AbortSignal): Promise<void> {
    const leave = () => this.#ended.resolve();
    gone.addEventListener("abort", leave);
    if (gone.aborted) leave();
    await this.#ended.promise;
    gone.removeEventListener("abort", leave);
    this.#open.track.unfollow(this);
    this.#open.demand.release();
  }

  /** The relays that the track comes by. */
  get path(): readonly string[] {
    return this.#open.feeds.path;
  }

  /** Groups from one to another, both included, that are not whole. */
  missing(first: number, last: number): number[] {
    const { missing, cut } = this.reception.verdict({ first, last });
    return [...missing, ...cut];
  }

  #came({ group, id: object, payload }: ReadObject): void {
    const now = this.#clock.now();
    this.longestGap = Math.max(this.longestGap, now - this.#lastAt);
    this.#lastAt = now;
    this.group = Math.max(this.group, Number(group));
    const picture = pictureOf(payload);
    this.reception.add({ group: Number(group), object, sent: picture.sent, received: now });
    this.#era ??= picture.era;
    if (picture.group !== Number(group) || picture.object !== object) {
      this.reception.fault(`object ${group}/${object} is ${picture.group}/${picture.object}`);
    }
    if (picture.era !== this.#era) {
      this.reception.fault(`object ${group}/${object} is of another track of the same name`);
    }
  }
}
