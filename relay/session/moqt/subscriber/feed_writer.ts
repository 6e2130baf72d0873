import type { SubgroupHeader } from "@qumo/shared/wire";
import { MalformedTrack, SubgroupWriter, type Track } from "../../../track/mod.ts";
import { rendererOf } from "../dialect/renderer.ts";
import type { PeerFeed } from "./peer_feed.ts";
import type { Reporting, Timing, Wire } from "../connection/facets.ts";

/** What {@linkcode FeedWriter} uses of its session. */
export type FeedWriterContext = Wire & Reporting & Timing;

/** The feed that brings an object is over, since another publisher keeps the track. */
export class FeedLost extends Error {
  override readonly name = "FeedLost";
}

/**
 * One stream of a feed, into whichever track the feed delivers to: when its publisher takes the track
 * over from another, the stream goes on in the track that begins anew, with what it had brought.
 */
export class FeedWriter {
  readonly #feed: PeerFeed;
  readonly #metrics: FeedWriterContext["metrics"];
  #writer: SubgroupWriter;
  #track: Track;

  constructor(
    feed: PeerFeed,
    header: SubgroupHeader,
    { clock, draft, metrics }: FeedWriterContext,
  ) {
    const { source, target } = feed;
    this.#feed = feed;
    this.#metrics = metrics;
    this.#track = target.track;
    this.#writer = new SubgroupWriter(target.track, header, {
      clock,
      renderer: rendererOf(draft.data),
      source,
      isRelayed: target.mayGoOn,
      onDrop: feed.drops.note,
    });
  }

  /** As in {@linkcode SubgroupWriter}. */
  object(id: number, properties: Uint8Array, payloadLength: number, status: number): void {
    const writer = this.#current();
    try {
      writer.object(id, properties, payloadLength, status);
    } catch (error) {
      this.#decide(error).object(id, properties, payloadLength, status);
    }
  }

  /** As in {@linkcode SubgroupWriter}. */
  payload(bytes: Uint8Array): void {
    const writer = this.#current();
    try {
      writer.payload(bytes);
    } catch (error) {
      this.#decide(error).payload(bytes);
    }
  }

  /** As in {@linkcode SubgroupWriter}. */
  get endsByMark(): boolean {
    return this.#writer.endsByMark;
  }

  /** As in {@linkcode SubgroupWriter}. */
  get wasDropped(): boolean {
    return this.#writer.wasDropped;
  }

  /** As in {@linkcode SubgroupWriter}. */
  flush(): void {
    this.#writer.flush();
  }

  /** As in {@linkcode SubgroupWriter}. */
  finish(): void {
    const writer = this.#current();
    try {
      writer.finish();
    } catch (error) {
      this.#decide(error).finish();
    }
    this.#count();
  }

  /** The stream broke off; others may go on with it where that is so. */
  breakOff(mayGoOn: boolean): void {
    if (mayGoOn) this.#writer.release();
    else this.#writer.abandon();
    this.#count();
  }

  /** The writer into the track that the feed delivers to now. */
  #current(): SubgroupWriter {
    return this.#feed.target.track === this.#track ? this.#writer : this.#move();
  }

  #move(): SubgroupWriter {
    this.#count();
    this.#track = this.#feed.target.track;
    return this.#writer = this.#writer.moveTo(this.#track);
  }

  /** What came contradicts what is known: goes on where the feed prevails. */
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
