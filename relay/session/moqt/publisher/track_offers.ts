import {
  type ControlMessageOf,
  type FullTrackName,
  type Namespace,
  outOfScope,
} from "@qumo/shared/wire";
import type { Publisher, Refusal, Track, TrackEntry } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { STREAM_CREDIT_MS } from "../../limits.ts";
import type { RequestPermit } from "../connection/access.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import type { OfferPermit, PrefixOfferer, PrefixOffers } from "./prefix_server.ts";
import { INEXPRESSIBLE_ANSWER } from "../requests/answers.ts";
import { openInTime } from "../requests/open_in_time.ts";
import { outcomeOf } from "../requests/refusals.ts";
import { nameFields } from "../requests/refuse.ts";
import { isOtherRelay } from "../connection/relay_peer.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { sayProperties } from "./say_properties.ts";
import type { ServedSubscription } from "./served_subscription.ts";
import type { SubscriptionParameters } from "./subscription_parameters.ts";
import { fillRefusal, filterRefusal, isWanted } from "./subscription_filters.ts";
import { RangeFilters } from "../requests/range_filters.ts";
import type { SubscriptionTable } from "./subscription_table.ts";
import type {
  Configured,
  Lifetime,
  Parties,
  PeerNames,
  Reporting,
  Timing,
  Visibility,
  Wire,
} from "../connection/facets.ts";
import type { StopProbes } from "../requests/stop_probe.ts";

/** The interfaces that {@linkcode TrackOffers} uses of its session. */
export type TrackOffersContext =
  & Wire
  & Reporting
  & Timing
  & Parties
  & PeerNames
  & Visibility
  & Configured
  & Asking
  & Lifetime
  & { readonly stops: StopProbes };

/** What a peer wants of the tracks that it is offered. */
interface OfferTerms {
  readonly wanted: SubscriptionParameters & { readonly forward: boolean };
  /** The filters by ranges in it. */
  readonly filters: RangeFilters;
  readonly includeProperties: boolean | undefined;
  readonly permit: RequestPermit;
}

/** SUBSCRIBE_TRACKS: the peer is offered every track that others publish under a prefix. */
export class TrackOffers implements PrefixOfferer<ControlMessageOf<"subscribeTracks">> {
  readonly #context: TrackOffersContext;
  readonly #subscriptions: SubscriptionTable;
  readonly #own: Publisher;

  /** `own` is the peer as a publisher, whose own tracks are not offered. */
  constructor(context: TrackOffersContext, subscriptions: SubscriptionTable, own: Publisher) {
    this.#context = context;
    this.#subscriptions = subscriptions;
    this.#own = own;
  }

  offersOn(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribeTracks">,
    permit: OfferPermit,
  ): PrefixOffers {
    const { authorizationTokens: _, includeProperties, ...wanted } = message.parameters;
    const { varint } = this.#context.draft;
    let forward = wanted.forward ?? true;
    let filters = this.#filtersOf(message);
    // Tracks reported by PUBLISH_BLOCKED are not offered again.
    const blocked = new WeakSet<Track>();
    return {
      watch: (prefix) =>
        this.#context.scope.watchTracks(prefix, {
          offered: (entry, by) => {
            if (by === this.#own || !this.#shows(entry, by) || blocked.has(entry.track)) return;
            // Other tracks under the prefix may be allowed: this one does not exist for the peer.
            const own = permit.offers(entry.track.name);
            if (own === undefined) return;
            const terms = {
              wanted: { ...wanted, forward },
              filters,
              includeProperties,
              permit: own,
            };
            this.#offer(entry, terms, () => {
              blocked.add(entry.track);
              this.#sayBlocked(stream, entry.track.name, prefix);
            });
          },
        }),
      refusalOf: (update) => {
        const changed = filters.after(update, varint);
        return changed.ok ? undefined : changed.refusal;
      },
      updated: (update) => {
        forward = update.forward ?? forward;
        const changed = filters.after(update, varint);
        if (changed.ok) filters = changed.value;
      },
    };
  }

  refusalOf({ parameters }: ControlMessageOf<"subscribeTracks">): Refusal | undefined {
    const { varint } = this.#context.draft;
    const filters = RangeFilters.NONE.after(parameters, varint);
    return filters.ok ? fillRefusal(filters.value, parameters.fill, varint) : filters.refusal;
  }

  #filtersOf({ parameters }: ControlMessageOf<"subscribeTracks">): RangeFilters {
    const filters = RangeFilters.NONE.after(parameters, this.#context.draft.varint);
    return filters.ok ? filters.value : RangeFilters.NONE;
  }

  #sayBlocked(stream: RequestChannel, track: FullTrackName, prefix: Namespace): void {
    this.#context.events.say("track not offered", {
      ...nameFields(track),
      reason: "the peer takes no more subscriptions",
    });
    const { namespace, name } = track;
    const suffix = namespace.slice(prefix.length);
    stream.trySend({ kind: "publishBlocked", track: { namespace: suffix, name } });
  }

  /** Whether a track is offered to the peer; tracks of other relays are not offered to relays. */
  #shows({ feeds }: TrackEntry, by: Publisher): boolean {
    const { shows, peer } = this.#context;
    if (by.isOtherRelay && isOtherRelay(peer)) return false;
    return shows === "all" || shows === "local" && feeds.path.length === 0;
  }

  #offer(entry: TrackEntry, terms: OfferTerms, blocked: () => void): void {
    const { shutdown, settings, tasks } = this.#context;
    if (shutdown.isLeaving || this.#subscriptions.has(entry.track.name)) return;
    if (!isWanted(terms.filters, entry.track)) return;
    if (filterRefusal(terms.filters, entry.track) !== undefined) return blocked();
    if (this.#subscriptions.count >= settings.limits.maxSubscriptions) return blocked();
    tasks.spawn("publish", () => this.#publish(entry, terms, blocked));
  }

  #refused(track: Track, answer: ControlMessageOf<"requestError">): void {
    const { metrics, events } = this.#context;
    metrics.upstreamRequests.publish[outcomeOf(answer)]++;
    events.say("offered track refused", { ...nameFields(track.name), reason: answer.reason });
  }

  /** Logs that the peer's draft cannot express the track. */
  #cannotOffer(track: Track, { kind, reason }: Refusal): void {
    const { metrics, events } = this.#context;
    metrics.upstreamRequests.publish[kind]++;
    events.say("track cannot be offered", { ...nameFields(track.name), reason });
  }

  /** Sends PUBLISH and delivers the track unless the peer refuses. */
  async #publish(
    entry: TrackEntry,
    { wanted, filters, includeProperties = true, permit }: OfferTerms,
    blocked: () => void,
  ): Promise<void> {
    const { track, feeds } = entry;
    const block = includeProperties ? track.propertyBlock : undefined;
    const properties = sayProperties(this.#context, track.name, block);
    if (!properties.ok) return this.#cannotOffer(track, properties.refusal);
    const demand = feeds.hold(wanted.forward);
    try {
      const { requests, clock } = this.#context;
      const stream = await openInTime(requests, {
        kind: "publish",
        clock,
        limitMs: STREAM_CREDIT_MS,
      });
      if (stream === undefined) return blocked();
      const served = this.#subscriptions.newServed({
        entry,
        demand,
        stream,
        permit,
        requestId: stream.nextId(),
        // Until the peer says otherwise nothing is filtered but by its SUBSCRIBE_TRACKS.
        wanted,
        filters,
        largest: track.largest,
        join: wanted.fill === undefined ? "filter_start" : "live",
        pastSource: () => this.#context.scope.sourceOf(track.name),
      });
      if (this.#subscriptions.has(track.name)) return stream.cancel("cancelled");
      const release = this.#subscriptions.reserve(track.name, stream, served);
      const unwatch = this.#context.stops.watch(stream, track.name);
      try {
        await this.#offerOn(stream, served, { wanted, properties: properties.value, permit });
      } finally {
        unwatch();
        permit.release();
        served.cancel();
        release();
      }
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      demand.release();
    }
  }

  async #offerOn(
    stream: RequestChannel,
    served: ServedSubscription,
    { wanted, properties, permit }: {
      readonly wanted: SubscriptionParameters;
      readonly properties: Uint8Array;
      readonly permit: Pick<RequestPermit, "onLost">;
    },
  ): Promise<void> {
    const { track } = served.entry;
    const { joiningLocation } = served;
    const offer = {
      requestId: served.requestId,
      track: track.name,
      alias: served.alias,
      parameters: { ...wanted, ...largestForSubscriber(joiningLocation, this.#context.peer) },
      properties,
    };
    if (!stream.trySend({ kind: "publish", ...offer })) {
      return this.#cannotOffer(track, INEXPRESSIBLE_ANSWER);
    }
    this.#subscriptions.adopt(served);
    served.start();
    // Objects flow before the peer has answered, if it ever does.
    permit.onLost(() => served.cancel());
    const answer = await stream.next();
    if (answer?.kind === "requestOk") {
      const stray = outOfScope(answer.parameters, stream.rules.ok.publish);
      if (stray !== undefined || answer.properties.length > 0) {
        throw violation("PUBLISH_OK carries what it may not");
      }
      this.#context.metrics.upstreamRequests.publish.ok++;
      served.adjust(answer.parameters);
      served.listen();
      await served.ended;
      return;
    }
    if (answer !== undefined && answer.kind !== "requestError") {
      throw violation(`${answer.kind} does not answer PUBLISH`);
    }
    if (answer !== undefined) this.#refused(track, answer);
  }
}
