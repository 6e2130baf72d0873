import type { LiteTrackInfo, StreamErrorName } from "@qumo/shared/wire";
import type { FeedTarget, Refusal, Source, TrackEnd } from "../../../track/mod.ts";
import { ReceivedFeed } from "../../ingest/received_feed.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import type { Input } from "../../input.ts";
import { SUBGROUPS_A_SECOND } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { propertiesOf } from "../dialect/track_info.ts";
import type { LiteStream } from "../lite_stream.ts";

/** What {@linkcode LiteFeed} uses of its session. */
export type LiteFeedContext = Pick<LiteContext, "version" | "clock" | "log" | "metrics">;

/** What a {@linkcode LiteFeed} works with. */
export interface LiteFeedOptions {
  /** The id of the subscription, by which its groups are known. */
  readonly id: bigint;
  readonly source: Source;
  readonly context: LiteFeedContext;
  readonly incoming: TrackAliases<LiteFeed>;
}

const TOO_MANY_GROUPS = `the publisher begins more than ${SUBGROUPS_A_SECOND} groups a second`;

/** One track that the peer delivers because it was asked for it. */
export class LiteFeed extends ReceivedFeed {
  readonly offered = false;
  readonly fromGroupStart = true;
  readonly id: bigint;
  readonly source: Source;
  readonly #context: LiteFeedContext;
  readonly #incoming: TrackAliases<LiteFeed>;
  #stream: LiteStream | undefined;
  #info: LiteTrackInfo | undefined;
  #lastGroup: bigint | undefined;

  constructor(target: FeedTarget, { id, source, context, incoming }: LiteFeedOptions) {
    super(target, context);
    this.id = id;
    this.source = source;
    this.#context = context;
    this.#incoming = incoming;
  }

  /** Notes the stream of the request. */
  requested(stream: LiteStream): void {
    this.#stream = stream;
  }

  /** The publisher has the track: groups under the subscription's id belong to it. */
  establish(info: LiteTrackInfo): void {
    if (this.isOver || this.#info !== undefined) return;
    this.#info = info;
    this.#incoming.add(this.id, this);
    this.tellTrack();
    this.accepted();
    // Deferred, so that waiting subscribers start first and get what overtook the answer.
    this.#context.clock.after(0, () => this.#incoming.wake(this.id));
  }

  protected override tellTrack(): void {
    if (this.#info === undefined) return;
    const { block, properties } = propertiesOf(this.#info);
    this.target.track.reports.setProperties(this, block, properties);
  }

  /** A publisher of moq-lite cannot be paused, nor asked for a new group. */
  override update(): void {}

  override refuse(refusal: Refusal): void {
    if (this.#info !== undefined || this.isOver) return;
    this.withdraw("cancelled");
    super.refuse(refusal);
  }

  protected override withdraw(code: StreamErrorName): void {
    this.#stream?.cancel(code);
  }

  /** Adds a stream of the track; false when it is not to be read. */
  attach(input: Input, group: bigint): boolean {
    return this.begin(input, group, TOO_MANY_GROUPS);
  }

  /**
   * The publisher said that the track has ended before this group, or did not say where: what is
   * under way is awaited.
   */
  expectEnd(group: bigint | undefined): void {
    if (this.isOver || this.#info === undefined || this.isEnding) return;
    this.#lastGroup = group === undefined ? undefined : group - 1n;
    this.promise(ENDED, 0n);
  }

  protected override get expectedStreams(): number {
    const { open } = this.streams;
    const { largest } = this.target.track;
    const isLastMissing = this.#lastGroup !== undefined && this.#lastGroup >= 0n &&
      (largest === undefined || largest.group < this.#lastGroup);
    return isLastMissing ? open + 1 : open;
  }

  protected override left(): void {
    if (this.#info !== undefined) this.#incoming.retire(this.id, this);
  }
}

const ENDED: TrackEnd = { kind: "ended", reason: "the publisher ended the track" };
