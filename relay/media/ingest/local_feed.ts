import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import { ObjectStatus, type PropertyBlock, type TrackProperties } from "@qumo/shared/wire";
import {
  type Feed,
  FeedLost,
  type FeedTarget,
  FeedWriter,
  MalformedTrack,
  type Refusal,
  type Renderer,
  type Source,
  type TrackEnd,
  type Verdict,
  type WrittenFeed,
} from "../../track/mod.ts";
import type { DropReason } from "../../vocabulary/mod.ts";
import type { IngestMetrics } from "./metrics.ts";

/** What a {@linkcode LocalFeed} works with. */
export interface LocalFeedOptions {
  readonly source: Source;
  readonly offered: boolean;
  readonly clock: Clock;
  readonly metrics: IngestMetrics;
  readonly renderer: Renderer;
  /** Called for each object that the model does not take. */
  readonly onDrop: (reason: DropReason, target: FeedTarget) => void;
  /** The feed is over, whoever ended it. */
  readonly onOver: (feed: LocalFeed) => void;
}

/** An object as it goes into a track. */
export interface MediaObject {
  /** In the encoding of the renderer. */
  readonly properties: Uint8Array;
  /** The payload, in parts that follow each other. */
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

/** What a publisher says of its track. */
export interface TrackFacts {
  readonly block: PropertyBlock;
  readonly properties: TrackProperties;
}

/** One track that a publisher in this process delivers. */
export class LocalFeed implements Feed, WrittenFeed {
  readonly offered: boolean;
  readonly source: Source;
  readonly fromGroupStart = true;
  readonly drops = { note: (reason: DropReason) => this.#dropped(reason) };
  readonly #options: LocalFeedOptions;
  readonly #facts: TrackFacts | undefined;
  readonly #established: Promise<Outcome<void, Refusal>>;
  #target: FeedTarget;
  #writer: FeedWriter | undefined;
  #objects = 0;
  #starting: Timer | undefined;
  #isOver = false;

  /** `facts` are absent for a track that is not there. */
  constructor(target: FeedTarget, facts: TrackFacts | undefined, options: LocalFeedOptions) {
    this.#target = target;
    this.#facts = facts;
    this.#options = options;
    this.offered = options.offered;
    this.source = options.source;
    this.#established = Promise.resolve(facts === undefined ? refused(NO_TRACK) : done(undefined));
    this.#tell();
    if (facts === undefined) this.#isOver = true;
  }

  get established(): Promise<Outcome<void, Refusal>> {
    return this.#established;
  }

  get target(): FeedTarget {
    return this.#target;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a group is being written. */
  get isWriting(): boolean {
    return this.#writer !== undefined;
  }

  /** Calls once the subscriber that asked for the track is there to receive it. */
  whenReceived(start: () => void): void {
    this.#starting = this.#options.clock.after(0, () => {
      if (!this.#isOver) start();
    });
  }

  moveTo(target: FeedTarget): void {
    this.#target = target;
    this.#tell();
  }

  /** It is always sent, and new groups begin where the encoder begins them. */
  update(): void {}

  /** Begins a group. */
  begin(group: bigint): void {
    if (this.#isOver) return;
    const { received } = this.#options.metrics;
    received.groups++;
    received.subgroups++;
    this.#objects = 0;
    this.#writer = new FeedWriter(this, {
      group,
      subgroup: 0n,
      priority: undefined,
      hasProperties: true,
      endOfGroup: true,
      firstObject: true,
    }, this.#options);
  }

  /** Adds the group's next object. */
  write({ properties, parts, length }: MediaObject): void {
    const writer = this.#writer;
    if (writer === undefined || this.#isOver) return;
    const { received } = this.#options.metrics;
    received.objects++;
    received.bytes += length + properties.length;
    this.#guard(() => {
      writer.object(this.#objects++, properties, length, ObjectStatus.NORMAL);
      for (const part of parts) writer.payload(part);
      writer.flush();
    });
  }

  /** Ends the group in progress: it is complete, unless it broke off. */
  endGroup(isComplete: boolean): void {
    const writer = this.#writer;
    this.#writer = undefined;
    if (writer === undefined || this.#isOver) return;
    if (isComplete) this.#guard(() => writer.finish());
    else writer.breakOff(false);
  }

  /** Ends the track. */
  end(end: TrackEnd): void {
    if (this.#isOver) return;
    this.endGroup(end.kind === "ended");
    if (this.#isOver) return;
    this.#leave();
    this.#target.feeds.ended(this, end);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#writer?.breakOff(false);
    this.#leave();
  }

  contradicted(reason: string): Verdict {
    return this.#isOver ? "lost" : this.#target.feeds.contradicted(this, reason);
  }

  #tell(): void {
    if (this.#facts === undefined) return;
    const { block, properties } = this.#facts;
    this.#target.track.reports.setProperties(this, block, properties);
  }

  #guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      // Another publisher keeps the track, which has ended this feed.
      if (!(error instanceof FeedLost || error instanceof MalformedTrack)) throw error;
      this.cancel();
    }
  }

  #dropped(reason: DropReason): void {
    this.#options.metrics.droppedObjects[reason]++;
    this.#options.onDrop(reason, this.#target);
  }

  #leave(): void {
    this.#isOver = true;
    this.#writer = undefined;
    this.#starting?.cancel();
    this.#target.track.reports.forget(this);
    this.#options.onOver(this);
  }
}

const NO_TRACK: Refusal = { kind: "does_not_exist", reason: "the encoder has no such track" };
