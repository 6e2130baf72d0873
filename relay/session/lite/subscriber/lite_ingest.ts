import { trackText } from "@qumo/shared/runtime";
import {
  DecodeError,
  decodeLiteDatagram,
  FrameDecoder,
  type LiteDatagram,
  type LiteGroup,
  MAX_OBJECT_ID,
  ObjectStatus,
} from "@qumo/shared/wire";
import { FeedWriter, writeDatagram } from "../../../track/mod.ts";
import type { ReceiveStream } from "../../../transport/types.ts";
import { foundIn, isTransportEnd, violation } from "../../errors.ts";
import { readVarint } from "../../framing.ts";
import { Discards } from "../../ingest/discards.ts";
import { readObjects } from "../../ingest/read_objects.ts";
import type { StreamCredit } from "../../ingest/stream_credit.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import { trackFailed } from "../../ingest/track_failed.ts";
import { Input } from "../../input.ts";
import type { LiteContext } from "../context.ts";
import { liteRenderer } from "../dialect/renderer.ts";
import { MAX_LITE_FRAME_BYTES, readLite } from "../framing.ts";
import { propertiesOfFrame, subgroupOf } from "./frames.ts";
import type { LiteFeed } from "./lite_feed.ts";

/** What {@linkcode LiteIngest} uses of its session. */
export type LiteIngestContext = Pick<
  LiteContext,
  "version" | "clock" | "log" | "metrics" | "settings"
>;

/** Reads the groups that the peer sends into the tracks. */
export class LiteIngest {
  readonly #context: LiteIngestContext;
  readonly #incoming: TrackAliases<LiteFeed>;
  readonly #credit: StreamCredit;
  readonly #discards: Discards;

  /** `incoming` has the subscriptions by their ids. */
  constructor(
    context: LiteIngestContext,
    { incoming, credit }: { incoming: TrackAliases<LiteFeed>; credit: StreamCredit },
  ) {
    this.#context = context;
    this.#incoming = incoming;
    this.#credit = credit;
    this.#discards = new Discards(context);
  }

  /** Reads a stream of the peer to its end. */
  async stream(stream: ReceiveStream): Promise<void> {
    const input = new Input(stream, MAX_LITE_FRAME_BYTES, this.#credit.take());
    try {
      await this.#read(input);
    } finally {
      this.#credit.leave();
    }
  }

  async #read(input: Input): Promise<void> {
    const { version: { uniStreams, varint, messages } } = this.#context;
    const type = await this.#discards.inTime(input, () => readVarint(input, varint));
    if (type === undefined) return;
    if (type === uniStreams.setup) throw violation("A second setup stream");
    // A stream of an unknown type is an extension's, and ends alone.
    if (type !== uniStreams.group) return this.#discards.stream(input, "unknown_track");
    try {
      const header = await this.#discards.inTime(input, () => readLite(input, messages.group));
      if (header !== undefined) await this.#group(input, header);
    } catch (error) {
      throw foundIn("subgroup", error);
    }
  }

  async #group(input: Input, header: LiteGroup): Promise<void> {
    const { received } = this.#context.metrics;
    const feed = await this.#incoming.find(header.subscription);
    if (feed === undefined || feed.isOver) return this.#refuse(input, header.subscription);
    received.subgroups++;
    try {
      if (!feed.attach(input, header.group)) return;
      if (feed.groupCount.begins(header.group)) received.groups++;
      await this.#frames(input, header, feed);
    } finally {
      feed.detach(input);
    }
  }

  /** Stops a stream whose subscription is unknown, or ended. */
  #refuse(input: Input, subscription: bigint): void {
    const why = this.#incoming.isRetired(subscription) ? "track_over" : "unknown_track";
    this.#discards.stream(input, why, { subscription: String(subscription) });
  }

  async #frames(input: Input, header: LiteGroup, feed: LiteFeed): Promise<void> {
    const { version, clock, metrics } = this.#context;
    const renderer = liteRenderer(version);
    const writer = new FeedWriter(feed, subgroupOf(header, version), { clock, metrics, renderer });
    try {
      if (await this.#readFrames(input, { header, writer, feed })) writer.finish();
      else writer.breakOff(feed.target.mayContinue === true);
    } catch (error) {
      writer.breakOff(feed.target.mayContinue === true && isTransportEnd(error));
      if (error instanceof DecodeError && error.fault === "object_id") {
        metrics.malformed.subgroup++;
        const track = trackText(feed.target.track.name);
        return this.#discards.stream(input, "malformed", { code: "internal_error", track });
      }
      trackFailed(feed, error, this.#context);
      input.stop("cancelled");
    }
  }

  /**
   * False for a stream that ends within a frame: that is how some transports end an incomplete
   * group.
   */
  #readFrames(
    input: Input,
    { header, writer, feed }: {
      readonly header: LiteGroup;
      readonly writer: FeedWriter;
      readonly feed: LiteFeed;
    },
  ): Promise<boolean> {
    const { version, metrics: { received }, settings: { limits } } = this.#context;
    const decoder = new FrameDecoder(version.frames);
    let id = Number(header.startFrame);
    return readObjects(input, {
      decoder,
      writer,
      drops: feed.drops,
      received,
      maxObjectBytes: limits.maxObjectBytes,
      begin: () => {
        if (id > MAX_OBJECT_ID) throw new DecodeError("object_id", `Frame ${id} of a group`);
        const properties = propertiesOfFrame(version, decoder.timestamp);
        writer.object(id++, properties, decoder.payloadLength, ObjectStatus.NORMAL);
        return true;
      },
    });
  }

  /** Stores a datagram of the peer, which is a whole group; false when it is useless. */
  datagram(bytes: Uint8Array): boolean {
    const { version, metrics } = this.#context;
    const datagram = version.hasDatagrams ? decode(bytes) : undefined;
    if (datagram === undefined) return false;
    metrics.received.bytes += bytes.length;
    const feed = this.#incoming.get(datagram.subscription);
    if (feed === undefined || feed.isOver) {
      const isRetired = this.#incoming.isRetired(datagram.subscription);
      this.#discards.datagram(isRetired ? "track_over" : "unknown_track", {
        subscription: String(datagram.subscription),
      });
      return false;
    }
    this.#store(feed, datagram);
    return true;
  }

  #store(feed: LiteFeed, { group, timestamp, payload }: LiteDatagram): void {
    const { version, clock, metrics: { received } } = this.#context;
    const renderer = liteRenderer(version);
    received.datagrams++;
    received.objects++;
    if (feed.groupCount.begins(group)) received.groups++;
    feed.datagram();
    const properties = {
      bytes: propertiesOfFrame(version, timestamp),
      form: renderer.properties,
    };
    try {
      const outcome = writeDatagram(feed.target.track, {
        group,
        object: 0,
        priority: undefined,
        properties,
        status: ObjectStatus.NORMAL,
        endOfGroup: true,
        payload: payload.slice(),
      }, { now: clock.now(), renderer, source: feed.source });
      if (outcome === "new" || outcome === "duplicate") feed.drops.kept();
      else feed.drops.note(outcome);
    } catch (error) {
      trackFailed(feed, error, this.#context);
    }
  }
}

/** A datagram above the limit, or cut short, is dropped (draft 05, "Datagrams"). */
function decode(bytes: Uint8Array): LiteDatagram | undefined {
  try {
    return decodeLiteDatagram(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
