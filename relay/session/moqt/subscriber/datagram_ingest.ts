import { decodeDatagram, type ObjectDatagram } from "@qumo/shared/wire";
import {
  type DatagramFields,
  type DatagramOptions,
  type DatagramOutcome,
  FeedLost,
  MalformedTrack,
  writeDatagram,
} from "../../../track/mod.ts";
import { foundIn } from "../../errors.ts";
import type { Discards } from "../../ingest/discards.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import { trackFailed } from "../../ingest/track_failed.ts";
import { MAX_WAITING_DATAGRAMS, UNKNOWN_ALIAS_MS } from "../../limits.ts";
import type { Reporting, Timing, Wire } from "../connection/facets.ts";
import { rendererOf } from "../dialect/renderer.ts";
import type { PeerFeed } from "./peer_feed.ts";

/** The interfaces that {@linkcode DatagramIngest} uses of its session. */
export type DatagramIngestContext = Reporting & Timing & Wire;

/** A datagram that waits for the message that establishes its track alias. */
interface WaitingDatagram {
  readonly datagram: ObjectDatagram;
  readonly since: number;
}

/** Stores the peer's datagrams in the tracks, those too that overtake the answer to our SUBSCRIBE. */
export class DatagramIngest {
  readonly #context: DatagramIngestContext;
  readonly #incoming: TrackAliases<PeerFeed>;
  readonly #discards: Discards;
  readonly #waiting: WaitingDatagram[] = [];

  constructor(
    context: DatagramIngestContext,
    { incoming, discards }: { incoming: TrackAliases<PeerFeed>; discards: Discards },
  ) {
    this.#context = context;
    this.#incoming = incoming;
    this.#discards = discards;
  }

  /** Stores a datagram. False when it is useless: padding, or of a track without a subscription. */
  receive(bytes: Uint8Array): boolean {
    const { metrics } = this.#context;
    const datagram = this.#decode(bytes);
    if (datagram === undefined) return false;
    metrics.received.bytes += bytes.length;
    const feed = this.#incoming.get(datagram.alias);
    const since = this.#context.clock.now();
    if (feed !== undefined) {
      this.#store(feed, datagram, since);
      return true;
    }
    if (this.#incoming.isRetired(datagram.alias)) {
      this.#drop("track_over", datagram);
      return false;
    }
    if (this.#waiting.length === MAX_WAITING_DATAGRAMS) {
      this.#drop("unknown_track", this.#waiting.shift()!.datagram);
    }
    this.#waiting.push({ datagram, since });
    return false;
  }

  #drop(why: "track_over" | "unknown_track", { alias }: ObjectDatagram): void {
    this.#discards.datagram(why, { alias: String(alias) });
  }

  /** A track alias was established: stores the datagrams that arrived before. */
  aliasKnown(alias: bigint, feed: PeerFeed): void {
    const oldest = this.#context.clock.now() - UNKNOWN_ALIAS_MS;
    for (const { datagram, since } of this.#waiting.splice(0)) {
      if (since < oldest) this.#drop("unknown_track", datagram);
      else if (datagram.alias === alias) this.#store(feed, datagram, since);
      else this.#waiting.push({ datagram, since });
    }
  }

  #store(feed: PeerFeed, datagram: ObjectDatagram, since: number): void {
    const { received } = this.#context.metrics;
    received.datagrams++;
    received.objects++;
    if (feed.groupCount.begins(datagram.group)) received.groups++;
    feed.datagram();
    try {
      const outcome = storeDatagram(feed, this.#neutral(datagram), {
        now: since,
        renderer: rendererOf(this.#context.draft.data),
        source: feed.source,
      });
      if (outcome === "new" || outcome === "duplicate") feed.drops.kept();
      else feed.drops.note(outcome);
    } catch (error) {
      trackFailed(feed, error, this.#context);
    }
  }

  /** Converts a datagram to the model's types. */
  #neutral({ properties: bytes, ...datagram }: ObjectDatagram): DatagramFields {
    return { ...datagram, properties: { bytes, form: this.#context.draft.data.properties } };
  }

  #decode(bytes: Uint8Array): ObjectDatagram | undefined {
    try {
      return decodeDatagram(bytes, this.#context.draft.data);
    } catch (error) {
      throw foundIn("datagram", error);
    }
  }
}

/** Stores a datagram in the track that its feed delivers to, or in the new one after a takeover. */
function storeDatagram(
  feed: PeerFeed,
  datagram: DatagramFields,
  options: DatagramOptions,
): DatagramOutcome {
  const { track } = feed.target;
  try {
    return writeDatagram(track, datagram, options);
  } catch (error) {
    if (!(error instanceof MalformedTrack) || feed.contradicted(error.message) === "malformed") {
      throw error;
    }
    if (feed.isOver || feed.target.track === track) throw new FeedLost(error.message);
    return writeDatagram(feed.target.track, datagram, { ...options, source: feed.source });
  }
}
