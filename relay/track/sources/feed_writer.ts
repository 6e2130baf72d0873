import type { Clock } from "@qumo/shared/runtime";
import { MalformedTrack } from "../errors.ts";
import type { Renderer } from "../objects/renderer.ts";
import type { Source } from "../objects/source.ts";
import type { SubgroupStreamInit, SubgroupWriterOptions } from "../objects/stream_logs.ts";
import { SubgroupWriter } from "../objects/subgroup_writer.ts";
import type { Track } from "../objects/track.ts";
import type { DropReason } from "../../vocabulary/mod.ts";
import type { FeedTarget, Verdict } from "./feed.ts";

/** The dependencies of {@linkcode FeedWriter}. */
export interface FeedWriterContext {
  readonly clock: Clock;
  readonly metrics: { duplicateObjects: number };
  /** The renderer of the publisher's dialect. */
  readonly renderer: Renderer;
  /** See {@linkcode SubgroupWriterOptions.timeoutsOf}. */
  readonly timeoutsOf?: SubgroupWriterOptions["timeoutsOf"];
}

/** A feed whose objects are written into its track. */
export interface WrittenFeed {
  /** The track that objects are stored in, which changes at a takeover. */
  readonly target: FeedTarget;
  readonly source: Source;
  readonly drops: { readonly note: (reason: DropReason) => void };
  readonly isOver: boolean;
  /** Reports an object that contradicts the track, and returns the outcome for the feed. */
  contradicted(reason: string): Verdict;
}

/** The feed of an object was ended because another publisher keeps the track. */
export class FeedLost extends Error {
  override readonly name = "FeedLost";
}

/**
 * Writes one stream of a feed into the track that the feed delivers to. When its publisher takes
 * the track over from another one, the stream continues in the new track, with what it had already
 * brought.
 */
export class FeedWriter {
  readonly #feed: WrittenFeed;
  readonly #metrics: FeedWriterContext["metrics"];
  #writer: SubgroupWriter;
  #track: Track;

  constructor(
    feed: WrittenFeed,
    header: SubgroupStreamInit,
    { clock, renderer, metrics, timeoutsOf }: FeedWriterContext,
  ) {
    const { source, target } = feed;
    this.#feed = feed;
    this.#metrics = metrics;
    this.#track = target.track;
    this.#writer = new SubgroupWriter(target.track, header, {
      clock,
      renderer,
      source,
      isRelayed: target.mayContinue,
      timeoutsOf,
      onDrop: feed.drops.note,
    });
  }

  /** See {@linkcode SubgroupWriter.object}. */
  object(id: number, properties: Uint8Array, payloadLength: number, status: number): void {
    const writer = this.#current();
    try {
      writer.object(id, properties, payloadLength, status);
    } catch (error) {
      this.#decide(error).object(id, properties, payloadLength, status);
    }
  }

  /** See {@linkcode SubgroupWriter.payload}. */
  payload(bytes: Uint8Array): void {
    const writer = this.#current();
    try {
      writer.payload(bytes);
    } catch (error) {
      this.#decide(error).payload(bytes);
    }
  }

  /** See {@linkcode SubgroupWriter.endsByMark}. */
  get endsByMark(): boolean {
    return this.#writer.endsByMark;
  }

  /** See {@linkcode SubgroupWriter.wasDropped}. */
  get wasDropped(): boolean {
    return this.#writer.wasDropped;
  }

  /** See {@linkcode SubgroupWriter.flush}. */
  flush(): void {
    this.#writer.flush();
  }

  /** See {@linkcode SubgroupWriter.finish}. */
  finish(): void {
    const writer = this.#current();
    try {
      writer.finish();
    } catch (error) {
      this.#decide(error).finish();
    }
    this.#count();
  }

  /** The stream ended early; with `mayContinue` another source may continue the subgroup. */
  breakOff(mayContinue: boolean): void {
    if (mayContinue) this.#writer.release();
    else this.#writer.abandon();
    this.#count();
  }

  /** The writer into the track that the feed delivers to. */
  #current(): SubgroupWriter {
    return this.#feed.target.track === this.#track ? this.#writer : this.#move();
  }

  #move(): SubgroupWriter {
    this.#count();
    this.#track = this.#feed.target.track;
    return this.#writer = this.#writer.moveTo(this.#track);
  }

  /** An object contradicts the track: continues in a new track if the feed takes over. */
  #decide(error: unknown): SubgroupWriter {
    if (!(error instanceof MalformedTrack)) throw error;
    const verdict = this.#feed.contradicted(error.message);
    if (verdict === "malformed") throw error;
    if (this.#feed.isOver || this.#feed.target.track === this.#track) {
      throw new FeedLost(error.message);
    }
    return this.#move();
  }

  #count(): void {
    this.#metrics.duplicateObjects += this.#writer.counts.duplicates;
  }
}
