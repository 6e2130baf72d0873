import { type Clock, done, refused, type Timer } from "@qumo/shared/runtime";
import {
  compareLocations,
  type FullTrackName,
  type Location,
  type Namespace,
  NO_PROPERTIES,
  ObjectStatus,
  trackKey,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import {
  type Feed,
  type FeedChange,
  FeedLost,
  type FeedTarget,
  FeedWriter,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type Registry,
  type Scope,
  type Source,
  sourceOf,
  tokenOf,
  type TrackEnd,
  type Verdict,
  type WrittenFeed,
} from "../../../relay/track/mod.ts";
import { NATIVE, streamInit } from "../worlds/track_model.ts";
import type { WorldRelay } from "./relay.ts";

/** Where cameras and viewers are: at a relay of a simulation, or in a session with one. */
export interface Place {
  readonly name: string;
  readonly clock: Clock;
  readonly registry: Registry;
}

/** How much there is of what a camera films, and how it is offered. */
export interface CameraOptions {
  readonly scope?: string;
  readonly objectMs?: number;
  readonly objectsPerGroup?: number;
  /** Tells who made an object from who made the one of the same ids anew. */
  readonly era?: number;
  /** Pushes the track by itself instead of naming its namespace. */
  readonly pushes?: boolean;
  /** What it announces, if not the track's namespace: one above it. */
  readonly announces?: Namespace;
}

/** What an object says of itself in its payload. */
export interface Picture {
  readonly era: number;
  readonly group: number;
  readonly object: number;
  /** When it was filmed, by the camera's clock. */
  readonly sent: number;
}

const PAYLOAD_BYTES = 1_000;

/** An object of a camera. */
interface Filmed {
  readonly at: Location;
  readonly isLast: boolean;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What the payload of an object says. */
export function pictureOf(payload: Uint8Array): Picture {
  return JSON.parse(new TextDecoder().decode(payload));
}

/**
 * Films numbered objects in time, wherever it is: at no relay, at one, or at several, which then have
 * the same track. One that comes back begins a group, and goes on with the numbers it had.
 */
export class Camera<P extends Place = WorldRelay> {
  readonly name: FullTrackName;
  readonly scope: string;
  readonly announces: Namespace;
  readonly objectsPerGroup: number;
  readonly era: number;
  /** All that it has filmed. */
  readonly film: Filmed[] = [];
  readonly #clock: Clock;
  readonly #objectMs: number;
  readonly #pushes: boolean;
  readonly #places = new Map<P, CameraPublisher>();
  #timer: Timer | undefined;
  #group = -1;
  #object = 0;

  constructor(clock: Clock, name: FullTrackName, options: CameraOptions = {}) {
    const { scope = "", objectMs = 100, objectsPerGroup = 5, era = 0, pushes = false } = options;
    this.name = name;
    this.scope = scope;
    this.announces = options.announces ?? name.namespace;
    this.objectsPerGroup = objectsPerGroup;
    this.era = era;
    this.#clock = clock;
    this.#objectMs = objectMs;
    this.#pushes = pushes;
  }

  /** The group that is being filmed; -1 when nothing was yet. */
  get group(): number {
    return this.#group;
  }

  /** The largest location so far. */
  get largest(): Location | undefined {
    return this.film.at(-1)?.at;
  }

  /** Where it publishes. */
  get places(): P[] {
    return [...this.#places.keys()];
  }

  /** Publishes here too. */
  comeTo(place: P): void {
    if (this.#places.size === 0) this.#begin();
    const publisher = new CameraPublisher(this, place);
    this.#places.set(place, publisher);
    publisher.come(this.#pushes);
  }

  /** Its session here, or every one, is lost. */
  leave(from?: P): void {
    for (const [place, publisher] of [...this.#places]) {
      if (from !== undefined && place !== from) continue;
      this.#places.delete(place);
      publisher.leave();
    }
    if (this.#places.size === 0) this.#timer?.cancel();
  }

  #begin(): void {
    this.#group++;
    this.#object = 0;
    this.#timer = this.#clock.after(this.#objectMs, this.#shoot);
  }

  readonly #shoot = () => {
    this.#timer = this.#clock.after(this.#objectMs, this.#shoot);
    const [group, object] = [this.#group, this.#object++];
    const picture: Picture = { era: this.era, group, object, sent: this.#clock.now() };
    const isLast = this.#object === this.objectsPerGroup;
    const filmed = {
      at: { group: BigInt(group), object: BigInt(object) },
      isLast,
      payload: new TextEncoder().encode(JSON.stringify(picture).padEnd(PAYLOAD_BYTES)),
    };
    this.film.push(filmed);
    for (const publisher of [...this.#places.values()]) publisher.write(filmed);
    if (!isLast) return;
    this.#group++;
    this.#object = 0;
  };
}

let lastId = 0;

/** A camera at one place. */
class CameraPublisher implements Publisher {
  readonly label = "camera";
  readonly source: Source;
  readonly place: Place;
  readonly feeds = new Set<CameraFeed>();
  readonly #camera: Camera<Place>;
  readonly #scope: Scope;
  #withdraw: () => void = () => {};

  constructor(camera: Camera<Place>, place: Place) {
    this.#camera = camera;
    const session = { since: place.clock.now(), id: ++lastId, relay: place.name };
    this.source = sourceOf(tokenOf(session, 0));
    this.place = place;
    this.#scope = place.registry.enter(camera.scope);
  }

  come(pushes: boolean): void {
    const { name, announces } = this.#camera;
    if (!pushes) {
      this.#withdraw = this.#scope.advertise(announces, this);
      return;
    }
    const entry = this.#scope.entry(name);
    assert(entry !== undefined, "too many tracks");
    const feed = this.#feed(entry, true);
    // What the answer to an offer says.
    feed.update({ forward: entry.feeds.forward });
    this.#scope.offer(entry, { publisher: this, feed });
  }

  leave(): void {
    this.#withdraw();
    for (const feed of [...this.feeds]) feed.end({ kind: "lost", reason: "the camera left" });
    this.place.registry.leave(this.#camera.scope);
  }

  write(filmed: Filmed): void {
    for (const feed of [...this.feeds]) feed.write(filmed);
  }

  subscribe(target: FeedTarget): Feed {
    const isFilmed = trackKey(target.track.name) === trackKey(this.#camera.name);
    if (isFilmed) return this.#feed(target, false);
    const established = Promise.resolve(refused(NOT_FILMED));
    return { offered: false, established, update: () => {}, cancel: () => {} };
  }

  fetch({ start, end, order }: FetchRequest, sink: FetchSink): PendingFetch {
    assert.equal(order, "ascending");
    const { film, largest } = this.#camera;
    if (largest === undefined) {
      const answer = Promise.resolve(refused(NOTHING_FILMED));
      return { answer, finished: answer, cancel: () => {} };
    }
    const wanted = film.filter(({ at }) =>
      compareLocations(start, at) <= 0 && compareLocations(at, end) <= 0
    );
    const last = end.group < largest.group ? end : largest;
    const answer = done({ end: last, endOfTrack: false, properties: undefined });
    const finished = show(wanted, sink).then(() => done(undefined));
    return { answer: Promise.resolve(answer), finished, cancel: () => {} };
  }

  trackStatus() {
    return Promise.resolve(done({ largest: this.#camera.largest, properties: undefined }));
  }

  #feed(target: FeedTarget, offered: boolean): CameraFeed {
    const { largest } = this.#camera;
    const feed = new CameraFeed(this, target, offered);
    if (largest !== undefined) target.track.reports.learnLargest(feed, largest);
    this.feeds.add(feed);
    return feed;
  }
}

async function show(film: readonly Filmed[], sink: FetchSink): Promise<void> {
  for (const { at: { group, object }, payload } of film) {
    await sink.object({
      group,
      subgroup: 0n,
      object: Number(object),
      priority: 128,
      properties: NO_PROPERTIES,
      payload,
      renderer: NATIVE,
    });
  }
}

const NOT_FILMED: Refusal = { kind: "does_not_exist", reason: "not filmed here" };
const NOTHING_FILMED: Refusal = { kind: "invalid_range", reason: "nothing was filmed" };

/** A camera's delivery to one track: from the object on that comes next. */
class CameraFeed implements Feed, WrittenFeed {
  readonly offered: boolean;
  readonly source: Source;
  readonly established = Promise.resolve(done(undefined));
  readonly drops = { note: () => {} };
  target: FeedTarget;
  isOver = false;
  readonly #publisher: CameraPublisher;
  #writer: FeedWriter | undefined;
  #forward: boolean;

  constructor(publisher: CameraPublisher, target: FeedTarget, offered: boolean) {
    this.#publisher = publisher;
    this.source = publisher.source;
    this.target = target;
    this.offered = offered;
    this.#forward = !offered;
  }

  update({ forward }: FeedChange): void {
    if (forward !== undefined) this.#forward = forward;
  }

  write({ at: { group, object }, isLast, payload }: Filmed): void {
    if (!this.#forward) return this.#breakOff();
    const { clock } = this.#publisher.place;
    const writer = this.#writer ??= new FeedWriter(
      this,
      streamInit({ group, firstObject: object === 0n }),
      { clock, renderer: NATIVE, metrics: { duplicateObjects: 0 } },
    );
    try {
      writer.object(Number(object), NO_PROPERTIES, payload.length, ObjectStatus.NORMAL);
      writer.payload(payload);
      writer.flush();
      if (isLast) writer.finish();
    } catch (error) {
      if (!(error instanceof FeedLost)) throw error;
    }
    if (isLast) this.#writer = undefined;
  }

  moveTo(target: FeedTarget): void {
    this.target = target;
  }

  contradicted(reason: string): Verdict {
    return this.target.feeds.contradicted(this, reason);
  }

  cancel(): void {
    this.isOver = true;
    this.#breakOff();
    this.#publisher.feeds.delete(this);
    this.target.track.reports.forget(this);
  }

  end(end: TrackEnd): void {
    this.cancel();
    this.target.feeds.ended(this, end);
  }

  #breakOff(): void {
    this.#writer?.breakOff(false);
    this.#writer = undefined;
  }
}
