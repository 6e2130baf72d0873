import {
  type ControlMessage,
  type ControlMessageOf,
  type Filter,
  type Location,
  outOfScope,
  type Parameters,
  StreamCode,
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
  initialWishes,
  isFromLargest,
  unsatisfiable,
  wishesOf,
  type WishParameters,
} from "./subscription_parameters.ts";
import { tellWay } from "./way_told.ts";
import type { DatagramDrop, Skip } from "../../../vocabulary.ts";
import type { Configured, Parties, Reporting, Timing, Wire } from "../connection/facets.ts";
import type { RequestIds } from "../requests/request_ids.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import { requestOk } from "../requests/answers.ts";

/** What {@linkcode ServedSubscription} uses of its session. */
export type ServedContext = Reporting & Timing & Wire & Parties & Configured & {
  readonly ids: RequestIds;
  readonly stops: StopProbes;
  readonly streams: ObjectStreams;
};

/** How a subscription that we serve came about. */
export interface ServedInit {
  readonly entry: TrackEntry;
  readonly demand: Demand;
  readonly stream: RequestChannel;
  readonly context: ServedContext;
  /** The request's id, by which a joining fetch refers to it. */
  readonly requestId: bigint;
  /** Which of the session's subscriptions to the track it is: 0 where there is no other. */
  readonly copy: number;
  /** Called once when the subscription is over. */
  readonly onEnd: () => void;
}

/** A track that we send to a peer, and the stream of the request that it rests on. */
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

  /** What the track is called in what is sent for it. */
  get alias(): bigint {
    return aliasOf(this.entry.track.number, this.copy);
  }

  /**
   * Whether the subscriber ended its half of the request. That alone is no goodbye, but some
   * transports can say goodbye in no other way that we would notice at once.
   */
  get hasSubscriberFinished(): boolean {
    return this.#subscriberFinished;
  }

  /** The largest location that the subscriber was told of when objects began to flow (#subscriptions). */
  get joiningLocation(): Location | undefined {
    return this.#joiningLocation;
  }

  /** Whether objects flow. */
  get forward(): boolean {
    return this.#delivery?.wishes.forward ?? false;
  }

  /** Whether it is over, whoever ended it. */
  get isOver(): boolean {
    return this.#over;
  }

  /**
   * Begins to send what `parameters` ask for, counted from `largest`, which the subscriber is told of
   * at the same time.
   */
  start(parameters: WishParameters, largest: Location | undefined, join: JoinPoint): void {
    const { settings, draft } = this.#context;
    this.#joiningLocation = largest;
    const { track } = this.entry;
    this.#begunBy = { filter: parameters.filter, join };
    const asked = wishesOf(parameters, initialWishes(track), largest);
    const wishes = { ...asked, window: this.#windowFrom(asked.window, largest) };
    const how = { renderer: rendererOf(draft.data, this.copy), limits: settings.delivery };
    this.#delivery = this.#context.streams.deliver({ track, wishes, owner: this }, how);
    this.#demand.setForward(wishes.forward);
    this.#releaseStreams = this.#context.streams.usedBy(this);
    this.#delivery.start(join);
    const { peer, relayName } = this.#context;
    if (!isRelay(peer) || relayName === undefined) return;
    this.#unwatch = tellWay(this.#stream, this.entry.feeds, {
      relayName,
      broken: (reason) => this.#endAtOnce({ kind: "going_away", reason }),
    });
  }

  /** Where it starts that begins with the group which the largest object is in. */
  #windowFrom(window: Window, largest: Location | undefined): Window {
    if (this.#begunBy?.join !== "group_start" || largest === undefined) return window;
    return { ...window, start: { group: largest.group, object: 0n } };
  }

  /** Whoever said before how far the track is may be another one than who brings it. */
  began(source: string | undefined): void {
    const filter = this.#begunBy?.filter;
    const delivery = this.#delivery;
    if (delivery === undefined || !isFromLargest(filter)) return;
    const largest = this.entry.track.words.largestOf(source);
    const window = this.#windowFrom(windowOf(filter, largest), largest);
    delivery.update({ ...delivery.wishes, window });
  }

  /** The subscriber agreed to a PUBLISH, with wishes of its own. */
  adjust(parameters: WishParameters & Parameters<"newGroupRequest">): void {
    const delivery = this.#delivery;
    if (delivery === undefined || this.#over) return;
    const wishes = wishesOf(parameters, delivery.wishes, this.entry.track.largest);
    this.#demand.setForward(wishes.forward);
    delivery.update(wishes);
    const { newGroupRequest } = parameters;
    if (newGroupRequest !== undefined) this.entry.feeds.requestNewGroup(newGroupRequest);
  }

  /**
   * Follows the request's stream until the subscriber leaves or everything was sent. Resolves with why
   * the subscription ended, or to undefined when the subscriber or the session did.
   */
  async listen(): Promise<SubscriptionEnd | undefined> {
    this.#stream.onStopped(() => this.cancel());
    this.#context.tasks.spawn("subscription updates", () => this.#follow());
    return await this.#ended;
  }

  /** Reads to the subscriber's last word, which may come long after the end of the subscription. */
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

  /** The subscriber left, or the session ended. */
  cancel(): void {
    if (this.#over) return;
    this.#leave();
    this.#delivery?.cancel();
    this.#stream.cancel(StreamCode.CANCELLED);
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

  /** Gives up a stream that has nothing to send; false when there is none. */
  giveUpIdle(): boolean {
    return this.#delivery?.giveUpIdle() ?? false;
  }

  /** A subscriber that ended its half and then wants a stream no longer has left; another one may have. */
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
    metrics.requests.request_update.invalid_range++;
    this.#stream.send(requestError(refusal));
    this.#endAtOnce({ kind: "update_failed", reason: refusal.reason });
  }

  /** Applies an update and answers it; a refusal is left to the caller. */
  #apply(parameters: ControlMessageOf<"requestUpdate">["parameters"]): Refusal | undefined {
    const delivery = this.#delivery;
    if (delivery === undefined) return undefined;
    const { track, feeds } = this.entry;
    const { largest } = track;
    const wishes = wishesOf(parameters, delivery.wishes, largest);
    const refusal = unsatisfiable(parameters.filter, largest);
    if (refusal !== undefined) return refusal;
    if (parameters.filter !== undefined) {
      this.#begunBy = { filter: parameters.filter, join: "live" };
    }
    const resumes = wishes.forward && !delivery.wishes.forward;
    if (resumes) this.#joiningLocation = largest;
    this.#demand.setForward(wishes.forward);
    if (parameters.newGroupRequest !== undefined) feeds.requestNewGroup(parameters.newGroupRequest);
    this.#stream.send(requestOk(largestForSubscriber(largest, this.#context.peer)));
    delivery.update(wishes);
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
