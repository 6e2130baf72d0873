import { type ControlMessageOf, type FullTrackName, type Parameters } from "@qumo/shared/wire";
import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  backfill,
  type Feeds,
  type OpenTrack,
  type Refusal,
  type Scope,
} from "../../../track/mod.ts";
import { MAX_SUBSCRIPTIONS_OF_A_TRACK } from "../../limits.ts";
import type { RequestPermit } from "../connection/access.ts";
import { joinPointOf } from "./join_point.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import { hopsFrom, isRelay, leavesByFin } from "../connection/relay_peer.ts";
import { INEXPRESSIBLE_ANSWER } from "../requests/answers.ts";
import { hint, nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { checkName } from "../../connection/reserved.ts";
import type { ServedContext } from "./served_init.ts";
import type { ServedSubscription } from "./served_subscription.ts";
import type { Slot } from "./subscription_slot.ts";
import { slotKey, type SubscriptionTable } from "./subscription_table.ts";
import { type Answered, inSpan, type Served, type SpanContext } from "./subscription_span.ts";
import { type SubscriptionTerms, termsFor } from "./subscription_terms.ts";
import type { Hints, Permission, RequestNames } from "../connection/facets.ts";

/** The interfaces that {@linkcode SubscriptionServer} uses of its session. */
export type SubscriptionServerContext =
  & ServedContext
  & RequestNames
  & Permission
  & Hints
  & SpanContext;

/** A subscription that is being prepared. */
interface Preparation {
  readonly place: Slot;
  /** The trace context of the request. */
  readonly trace: string | undefined;
}

/** Serves the tracks that a peer subscribes to. */
export class SubscriptionServer {
  readonly #context: SubscriptionServerContext;
  readonly #table: SubscriptionTable;

  constructor(context: SubscriptionServerContext, table: SubscriptionTable) {
    this.#context = context;
    this.#table = table;
  }

  /** Answers a SUBSCRIBE and begins to serve what it asks for, unless that is refused. */
  async subscribe(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
  ): Promise<Refusal | Served> {
    const subscribe = (trace: string | undefined) => this.#subscribe(stream, message, trace);
    const answered = await inSpan(this.#context, message, subscribe);
    return answered.ok ? answered.value : answered.refusal;
  }

  async #subscribe(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    trace: string | undefined,
  ): Promise<Answered> {
    const key = slotKey(message.track, message.parameters.meshScope);
    if (!this.#table.hasRoom(key)) await this.#table.makeRoom(key, message.track);
    const refusal = this.#precheck(message, key);
    if (refusal !== undefined) return refused(refusal);
    const place = this.#table.prepare(key, message.requestId, stream);
    return await heldUntilOver(place, this.#serve(stream, message, { place, trace }));
  }

  #precheck(message: ControlMessageOf<"subscribe">, key: string): Refusal | undefined {
    const { limits } = this.#context.settings;
    if (!this.#table.hasRoom(key)) {
      return this.#context.draft.allows?.severalSubscriptions ? CROWDED : TWICE;
    }
    if (this.#table.count >= limits.maxSubscriptions) {
      return {
        kind: "excessive_load",
        reason: `more than ${limits.maxSubscriptions} subscriptions`,
        retryAfter: 1_000,
      };
    }
    return checkName(message.track);
  }

  async #serve(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    { place, trace }: Preparation,
  ): Promise<Answered> {
    const allowed = await this.#authorize(message);
    if (!allowed.ok) return allowed;
    const permit = allowed.value;
    stream.onStopped(() => place.abandon());
    // From here on it may be lost, while the track is being opened too.
    let lost: Refusal | undefined;
    permit.onLost((refusal) => {
      lost = refusal;
      place.abandon();
    });
    const isLost = () => lost;
    const serving = this.#serveWith(stream, message, { place, trace, permit, isLost });
    return await heldUntilOver(permit, serving);
  }

  async #serveWith(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    { place, trace, permit, isLost }: Preparation & {
      readonly permit: RequestPermit;
      readonly isLost: () => Refusal | undefined;
    },
  ): Promise<Answered> {
    const { metrics, peer } = this.#context;
    const { signal } = place;
    // Messages are read while the track is being opened, so that the subscriber can cancel.
    const early = stream.hold(() => place.abandon(), { byFin: leavesByFin(peer) });
    const opened = await this.#open(message, signal, trace);
    early.release();
    if (!opened.ok) {
      const lost = isLost();
      if (!signal.aborted || lost !== undefined) return refused(lost ?? opened.refusal);
      metrics.requests.subscribe.cancelled++;
      stream.cancel("cancelled");
      return done(LEFT);
    }
    const terms = termsFor(this.#context, message, opened.value.track);
    if (!terms.ok) {
      opened.value.demand.release();
      return terms;
    }
    const opening = { ...opened.value, ...terms.value, permit };
    const served = this.#accept(stream, message, opening);
    if (served === undefined) {
      opened.value.demand.release();
      return refused(INEXPRESSIBLE_ANSWER);
    }
    place.begun(served);
    served.listen();
    return done(served);
  }

  async #open(
    message: ControlMessageOf<"subscribe">,
    signal: AbortSignal,
    trace: string | undefined,
  ): Promise<Outcome<OpenTrack, Refusal>> {
    const { settings, peer } = this.#context;
    const scope = this.#context.scopes.of(message, this.#context.scope);
    if (!scope.ok) return scope;
    const { rendezvousTimeout, forward, newGroupRequest, filter, fill, meshHops } =
      message.parameters;
    const asked = Number(rendezvousTimeout ?? 0n);
    const looking = scope.value.lookUp(message.track);
    if (looking !== undefined) await looking;
    if (asked > 0) this.#sayIfWaiting(scope.value, message.track);
    const join = joinPointOf(filter, settings.lateJoin, peer);
    // Another relay gets a group from its start in any case, and requests more explicitly.
    const past = fill !== undefined || join === "filter_start" ||
      join === "group_start" && !isRelay(peer);
    return await scope.value.open(message.track, {
      rendezvous: Math.min(asked, settings.rendezvousMaxMs),
      forward: forward ?? true,
      signal,
      past,
      ...(newGroupRequest !== undefined && { newGroupRequest }),
      ...(meshHops !== undefined && { via: meshHops }),
      ...(trace !== undefined && { trace }),
      ...(isRelay(peer) && filter?.type === "absolute_start" && { from: filter.start }),
    });
  }

  /** Logs that a subscriber waits for a publisher. */
  #sayIfWaiting(scope: Scope, track: FullTrackName): void {
    if (scope.find(track)?.feeds.established || scope.publishersOf(track).length > 0) return;
    this.#context.events.say("subscription waits for a publisher", {
      ...nameFields(track),
      path: scope.path,
      ...hint(this.#context, track.namespace),
    });
  }

  /**
   * Synchronous up to the start of delivery, so that the reported largest object stays valid.
   * Undefined if the peer's draft cannot express the answer.
   */
  #accept(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    { demand, properties, filters, permit, ...entry }: OpenTrack & SubscriptionTerms & {
      readonly permit: RequestPermit;
    },
  ): ServedSubscription | undefined {
    const { track, feeds } = entry;
    const { largest } = track;
    const { settings, peer, metrics } = this.#context;
    const parameters = {
      ...largestForSubscriber(largest, peer, message.parameters),
      ...this.#pathOf(feeds),
    };
    const { requestId, parameters: { filter, ...unfiltered } } = message;
    // Before the first object nothing can be missed, and the numbering may start anew.
    const wanted = isRelay(peer) && largest === undefined ? unfiltered : message.parameters;
    // What is past comes with the fill.
    const join = wanted.fill ? "live" : joinPointOf(filter, settings.lateJoin, peer);
    const scope = this.#context.scopes.of(message, this.#context.scope);
    const served = this.#table.newServed({
      entry,
      demand,
      stream,
      permit,
      requestId,
      wanted,
      filters,
      largest,
      join,
      pastSource: () => scope.ok ? scope.value.sourceOf(track.name) : undefined,
    });
    const answer = { alias: served.alias, parameters, properties };
    if (!stream.trySend({ kind: "subscribeOk", ...answer })) return undefined;
    metrics.requests.subscribe.ok++;
    this.#table.adopt(served);
    served.start();
    if (join !== "live") {
      const { clock, tasks } = this.#context;
      const misses = isRelay(peer) && filter?.type === "absolute_start";
      tasks.spawn("backfill", (signal) =>
        backfill(entry, {
          clock,
          signal,
          ...(misses && { missing: filter.start }),
        }));
    }
    return served;
  }

  /**
   * For another relay: the hops and the source of the track, so that it does not request the track
   * back from there.
   */
  #pathOf({ path, source }: Feeds): Parameters<"meshHops" | "meshSource"> {
    const { peer, relayName } = this.#context;
    if (!isRelay(peer) || relayName === undefined) return {};
    return {
      meshHops: hopsFrom(relayName, path),
      ...(source !== undefined && { meshSource: source.token }),
    };
  }

  #authorize(
    { track, parameters }: ControlMessageOf<"subscribe">,
  ): Promise<Outcome<RequestPermit, Refusal>> {
    const name = { namespace: track.namespace, track, scope: parameters.meshScope };
    return this.#context.access.authorize("subscribe", name, parameters.authorizationTokens);
  }
}

/** Gives something back when the subscription is over, or at once when it is not served. */
async function heldUntilOver(
  held: { release(): void },
  serving: Promise<Answered>,
): Promise<Answered> {
  try {
    const answered = await serving;
    if (answered.ok) void answered.value.ended.then(() => held.release());
    else held.release();
    return answered;
  } catch (error) {
    held.release();
    throw error;
  }
}

// The subscriber left before.
const LEFT: Served = { ended: Promise.resolve(undefined) };

const TWICE: Refusal = {
  kind: "duplicate_subscription",
  reason: "already subscribed in this session",
};

const CROWDED: Refusal = {
  kind: "excessive_load",
  reason: `more than ${MAX_SUBSCRIPTIONS_OF_A_TRACK} subscriptions to the track`,
};
