import { done, refused } from "@qumo/shared/runtime";
import {
  compareLocations,
  type FillParameters,
  type Filter,
  type Location,
  type Parameters,
} from "@qumo/shared/wire";
import {
  type Demand,
  type PastSource,
  type Refusal,
  type TrackEnd,
  type TrackEntry,
  type Window,
  windowOf,
} from "../../../track/mod.ts";
import type { Subscription } from "../../delivery/subscription.ts";
import type { SubscriptionOwner } from "../../delivery/subscription_context.ts";
import type { JoinPoint } from "../../delivery/subscription_options.ts";
import { aliasOf, rendererOf } from "../dialect/renderer.ts";
import type { RequestPermit } from "../connection/access.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import { isRelay, leavesByFin } from "../connection/relay_peer.ts";
import { publishDone, type SubscriptionEnd } from "../requests/refusals.ts";
import type { IdleHolder, ObjectStreams } from "../../delivery/object_streams.ts";
import type { FetchDelivery } from "./fetch_delivery.ts";
import { SubscriptionFills } from "./subscription_fills.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import {
  applyParameters,
  defaultOptions,
  isFromLargest,
  type SubscriptionParameters,
  unsatisfiable,
} from "./subscription_parameters.ts";
import { reportPath } from "./path_reports.ts";
import type { RangeFilters } from "../requests/range_filters.ts";
import { SubscriptionFilters } from "./subscription_filters.ts";
import type { DatagramDrop, Skip } from "../../../vocabulary/mod.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { PeerIds } from "../requests/request_ids.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import { followUpdates, type Update, type UpdateAnswer } from "../requests/updates.ts";

/** The interfaces that {@linkcode ServedSubscription} uses of its session. */
export type ServedContext = Reporting & Timing & Wire & Parties & Configured & {
  readonly ids: PeerIds;
  readonly stops: StopProbes;
  readonly streams: ObjectStreams;
};

/** The parameters of a {@linkcode ServedSubscription}. */
export interface ServedInit {
  readonly entry: TrackEntry;
  readonly demand: Demand;
  readonly stream: RequestChannel;
  readonly context: ServedContext;
  /** What allows the subscriber to have the track. */
  readonly permit: RequestPermit;
  /** The request id, which a joining fetch refers to. */
  readonly requestId: bigint;
  /** The position among the session's subscriptions to the track; 0 for the first. */
  readonly copy: number;
  /** What the subscriber wants of it to begin with. */
  readonly wanted: SubscriptionParameters;
  /** The filters by ranges in it. */
  readonly filters: RangeFilters;
  /** The largest location that the subscriber was told of. */
  readonly largest: Location | undefined;
  readonly join: JoinPoint;
  /** Who has past objects that are not cached. */
  readonly pastSource: () => PastSource | undefined;
  /** The fills of all subscriptions of the session that are being sent. */
  readonly openFills: Set<FetchDelivery>;
  /** Called once when the subscription is over. */
  readonly onEnd: () => void;
}

/** A subscription of the peer: a track that is delivered, and the request's stream. */
export class ServedSubscription implements SubscriptionOwner, IdleHolder {
  readonly entry: TrackEntry;
  readonly requestId: bigint;
  readonly copy: number;
  readonly #demand: Demand;
  readonly #stream: RequestChannel;
  readonly #context: ServedContext;
  readonly #delivery: Subscription;
  readonly #fills: SubscriptionFills;
  readonly #firstFill: FillParameters | undefined;
  readonly #filters: SubscriptionFilters;
  #joiningLocation: Location | undefined;
  #begunBy: { readonly filter: Filter | undefined; readonly join: JoinPoint };
  #subscriberFinished = false;
  #over = false;
  readonly #onEnd: () => void;
  readonly #permit: RequestPermit;
  // What began with it and ends with it.
  readonly #releases: (() => void)[] = [];
  readonly #ended = Promise.withResolvers<SubscriptionEnd | undefined>();

  constructor(init: ServedInit) {
    this.entry = init.entry;
    this.requestId = init.requestId;
    this.copy = init.copy;
    this.#demand = init.demand;
    this.#stream = init.stream;
    this.#context = init.context;
    this.#onEnd = init.onEnd;
    this.#permit = init.permit;
    this.#joiningLocation = init.largest;
    this.#begunBy = { filter: init.wanted.filter, join: init.join };
    const { entry, pastSource, openFills: open } = init;
    this.#fills = new SubscriptionFills(init.context, { entry, pastSource, open });
    this.#firstFill = init.wanted.fill;
    const { track } = entry;
    const { draft, settings, streams } = init.context;
    const asked = applyParameters(init.wanted, defaultOptions(track), init.largest);
    this.#filters = new SubscriptionFilters(track, init.context.draft.varint, init.filters);
    const options = {
      ...asked,
      window: this.#windowFrom(asked.window, init.largest),
      filter: this.#filters.objects,
    };
    const how = { renderer: rendererOf(draft.data, init.copy), limits: settings.delivery };
    this.#delivery = streams.deliver({ track, options, owner: this }, how);
  }

  /** The track alias of this subscription. */
  get alias(): bigint {
    return aliasOf(this.entry.track.number, this.copy);
  }

  /**
   * Whether the subscriber ended its half of the request. That alone is no unsubscribe, but some
   * transports report an unsubscribe only in this way.
   */
  get hasSubscriberFinished(): boolean {
    return this.#subscriberFinished;
  }

  /** The largest location when delivery started, as reported to the subscriber (#subscriptions). */
  get joiningLocation(): Location | undefined {
    return this.#joiningLocation;
  }

  /** Whether objects are forwarded. */
  get forward(): boolean {
    return this.#delivery.options.forward;
  }

  /** Whether the subscription has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Begins to send what is wanted, at the moment at which the subscriber is told of the largest location. */
  start(): void {
    this.#demand.setForward(this.#delivery.options.forward);
    this.#filters.begin();
    this.#releases.push(this.#context.streams.usedBy(this));
    this.#delivery.start(this.#begunBy.join);
    this.#beginFill(this.requestId, this.#firstFill, this.#joiningLocation);
    const { peer, relayName } = this.#context;
    if (this.#over || !isRelay(peer) || relayName === undefined) return;
    this.#releases.push(reportPath(this.#stream, this.entry.feeds, {
      relayName,
      broken: (reason) => this.#endAtOnce({ kind: "going_away", reason }),
    }));
  }

  /** Sends past objects that a message asks for, unless nothing is forwarded. */
  #beginFill(
    requestId: bigint,
    fill: FillParameters | undefined,
    largest: Location | undefined,
  ): void {
    const { forward, priority, order } = this.#delivery.options;
    if (fill === undefined || this.#over || !forward) return;
    const inherited = { filter: this.#begunBy.filter, priority, order };
    const only = this.#filters.ofFill(fill);
    if (only !== "nothing") this.#fills.begin({ requestId, fill, inherited, largest, only });
  }

  /** Extends the window to the start of the largest object's group. */
  #windowFrom(window: Window, largest: Location | undefined): Window {
    if (this.#begunBy.join !== "group_start" || largest === undefined) return window;
    return { ...window, start: { group: largest.group, object: 0n } };
  }

  /** The source that reported the largest location may differ from the one that delivers. */
  began(source: string | undefined): void {
    const { filter } = this.#begunBy;
    if (!isFromLargest(filter)) return;
    const largest = this.entry.track.reports.largestOf(source);
    const window = this.#windowFrom(windowOf(filter, largest), largest);
    this.#delivery.update({ ...this.#delivery.options, window });
    this.#notify(largest);
  }

  /** Says that the largest location is another than the one that the subscriber was told of. */
  #notify(largest: Location | undefined): void {
    const { draft, peer } = this.#context;
    const before = this.#joiningLocation;
    const isNews = largest !== undefined &&
      (before === undefined || compareLocations(before, largest) !== 0);
    const parameters = largestForSubscriber(largest, peer);
    if (!draft.allows?.stateNotify || !isNews || parameters.largestObject === undefined) return;
    this.#stream.send({ kind: "publishStateNotify", parameters });
  }

  /** The subscriber accepted a PUBLISH, with parameters of its own. */
  adjust(parameters: SubscriptionParameters & Parameters<"newGroupRequest">): void {
    if (this.#over) return;
    const refusal = this.#filters.update(parameters);
    if (refusal !== undefined) {
      return this.#endAtOnce({ kind: "update_failed", reason: refusal.reason });
    }
    const before = { ...this.#delivery.options, filter: this.#filters.objects };
    const options = applyParameters(parameters, before, this.entry.track.largest);
    this.#demand.setForward(options.forward);
    this.#delivery.update(options);
    const { newGroupRequest } = parameters;
    if (newGroupRequest !== undefined) this.entry.feeds.requestNewGroup(newGroupRequest);
  }

  /**
   * Reads the request's stream until the subscriber leaves or everything was sent. Resolves with
   * the reason for the end; undefined when the subscriber or the session ended it.
   */
  async listen(): Promise<SubscriptionEnd | undefined> {
    this.#stream.onStopped(() => this.cancel());
    this.#permit.onLost((refusal) => this.#lostRight(refusal));
    this.#context.tasks.spawn("subscription updates", () => this.#follow());
    return await this.#ended.promise;
  }

  /**
   * Reads the subscriber's messages to the end, which may be long after the end of the
   * subscription.
   */
  async #follow(): Promise<void> {
    const end = await followUpdates(this.#context, this.#stream, {
      of: "subscription",
      permit: this.#permit,
      update: (update) => this.#update(update),
      updated: ({ fill }, id) => this.#beginFill(id, fill, this.entry.track.largest),
      isOver: () => this.#over,
    });
    if (typeof end === "object") {
      this.#endAtOnce({ kind: "update_failed", reason: end.reason });
      return await this.#stream.drain();
    }
    if (end === "broken_off") this.cancel();
    this.#subscriberFinished = true;
    if (leavesByFin(this.#context.peer)) this.cancel();
  }

  #lostRight({ reason }: Refusal): void {
    if (this.#over) return;
    const track = nameFields(this.entry.track.name);
    this.#context.events.say("subscription cut", { ...track, reason });
    this.#endAtOnce({ kind: "unauthorized", reason });
  }

  /** Stops the subscription: the subscriber left, or the session ended. */
  cancel(): void {
    if (this.#over) return;
    this.#leave();
    this.#delivery.cancel();
    this.#stream.cancel("cancelled");
  }

  finished(end: TrackEnd, streams: number): void {
    if (!this.#fills.isSending) return this.#end(end, streams);
    this.#context.tasks.spawn("last fills", async () => {
      await this.#fills.settled();
      this.#end(end, streams);
    });
  }

  tooFarBehind(streams: number): void {
    const reason = "the subscriber takes too little";
    this.#context.events.say("subscription ended", {
      ...nameFields(this.entry.track.name),
      reason,
    });
    this.#end({ kind: "too_far_behind", reason }, streams);
  }

  tooManyUnfinished(streams: number): void {
    const reason = "too many groups of the track were aborted";
    this.#context.log.warn("subscription ended", { ...nameFields(this.entry.track.name), reason });
    this.#end({ kind: "excessive_load", reason }, streams);
  }

  leftOut(reason: Skip | DatagramDrop): void {
    const track = nameFields(this.entry.track.name);
    this.#context.events.say("objects left out for a subscriber", { ...track, reason });
  }

  /** Gives up an idle stream; false when there is none. */
  giveUpIdle(): boolean {
    return this.#delivery.giveUpIdle();
  }

  /**
   * A subscriber that ended its half and then stops a stream has left; another one may have, so it
   * is probed.
   */
  streamRefused(): void {
    if (this.#subscriberFinished) this.cancel();
    else if (!this.#over) this.#context.stops.suspect(this.#stream);
  }

  #update(update: Update): UpdateAnswer {
    const { track, feeds } = this.entry;
    const { largest } = track;
    const refusal = unsatisfiable(this.#context.draft, update.filter, largest) ??
      this.#filters.update(update);
    if (refusal !== undefined) return refused(refusal);
    if (update.filter !== undefined) this.#begunBy = { filter: update.filter, join: "live" };
    const before = this.#delivery.options;
    const filtered = { ...before, filter: this.#filters.objects };
    const options = applyParameters(update, filtered, largest);
    if (options.forward && !before.forward) this.#joiningLocation = largest;
    this.#demand.setForward(options.forward);
    if (update.newGroupRequest !== undefined) feeds.requestNewGroup(update.newGroupRequest);
    this.#delivery.update(options);
    return done(largestForSubscriber(largest, this.#context.peer, update));
  }

  #endAtOnce(end: SubscriptionEnd): void {
    this.#delivery.end();
    this.#end(end, this.#delivery.streams);
  }

  #end(end: SubscriptionEnd, streams: number): void {
    if (this.#over) return;
    this.#leave(end);
    this.#stream.send(publishDone(end, streams + this.#fills.streams, this.#context.peer));
    this.#stream.finish();
  }

  #leave(end?: SubscriptionEnd): void {
    this.#over = true;
    this.#filters.release();
    for (const release of this.#releases.splice(0)) release();
    this.#fills.cancel();
    this.#demand.release();
    this.#onEnd();
    this.#ended.resolve(end);
  }
}
