import { done, refused } from "@qumo/shared/runtime";
import type { FillParameters, Location, Parameters } from "@qumo/shared/wire";
import type { Demand, Refusal, TrackEnd, TrackEntry } from "../../../track/mod.ts";
import type { Subscription } from "../../delivery/subscription.ts";
import type { SubscriptionOwner } from "../../delivery/subscription_context.ts";
import { aliasOf, rendererOf } from "../dialect/renderer.ts";
import type { RequestPermit } from "../connection/access.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import { isRelay, leavesByFin } from "../connection/relay_peer.ts";
import { publishDone, type SubscriptionEnd } from "../requests/refusals.ts";
import type { IdleHolder } from "../../delivery/object_streams.ts";
import { Beginning } from "./beginning.ts";
import type { ServedContext, ServedInit } from "./served_init.ts";
import { SubscriptionFills } from "./subscription_fills.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import {
  applyParameters,
  defaultOptions,
  type SubscriptionParameters,
  unsatisfiable,
} from "./subscription_parameters.ts";
import { reportPath } from "./path_reports.ts";
import { SubscriptionFilters } from "./subscription_filters.ts";
import type { DatagramDrop, Skip } from "../../../vocabulary/mod.ts";
import {
  followUpdates,
  type Update,
  type UpdateAnswer,
  type UpdatesEnd,
} from "../requests/updates.ts";

/** A subscription of the peer: a track that is delivered, and the request's stream. */
export class ServedSubscription implements SubscriptionOwner, IdleHolder {
  readonly entry: TrackEntry;
  readonly requestId: bigint;
  readonly copy: number;
  /** Resolves with the reason for the end; undefined when the subscriber or the session ended it. */
  readonly ended: Promise<SubscriptionEnd | undefined>;
  readonly #demand: Demand;
  readonly #stream: RequestChannel;
  readonly #context: ServedContext;
  readonly #delivery: Subscription;
  readonly #fills: SubscriptionFills;
  readonly #firstFill: FillParameters | undefined;
  readonly #filters: SubscriptionFilters;
  readonly #beginning: Beginning;
  #subscriberFinished = false;
  #over = false;
  readonly #onEnd: () => void;
  readonly #permit: RequestPermit;
  // What began with it and ends with it.
  #releases: (() => void)[] = [];
  readonly #resolveEnded: (end: SubscriptionEnd | undefined) => void;

  constructor(init: ServedInit) {
    this.entry = init.entry;
    this.requestId = init.requestId;
    this.copy = init.copy;
    const { promise, resolve } = Promise.withResolvers<SubscriptionEnd | undefined>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#demand = init.demand;
    this.#stream = init.stream;
    this.#context = init.context;
    this.#onEnd = init.onEnd;
    this.#permit = init.permit;
    this.#beginning = new Beginning(init.wanted.filter, init.join, init.largest);
    const { entry, pastSource, openFills: open } = init;
    this.#fills = new SubscriptionFills(init.context, { entry, pastSource, open });
    this.#firstFill = init.wanted.fill;
    const { track } = entry;
    const { draft, settings, streams } = init.context;
    const asked = applyParameters(init.wanted, defaultOptions(track), init.largest);
    this.#filters = new SubscriptionFilters(track, init.context.draft.varint, init.filters);
    const options = {
      ...asked,
      window: this.#beginning.extended(asked.window),
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
    return this.#beginning.largest;
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
    this.#releases = [this.#context.streams.usedBy(this)];
    this.#delivery.start(this.#beginning.join);
    this.#beginFill(this.requestId, this.#firstFill, this.joiningLocation);
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
    const inherited = { filter: this.#beginning.filter, priority, order };
    const only = this.#filters.ofFill(fill);
    if (only !== "nothing") this.#fills.begin({ requestId, fill, inherited, largest, only });
  }

  /** The source that reported the largest location may differ from the one that delivers. */
  began(source: string | undefined): void {
    const largest = this.entry.track.reports.largestOf(source);
    const window = this.#beginning.windowFrom(largest);
    if (window === undefined) return;
    this.#delivery.update({ ...this.#delivery.options, window });
    this.#notify(largest);
  }

  /** Says that the largest location is another than the one that the subscriber was told of. */
  #notify(largest: Location | undefined): void {
    const { draft, peer } = this.#context;
    const parameters = largestForSubscriber(largest, peer);
    const isNews = this.#beginning.isNews(largest) && parameters.largestObject !== undefined;
    if (draft.allows?.stateNotify && isNews) {
      this.#stream.send({ kind: "publishStateNotify", parameters });
    }
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

  /** Reads the request's stream, until the subscriber leaves or everything was sent. */
  listen(): void {
    this.#stream.onStopped(() => this.cancel());
    this.#permit.onLost((refusal) => this.#lostRight(refusal));
    this.#context.tasks.spawn(
      "subscription updates",
      () =>
        followUpdates(this.#context, this.#stream, {
          of: "subscription",
          permit: this.#permit,
          update: (update) => this.#update(update),
          updated: ({ fill }, id) => this.#beginFill(id, fill, this.entry.track.largest),
          isOver: () => this.#over,
        }).then((end) => this.#hasSaidLast(end)),
    );
  }

  /** The subscriber's last message was read, which may be long after the end of the subscription. */
  async #hasSaidLast(end: UpdatesEnd): Promise<void> {
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
    if (update.filter !== undefined) this.#beginning.change(update.filter);
    const before = this.#delivery.options;
    const filtered = { ...before, filter: this.#filters.objects };
    const options = applyParameters(update, filtered, largest);
    if (options.forward && !before.forward) this.#beginning.tell(largest);
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
    this.#resolveEnded(end);
  }
}
