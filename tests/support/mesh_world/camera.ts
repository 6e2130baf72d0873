import { type Clock, done, refused, type Timer } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  type Location,
  type Namespace,
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

const NO_PROPERTIES = new Uint8Array(0);

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
}

function payloadOf({ era, group, object }: Picture): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ era, group, object }));
}

/** What the payload of an object says. */
export function pictureOf(payload: Uint8Array): Picture {
  return JSON.parse(new TextDecoder().decode(payload));
}

/**
 * Films numbered objects in time, wherever it is: at no relay, at one, or at several, which then have
 * the same track. One that comes back begins a group, and goes on with the numbers it had.
 */
export class Camera {
  readonly name: FullTrackName;
  readonly scope: string;
  readonly announces: Namespace;
  readonly objectsPerGroup: number;
  readonly era: number;
  /** The largest location so far. */
  largest: Location | undefined;
  readonly #clock: Clock;
  readonly #objectMs: number;
  readonly #pushes: boolean;
  readonly #places = new Map<WorldRelay, CameraPublisher>();
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

  /** The relays that it publishes at. */
  get places(): WorldRelay[] {
    return [...this.#places.keys()];
  }

  /** Publishes at this relay too. */
  comeTo(relay: WorldRelay): void {
    if (this.#places.size === 0) this.#begin();
    const publisher = new CameraPublisher(this, relay);
    this.#places.set(relay, publisher);
    publisher.come(this.#pushes);
  }

  /** Its session with this relay, or with every one, is lost. */
  leave(relay?: WorldRelay): void {
    for (const [place, publisher] of [...this.#places]) {
      if (relay !== undefined && place !== relay) continue;
      this.#places.delete(place);
      publisher.leave();
    }
    if (this.#places.size === 0) this.#timer?.cancel();
  }

  #begin(): void {
    this.#group++;
    this.#object = 0;
    this.#timer = this.#clock.after(this.#objectMs, this.#film);
  }

  readonly #film = () => {
    this.#timer = this.#clock.after(this.#objectMs, this.#film);
    const picture = { era: this.era, group: this.#group, object: this.#object++ };
    this.largest = { group: BigInt(picture.group), object: BigInt(picture.object) };
    const isLast = this.#object === this.objectsPerGroup;
    for (const publisher of [...this.#places.values()]) publisher.write(picture, isLast);
    if (!isLast) return;
    this.#group++;
    this.#object = 0;
  };
}

let lastId = 0;

/** A camera at one relay. */
class CameraPublisher implements Publisher {
  readonly label = "camera";
  readonly source: Source;
  readonly #camera: Camera;
  readonly #relay: WorldRelay;
  readonly #scope: Scope;
  readonly #feeds = new Set<CameraFeed>();
  #withdraw: () => void = () => {};

  constructor(camera: Camera, relay: WorldRelay) {
    this.#camera = camera;
    const session = { since: relay.clock.now(), id: ++lastId, relay: relay.name };
    this.source = sourceOf(tokenOf(session, 0));
    this.#relay = relay;
    this.#scope = relay.registry.enter(camera.scope);
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
    for (const feed of [...this.#feeds]) feed.end({ kind: "lost", reason: "the camera left" });
    this.#relay.registry.leave(this.#camera.scope);
  }

  write(picture: Picture, isLast: boolean): void {
    for (const feed of [...this.#feeds]) feed.write(picture, isLast);
  }

  subscribe(target: FeedTarget): Feed {
    const isFilmed = trackKey(target.track.name) === trackKey(this.#camera.name);
    if (isFilmed) return this.#feed(target, false);
    const established = Promise.resolve(refused(NOT_FILMED));
    return { offered: false, established, update: () => {}, cancel: () => {} };
  }

  fetch({ start, end, order }: FetchRequest, sink: FetchSink): PendingFetch {
    assert.equal(order, "ascending");
    const { largest } = this.#camera;
    if (largest === undefined) {
      const answer = Promise.resolve(refused(NOTHING_FILMED));
      return { answer, finished: answer, cancel: () => {} };
    }
    const last = end.group < largest.group ? end : largest;
    const answer = done({ end: last, endOfTrack: false, properties: undefined });
    const finished = this.#show(start, last, sink).then(() => done(undefined));
    return { answer: Promise.resolve(answer), finished, cancel: () => {} };
  }

  trackStatus() {
    return Promise.resolve(done({ largest: this.#camera.largest, properties: undefined }));
  }

  async #show(start: Location, end: Location, sink: FetchSink): Promise<void> {
    const { era, objectsPerGroup } = this.#camera;
    for (let group = start.group; group <= end.group; group++) {
      const first = group === start.group ? Number(start.object) : 0;
      const count = group === end.group ? Number(end.object) + 1 : objectsPerGroup;
      for (let object = first; object < count; object++) {
        await sink.object({
          group,
          subgroup: 0n,
          object,
          priority: 128,
          properties: NO_PROPERTIES,
          payload: payloadOf({ era, group: Number(group), object }),
          renderer: NATIVE,
        });
      }
    }
  }

  #feed(target: FeedTarget, offered: boolean): CameraFeed {
    const { largest } = this.#camera;
    const { reports } = target.track;
    const options = { offered, clock: this.#relay.clock, source: this.source };
    const feed = new CameraFeed(target, options, () => {
      this.#feeds.delete(feed);
      reports.forget(feed);
    });
    if (largest !== undefined) reports.learnLargest(feed, largest);
    this.#feeds.add(feed);
    return feed;
  }
}

const NOT_FILMED: Refusal = { kind: "does_not_exist", reason: "not filmed here" };
const NOTHING_FILMED: Refusal = { kind: "invalid_range", reason: "nothing was filmed" };

/** A camera's delivery to one track: from the object on that comes next. */
class CameraFeed implements Feed, WrittenFeed {
  readonly offered: boolean;
  readonly established = Promise.resolve(done(undefined));
  readonly source: Source;
  readonly drops = { note: () => {} };
  target: FeedTarget;
  isOver = false;
  readonly #clock: Clock;
  readonly #over: () => void;
  #writer: FeedWriter | undefined;
  #forward: boolean;

  constructor(
    target: FeedTarget,
    { offered, clock, source }: {
      readonly offered: boolean;
      readonly clock: Clock;
      readonly source: Source;
    },
    over: () => void,
  ) {
    this.target = target;
    this.offered = offered;
    this.source = source;
    this.#forward = !offered;
    this.#clock = clock;
    this.#over = over;
  }

  update({ forward }: FeedChange): void {
    if (forward !== undefined) this.#forward = forward;
  }

  write({ era, group, object }: Picture, isLast: boolean): void {
    if (!this.#forward) return this.#breakOff();
    const init = streamInit({ group: BigInt(group), firstObject: object === 0 });
    const metrics = { duplicateObjects: 0 };
    const writer = this.#writer ??= new FeedWriter(this, init, {
      clock: this.#clock,
      renderer: NATIVE,
      metrics,
    });
    const payload = payloadOf({ era, group, object });
    try {
      writer.object(object, NO_PROPERTIES, payload.length, ObjectStatus.NORMAL);
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
    this.#over();
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
