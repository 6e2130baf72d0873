import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
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
  type FeedTarget,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type Scope,
  type Source,
  sourceOf,
  SubgroupWriter,
  tokenOf,
  type TrackEnd,
  type TrackStatus,
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

/** The payload of an object that says which one it is. */
export function payloadOf({ era, group, object }: Picture): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [era, group, object].entries()) view.setUint32(4 * at, value);
  return bytes;
}

/** What the payload of an object says. */
export function pictureOf(payload: Uint8Array): Picture {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { era: view.getUint32(0), group: view.getUint32(4), object: view.getUint32(8) };
}

/**
 * Films numbered objects in time, wherever it is: at no relay, at one, or at several, which then have
 * the same track. One that comes back begins a group, and goes on with the numbers it had.
 */
export class Camera {
  readonly name: FullTrackName;
  readonly scope: string;
  readonly announces: Namespace;
  readonly #clock: Clock;
  readonly #objectMs: number;
  readonly #objectsPerGroup: number;
  readonly #era: number;
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
    this.#clock = clock;
    this.#objectMs = objectMs;
    this.#objectsPerGroup = objectsPerGroup;
    this.#era = era;
    this.#pushes = pushes;
  }

  /** The group that is being filmed; -1 when nothing was yet. */
  get group(): number {
    return this.#group;
  }

  get objectsPerGroup(): number {
    return this.#objectsPerGroup;
  }

  get era(): number {
    return this.#era;
  }

  /** The relays that it publishes at. */
  get places(): WorldRelay[] {
    return [...this.#places.keys()];
  }

  /** Publishes at this relay too. */
  comeTo(relay: WorldRelay): void {
    const publisher = new CameraPublisher(this, relay);
    if (this.#places.size === 0) this.#begin();
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
    if (this.#places.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The largest location so far. */
  get largest(): Location | undefined {
    if (this.#object > 0) return { group: BigInt(this.#group), object: BigInt(this.#object - 1) };
    if (this.#group <= 0) return undefined;
    return { group: BigInt(this.#group - 1), object: BigInt(this.#objectsPerGroup - 1) };
  }

  #begin(): void {
    this.#group++;
    this.#object = 0;
    this.#timer = this.#clock.after(this.#objectMs, this.#film);
  }

  readonly #film = () => {
    this.#timer = this.#clock.after(this.#objectMs, this.#film);
    const picture = { era: this.#era, group: this.#group, object: this.#object };
    this.#object++;
    const isLast = this.#object === this.#objectsPerGroup;
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
  readonly camera: Camera;
  readonly source: Source;
  readonly #relay: WorldRelay;
  readonly #scope: Scope;
  readonly #feeds = new Set<CameraFeed>();
  #withdraw: () => void = () => {};

  constructor(camera: Camera, relay: WorldRelay) {
    this.camera = camera;
    const session = { since: relay.clock.now(), id: ++lastId, relay: relay.name };
    this.source = sourceOf(tokenOf(session, 0));
    this.#relay = relay;
    this.#scope = relay.registry.enter(camera.scope);
  }

  come(pushes: boolean): void {
    const { name, announces } = this.camera;
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
    this.#relay.registry.leave(this.camera.scope);
  }

  write(picture: Picture, isLast: boolean): void {
    for (const feed of [...this.#feeds]) feed.write(picture, isLast);
  }

  subscribe(target: FeedTarget): Feed {
    if (trackKey(target.track.name) !== trackKey(this.camera.name)) return unknown();
    return this.#feed(target, false);
  }

  fetch({ start, end, order }: FetchRequest, sink: FetchSink): PendingFetch {
    assert.equal(order, "ascending");
    const { largest } = this.camera;
    if (largest === undefined) {
      const refusal = refused<Refusal>({ kind: "invalid_range", reason: "nothing was filmed" });
      const answer = Promise.resolve(refusal);
      return { answer, finished: answer, cancel: () => {} };
    }
    const last = end.group < largest.group ? end : largest;
    const answer = { end: last, endOfTrack: false, properties: undefined };
    return {
      answer: Promise.resolve(done(answer)),
      finished: this.#show(start, last, sink),
      cancel: () => {},
    };
  }

  trackStatus(): Promise<Outcome<TrackStatus, Refusal>> {
    const { largest } = this.camera;
    return Promise.resolve(done({ largest, properties: undefined }));
  }

  async #show(start: Location, end: Location, sink: FetchSink): Promise<Outcome<void, Refusal>> {
    for (let group = start.group; group <= end.group; group++) {
      const first = group === start.group ? Number(start.object) : 0;
      const isLast = group === end.group;
      const count = isLast ? Number(end.object) + 1 : this.camera.objectsPerGroup;
      for (let object = first; object < count; object++) {
        const picture = { era: this.camera.era, group: Number(group), object };
        await sink.object({
          group,
          subgroup: 0n,
          object,
          priority: 128,
          properties: NO_PROPERTIES,
          payload: payloadOf(picture),
          renderer: NATIVE,
        });
      }
    }
    return done(undefined);
  }

  #feed(target: FeedTarget, offered: boolean): CameraFeed {
    const { largest } = this.camera;
    const { reports } = target.track;
    const feed = new CameraFeed(this, { target, offered, clock: this.#relay.clock }, () => {
      this.#feeds.delete(feed);
      reports.forget(feed);
    });
    if (largest !== undefined) reports.learnLargest(feed, largest);
    this.#feeds.add(feed);
    return feed;
  }
}

/** The answer to somebody who asks a camera for what it does not film. */
function unknown(): Feed {
  const refusal = refused<Refusal>({ kind: "does_not_exist", reason: "not filmed here" });
  const established = Promise.resolve(refusal);
  return { offered: false, established, update: () => {}, cancel: () => {} };
}

/** A camera's delivery to one track: from the object on that comes next. */
class CameraFeed implements Feed {
  readonly offered: boolean;
  readonly established = Promise.resolve(done(undefined));
  readonly source: Source;
  #target: FeedTarget;
  readonly #clock: Clock;
  readonly #over: () => void;
  #writer: SubgroupWriter | undefined;
  #forward: boolean;

  constructor(
    publisher: CameraPublisher,
    { target, offered, clock }: { target: FeedTarget; offered: boolean; clock: Clock },
    over: () => void,
  ) {
    this.source = publisher.source;
    this.#target = target;
    this.offered = offered;
    this.#forward = !offered;
    this.#clock = clock;
    this.#over = over;
  }

  update({ forward }: FeedChange): void {
    if (forward !== undefined) this.#forward = forward;
  }

  write(picture: Picture, isLast: boolean): void {
    if (!this.#forward) return this.#breakOff();
    const { group, object } = picture;
    const init = streamInit({ group: BigInt(group), firstObject: object === 0 });
    const options = { clock: this.#clock, renderer: NATIVE, source: this.source };
    this.#writer ??= new SubgroupWriter(this.#target.track, init, options);
    const payload = payloadOf(picture);
    try {
      this.#writer.object(object, NO_PROPERTIES, payload.length, ObjectStatus.NORMAL);
      this.#writer.payload(payload);
      this.#writer.flush();
      if (isLast) this.#writer.finish();
    } catch (error) {
      this.#contradicted(picture, isLast, error);
    }
    if (isLast) this.#writer = undefined;
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
  }

  /** Goes on in the track that begins anew, if it prevails. */
  #contradicted(picture: Picture, isLast: boolean, error: unknown): void {
    const { track } = this.#target;
    this.#target.feeds.contradicted(this, String(error));
    if (this.#target.track === track) return;
    this.#breakOff();
    this.write(picture, isLast);
  }

  cancel(): void {
    this.#breakOff();
    this.#over();
  }

  end(end: TrackEnd): void {
    this.cancel();
    this.#target.feeds.ended(this, end);
  }

  #breakOff(): void {
    this.#writer?.abandon();
    this.#writer = undefined;
  }
}
