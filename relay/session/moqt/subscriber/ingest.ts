import { sleep } from "@qumo/shared/runtime";
import {
  ByteReader,
  DecodeError,
  decodeSubgroupHeader,
  deliveryTimeouts,
  DOES_NOT_EXIST,
  type Draft,
  MAX_OBJECT_HEADER_BYTES,
  ObjectHeaderDecoder,
  type SubgroupHeader,
} from "@qumo/shared/wire";
import { FeedWriter } from "../../../track/mod.ts";
import { TransportError } from "../../../transport/errors.ts";
import type { ReceiveStream } from "../../../transport/types.ts";
import { rendererOf } from "../dialect/renderer.ts";
import { foundIn, isTransportEnd, violation } from "../../errors.ts";
import { readVarint } from "../../framing.ts";
import { Input } from "../../input.ts";
import { MARKED_STREAM_MS } from "../../limits.ts";
import type { FeedDrops } from "../../ingest/feed_drops.ts";
import { readObjects } from "../../ingest/read_objects.ts";
import { trackFailed } from "../../ingest/track_failed.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import { DatagramIngest } from "./datagram_ingest.ts";
import type { PeerFeed } from "./peer_feed.ts";
import { nameFields } from "../requests/refuse.ts";
import { kindOfStream } from "../connection/stream_kind.ts";
import { understandsCuts } from "../connection/relay_peer.ts";
import type { StreamCredit } from "../../ingest/stream_credit.ts";
import { Discards } from "../../ingest/discards.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";

/** The interfaces that {@linkcode Ingest} uses of its session. */
export type IngestContext = Reporting & Timing & Wire & Parties & Configured;

/** Handles the data streams of our FETCHes. */
export interface FetchStreams {
  fetchStream(input: Input): Promise<void>;
}

/** Reads the peer's streams and datagrams into the tracks. */
export class Ingest {
  readonly datagrams: DatagramIngest;
  readonly #context: IngestContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #credit: StreamCredit;
  readonly #discards: Discards;

  constructor(
    context: IngestContext,
    { incoming, credit }: { incoming: TrackAliases<PeerFeed>; credit: StreamCredit },
  ) {
    this.#context = context;
    this.#incoming = incoming;
    this.#credit = credit;
    const discards = this.#discards = new Discards(context);
    this.datagrams = new DatagramIngest(context, { incoming, discards });
  }

  /** Reads a stream of the peer to its end. */
  async stream(stream: ReceiveStream, fetches: FetchStreams): Promise<void> {
    const input = new Input(stream, MAX_OBJECT_HEADER_BYTES, this.#credit.take());
    try {
      await this.#read(input, fetches);
    } finally {
      this.#credit.leave();
    }
  }

  async #read(input: Input, fetches: FetchStreams): Promise<void> {
    const { draft } = this.#context;
    const type = await this.#inTime(input, () => readVarint(input, draft.varint));
    if (type === undefined) return;
    const kind = kindOfStream(type, draft);
    switch (kind) {
      case "setup":
        throw violation("A second control stream");
      case "padding":
        return await discard(input);
      case "fetch":
        return await within("fetch", fetches.fetchStream(input));
      case "subgroup":
        return await within("subgroup", this.#subgroup(input, type));
    }
  }

  async #subgroup(input: Input, type: bigint): Promise<void> {
    const header = await this.#inTime(input, () => readHeader(input, type, this.#context.draft));
    const feed = await this.#incoming.find(header.alias);
    if (feed === undefined || feed.isOver) return this.#refuse(input, header.alias);
    this.#context.metrics.received.subgroups++;
    let isMarked = false;
    try {
      if (!feed.attach(input, header.group)) return;
      if (feed.groupCount.begins(header.group)) this.#context.metrics.received.groups++;
      isMarked = await this.#objects(input, header, feed);
    } finally {
      feed.detach(input);
    }
    if (!isMarked) return;
    // The read is not pending during this time, so that the stream can be stopped.
    await sleep(this.#context.clock, MARKED_STREAM_MS, this.#context.tasks.signal);
    input.stop("cancelled");
  }

  /** Stops a stream whose alias belongs to no subscription, or to one that ended. */
  #refuse(input: Input, alias: bigint): void {
    const why = this.#incoming.isRetired(alias) ? "track_over" : "unknown_track";
    this.#discards.stream(input, why, { alias: String(alias) });
  }

  /**
   * Reads the objects of a stream. Returns whether the last object marked the end of its group or
   * track, so that nothing can follow.
   */
  async #objects(input: Input, header: SubgroupHeader, feed: PeerFeed): Promise<boolean> {
    const { metrics } = this.#context;
    const { clock, draft: { data } } = this.#context;
    const { properties: form } = data;
    const writer = new FeedWriter(feed, header, {
      clock,
      metrics,
      renderer: rendererOf(data),
      ...(data.hasObjectTimeouts && { timeoutsOf: (bytes) => deliveryTimeouts(bytes, form) }),
    });
    try {
      await this.#readObjects(input, header.hasProperties, { writer, drops: feed.drops });
      writer.finish();
      return writer.endsByMark;
    } catch (error) {
      writer.breakOff(feed.target.mayContinue === true && isTransportEnd(error));
      if (error instanceof DecodeError && error.fault === "object_id") {
        metrics.malformed.subgroup++;
        const track = nameFields(feed.target.track.name);
        this.#discards.stream(input, "malformed", { code: "internal_error", ...track });
        return false;
      }
      trackFailed(feed, error, this.#context);
      input.stop("cancelled");
      return false;
    }
  }

  async #readObjects(
    input: Input,
    hasProperties: boolean,
    { writer, drops }: { writer: FeedWriter; drops: FeedDrops },
  ): Promise<void> {
    const { metrics: { received }, settings: { limits }, draft } = this.#context;
    const decoder = new ObjectHeaderDecoder(hasProperties, draft.data);
    const isWhole = await readObjects(input, {
      decoder,
      writer,
      drops,
      received,
      maxObjectBytes: limits.maxObjectBytes,
      begin: () => {
        const { id, status, payloadLength, propertiesStart, propertiesEnd } = decoder;
        if (status === DOES_NOT_EXIST) return false;
        const properties = input.bytes.subarray(propertiesStart, propertiesEnd);
        writer.object(id, properties, payloadLength, status);
        return true;
      },
    });
    if (!isWhole) throw this.#endsWithin();
  }

  /**
   * The error for a stream that ended within an object: a violation, except by a relay of the mesh,
   * which cannot reset it.
   */
  #endsWithin(): Error {
    return understandsCuts(this.#context.peer)
      ? CUT
      : new DecodeError("malformed", "A stream ends within an object");
  }

  /** Whether a stream ended within its header, by which its peer means a reset. */
  #isCut(input: Input): boolean {
    const { peer } = this.#context;
    return input.isBrokenOff && understandsCuts(peer);
  }

  /** Stops a stream that does not send its header in time. */
  async #inTime<T>(input: Input, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#discards.inTime(input, work);
    } catch (error) {
      throw this.#isCut(input) ? CUT : error;
    }
  }
}

const CUT = new TransportError("reset", 0, "The stream was cut");

async function within(place: "fetch" | "subgroup", work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw foundIn(place, error);
  }
}

/** Reads the rest of a SUBGROUP_HEADER, whose type was read before. */
export async function readHeader(
  input: Input,
  type: bigint,
  draft: Pick<Draft, "varint" | "data">,
): Promise<SubgroupHeader> {
  for (;;) {
    const reader = new ByteReader(input.bytes, draft.varint, input.start, input.end);
    try {
      const header = decodeSubgroupHeader(reader, type, draft.data);
      input.start = reader.offset;
      return header;
    } catch (error) {
      if (!(error instanceof DecodeError) || error.fault !== "short") throw error;
    }
    if (!await input.fill()) {
      throw new DecodeError("malformed", "A stream ends within its header");
    }
  }
}

/** Reads a stream to its end, to release its stream credit. */
async function discard(input: Input): Promise<void> {
  do input.start = input.end; while (await input.fill());
}
