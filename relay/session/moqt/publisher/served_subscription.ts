import {
  type ControlMessage,
  type ControlMessageOf,
  type Filter,
  type Location,
  outOfScope,
  type Parameters,
} from "@qumo/shared/wire";
import {
  type Demand,
  type Refusal,
  type TrackEnd,
  type TrackEntry,
  type Window,
  windowOf,
} from "../../../track/mod.ts";
import type { JoinPoint, Subscription, SubscriptionOwner } from "../../delivery/subscription.ts";
import { aliasOf, rendererOf } from "../dialect/renderer.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import { isRelay, leavesByFin } from "../connection/relay_peer.ts";
import { publishDone, requestError, type SubscriptionEnd } from "../requests/refusals.ts";
import type { IdleHolder, ObjectStreams } from "./object_streams.ts";
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
import type { DatagramDrop, Skip } from "../../../vocabulary.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { RequestIds } from "../requests/request_ids.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import { INEXPRESSIBLE_ANSWER, requestOk } from "../requests/answers.ts";

/** The interfaces that {@linkcode ServedSubscription} uses of its session. */
export type ServedContext = Reporting & Timing & Wire & Parties & Configured & {
  readonly ids: RequestIds;
  readonly stops: StopProbes;
  readonly streams: ObjectStreams;
};

/** The parameters of a {@linkcode ServedSubscription}. */
export interface ServedInit {
  readonly entry: TrackEntry;
  readonly demand: Demand;
  readonly stream: RequestChannel;
  readonly context: ServedContext;
  /** The request id, which a joining fetch refers to. */
  readonly requestId: bigint;
  /** The position among the session's subscriptions to the track; 0 for the first. */
  readonly copy: number;
  /** Called once when the subscription has ended. */
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
  #delivery: Subscription | undefined;
  #joiningLocation: Location | undefined;
  #begunBy: { filter: Filter | undefined; join: JoinPoint } | undefined;
  #subscriberFinished = false;
  #over = false;
  readonly #onEnd: () => void;
  #releaseStreams: () => void = () => {};
  #unwatch: () => void = () => {};
  readonly #ended: Promise<SubscriptionEnd | undefined>;
  #settle: (end: SubscriptionEnd | undefined) => void = () => {};

  constructor(init: ServedInit) {
    this.entry = init.entry;
    this.requestId = init.requestId;
    this.copy = init.copy;
    this.#demand = init.demand;
    this.#stream = init.stream;
    this.#context = init.context;
    this.#onEnd = init.onEnd;
    this.#ended = new Promise((resolve) => this.#settle = resolve);
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
    return this.#delivery?.options.forward ?? false;
  }

  /** Whether the subscription has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /**
   * Starts delivery with these parameters, relative to `largest`, which is reported to the
   * subscriber at the same time.
   */
  start(parameters: SubscriptionParameters, largest: Location | undefined, join: JoinPoint): void {
    const { settings, draft } = this.#context;
    this.#joiningLocation = largest;
    const { track } = this.entry;
    this.#begunBy = { filter: parameters.filter, join };
    const asked = applyParameters(parameters, defaultOptions(track), largest);
    const options = { ...asked, window: this.#windowFrom(asked.window, largest) };
    const how = { renderer: rendererOf(draft.data, this.copy), limits: settings.delivery };
    this.#delivery = this.#context.streams.deliver({ track, options, owner: this }, how);
    this.#demand.setForward(options.forward);
    this.#releaseStreams = this.#context.streams.usedBy(this);
    this.#delivery.start(join);
    const { peer, relayName } = this.#context;
    if (!isRelay(peer) || relayName === undefined) return;
    this.#unwatch = reportPath(this.#stream, this.entry.feeds, {
      relayName,
      broken: (reason) => this.#endAtOnce({ kind: "going_away", reason }),
    });
  }

  /** Extends the window to the start of the largest object's group. */
  #windowFrom(window: Window, largest: Location | undefined): Window {
    if (this.#begunBy?.join !== "group_start" || largest === undefined) return window;
    return { ...window, start: { group: largest.group, object: 0n } };
  }

  /** The source that reported the largest location may differ from the one that delivers. */
  began(source: string | undefined): void {
    const filter = this.#begunBy?.filter;
    const delivery = this.#delivery;
    if (delivery === undefined || !isFromLargest(filter)) return;
    const largest = this.entry.track.reports.largestOf(source);
    const window = this.#windowFrom(windowOf(filter, largest), largest);
    delivery.update({ ...delivery.options, window });
  }

  /** Applies the parameters of the subscriber's answer to our PUBLISH. */
  adjust(parameters: SubscriptionParameters & Parameters<"newGroupRequest">): void {
    const delivery = this.#delivery;
    if (delivery === undefined || this.#over) return;
    const options = applyParameters(parameters, delivery.options, this.entry.track.largest);
    this.#demand.setForward(options.forward);
    delivery.update(options);
    const { newGroupRequest } = parameters;
    if (newGroupRequest !== undefined) this.entry.feeds.requestNewGroup(newGroupRequest);
  }

  /**
   * Reads the request's stream until the subscriber leaves or everything was sent. Resolves with
   * the reason for the end; undefined when the subscriber or the session ended it.
   */
  async listen(): Promise<SubscriptionEnd | undefined> {
    this.#stream.onStopped(() => this.cancel());
    this.#context.tasks.spawn("subscription updates", () => this.#follow());
    return await this.#ended;
  }

  /**
   * Reads the subscriber's messages to the end, which may be long after the end of the
   * subscription.
   */
  async #follow(): Promise<void> {
    try {
      for (;;) {
        const message = await this.#stream.next();
        if (message === undefined) break;
        if (!this.#over) this.#receive(message);
      }
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      this.cancel();
    }
    this.#subscriberFinished = true;
    if (leavesByFin(this.#context.peer)) this.cancel();
  }

  /** Stops the subscription: the subscriber left, or the session ended. */
  cancel(): void {
    if (this.#over) return;
    this.#leave();
    this.#delivery?.cancel();
    this.#stream.cancel("cancelled");
  }

  finished(end: TrackEnd, streams: number): void {
    this.#end(end, streams);
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
    return this.#delivery?.giveUpIdle() ?? false;
  }

  /**
   * A subscriber that ended its half and then stops a stream has left; another one may have, so it
   * is probed.
   */
  streamRefused(): void {
    if (this.#subscriberFinished) this.cancel();
    else if (!this.#over) this.#context.stops.suspect(this.#stream);
  }

  #receive(message: ControlMessage): void {
    if (message.kind === "requestUpdate") return this.#update(message);
    throw violation(`${message.kind} does not belong on a subscription's stream`);
  }

  #update(message: ControlMessageOf<"requestUpdate">): void {
    const { parameters } = message;
    const stray = outOfScope(parameters, this.#stream.rules.update.subscription);
    if (stray !== undefined) {
      throw violation(`${stray} does not belong into a subscription's update`);
    }
    this.#context.ids.accept(message.requestId);
    const { metrics } = this.#context;
    const refusal = this.#apply(parameters);
    if (refusal === undefined) {
      metrics.requests.request_update.ok++;
      return;
    }
    metrics.requests.request_update[refusal.kind]++;
    this.#stream.send(requestError(refusal));
    this.#endAtOnce({ kind: "update_failed", reason: refusal.reason });
  }

  /** Applies and answers an update; returns the refusal for the caller to send. */
  #apply(parameters: ControlMessageOf<"requestUpdate">["parameters"]): Refusal | undefined {
    const delivery = this.#delivery;
    if (delivery === undefined) return undefined;
    const { track, feeds } = this.entry;
    const { largest } = track;
    const options = applyParameters(parameters, delivery.options, largest);
    const refusal = unsatisfiable(parameters.filter, largest);
    if (refusal !== undefined) return refusal;
    const answer = requestOk(largestForSubscriber(largest, this.#context.peer));
    if (!this.#stream.trySend(answer)) return INEXPRESSIBLE_ANSWER;
    if (parameters.filter !== undefined) {
      this.#begunBy = { filter: parameters.filter, join: "live" };
    }
    const resumes = options.forward && !delivery.options.forward;
    if (resumes) this.#joiningLocation = largest;
    this.#demand.setForward(options.forward);
    if (parameters.newGroupRequest !== undefined) feeds.requestNewGroup(parameters.newGroupRequest);
    delivery.update(options);
    return undefined;
  }

  #endAtOnce(end: SubscriptionEnd): void {
    this.#delivery?.end();
    this.#end(end, this.#delivery?.streams ?? 0);
  }

  #end(end: SubscriptionEnd, streams: number): void {
    if (this.#over) return;
    this.#leave(end);
    this.#stream.send(publishDone(end, streams, this.#context.peer));
    this.#stream.finish();
  }

  #leave(end?: SubscriptionEnd): void {
    this.#over = true;
    this.#releaseStreams();
    this.#unwatch();
    this.#demand.release();
    this.#onEnd();
    this.#settle(end);
  }
}
