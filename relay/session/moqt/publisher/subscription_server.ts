import {
  type ControlMessageOf,
  type FullTrackName,
  type Parameters,
  StreamCode,
  trackKey,
} from "@qumo/shared/wire";
import type { Outcome } from "@qumo/shared/runtime";
import {
  backfill,
  type Feeds,
  type OpenTrack,
  type Refusal,
  type Scope,
} from "../../../track/mod.ts";
import { OVERTAKEN_MS } from "../../limits.ts";
import { joinPointOf } from "./join_point.ts";
import { isMoqDev, largestForSubscriber } from "../connection/moq_dev.ts";
import { isRelay, leavesByFin, wayFrom } from "../connection/relay_peer.ts";
import { hint, nameFields, refuse, type RefuseContext } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { trackProperties } from "../dialect/track_properties.ts";
import { checkName } from "../requests/reserved.ts";
import { type ServedContext, type ServedInit, ServedSubscription } from "./served_subscription.ts";
import { type Ending, inSpan, type SpanContext } from "./subscription_span.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import { unsatisfiable } from "./subscription_parameters.ts";
import type { PeerNames, Permission } from "../connection/facets.ts";

/** What {@linkcode SubscriptionServer} uses of its session. */
export type SubscriptionServerContext =
  & ServedContext
  & PeerNames
  & Permission
  & RefuseContext
  & SpanContext;

/** A subscription of the peer that is served or being prepared. */
interface Slot {
  readonly requestId: bigint;
  readonly stream: RequestChannel;
  /** Resolves when it is known whether the subscription came about. */
  readonly settled: Promise<ServedSubscription | undefined>;
  /** There once the subscription came about. */
  served: ServedSubscription | undefined;
  /** Aborted when the subscriber no longer wants what is being prepared. */
  readonly gone: AbortController;
}

/** What happens while a subscription is being prepared. */
interface Preparation {
  readonly begun: (served: ServedSubscription) => void;
  readonly gone: AbortController;
  /** The trace that it belongs to. */
  readonly trace: string | undefined;
}

/** Serves the tracks that a peer subscribes to. */
export class SubscriptionServer {
  readonly #context: SubscriptionServerContext;
  /** Fetches that wait for the subscription that they join, by its request id. */
  readonly #awaited = new Map<bigint, () => void>();
  readonly #byTrack = new Map<string, Slot>();
  readonly #served = new Set<ServedSubscription>();
  // To be aborted when the session ends: one whose half of the stream is finished is told by nobody.
  readonly #waiting = new Set<AbortController>();

  constructor(context: SubscriptionServerContext) {
    this.#context = context;
  }

  /** Subscriptions that are served or being prepared. */
  get count(): number {
    return this.#byTrack.size;
  }

  /** Of those that are served, tracks of other relays. */
  get remoteCount(): number {
    let count = 0;
    for (const { entry } of this.#served) if (entry.feeds.path.length > 0) count++;
    return count;
  }

  /** Whether the peer subscribes to this track already. */
  has(name: FullTrackName): boolean {
    const slot = this.#byTrack.get(trackKey(name));
    return slot !== undefined && slot.served?.isOver !== true;
  }

  /** The subscription that a joining fetch refers to, once it is known whether it came about. */
  async joined(requestId: bigint, by: bigint): Promise<ServedSubscription | undefined> {
    // Streams may overtake each other: a fetch can be here before the subscription that it joins.
    const { ids, clock } = this.#context;
    if (requestId < by && !ids.hasCome(requestId)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#awaited.set(requestId, resolve);
      const timer = clock.after(OVERTAKEN_MS, resolve);
      await promise;
      timer.cancel();
      this.#awaited.delete(requestId);
    }
    for (const slot of this.#byTrack.values()) {
      if (slot.requestId === requestId) return await slot.settled;
    }
    return undefined;
  }

  /** Answers a SUBSCRIBE and serves what it asks for. */
  subscribe(stream: RequestChannel, message: ControlMessageOf<"subscribe">): Promise<void> {
    return inSpan(this.#context, message, (trace) => this.#subscribe(stream, message, trace));
  }

  async #subscribe(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    trace: string | undefined,
  ): Promise<Ending> {
    const key = slotKey(message.track, message.parameters.meshScope);
    if (this.#byTrack.has(key)) await this.#replaceLeft(key);
    const refusal = this.#precheck(message, key);
    if (refusal !== undefined) return this.#refuse(stream, refusal);
    let settle: (served: ServedSubscription | undefined) => void = () => {};
    const settled = new Promise<ServedSubscription | undefined>((resolve) => settle = resolve);
    const gone = new AbortController();
    const { requestId } = message;
    const slot: Slot = { requestId, stream, settled, served: undefined, gone };
    this.#byTrack.set(key, slot);
    this.#awaited.get(requestId)?.();
    const begun = (served: ServedSubscription) => settle(slot.served = served);
    try {
      return await this.#serve(stream, message, { begun, gone, trace });
    } finally {
      settle(undefined);
      if (this.#byTrack.get(key) === slot) this.#byTrack.delete(key);
    }
  }

  /** The session ended. */
  close(): void {
    for (const resolve of this.#awaited.values()) resolve();
    for (const served of [...this.#served]) served.cancel();
    for (const gone of this.#waiting) gone.abort();
  }

  /** A subscription that is not served yet: {@linkcode SubscriptionServer.adopt} says when it is. */
  newServed(init: Omit<ServedInit, "context" | "onEnd">): ServedSubscription {
    const served: ServedSubscription = new ServedSubscription({
      ...init,
      context: this.#context,
      onEnd: () => this.#ended(served),
    });
    return served;
  }

  /** A subscription is served: it ends with the session, and a joining fetch finds it. */
  adopt(served: ServedSubscription): void {
    this.#served.add(served);
    if (served.entry.feeds.demand > 1) return;
    this.#context.events.say("first subscriber of a track", whatOf(served));
  }

  #ended(served: ServedSubscription): void {
    if (!this.#served.delete(served) || served.entry.feeds.demand > 0) return;
    this.#context.events.say("last subscriber of a track left", whatOf(served));
  }

  /** Notes a subscription that we offered with PUBLISH; the result takes it back. */
  reserve(name: FullTrackName, stream: RequestChannel, served: ServedSubscription): () => void {
    const key = trackKey(name);
    const settled = Promise.resolve(served);
    const { requestId } = served;
    const slot: Slot = { requestId, stream, settled, served, gone: new AbortController() };
    this.#byTrack.set(key, slot);
    return () => {
      if (this.#byTrack.get(key) === slot) this.#byTrack.delete(key);
    };
  }

  /**
   * A subscriber that ended its half of a subscription and subscribes anew has left the old one, and
   * one that no longer takes what is said on it has. Another relay has in any case, and so has a client
   * of moq-dev: it wants a track once, and its goodbye is still on the way, or comes when the new one
   * is there.
   */
  async #replaceLeft(key: string): Promise<void> {
    const slot = this.#byTrack.get(key);
    if (slot === undefined) return;
    const { peer, stops } = this.#context;
    const hasLeft = slot.served?.hasSubscriberFinished || leavesByFin(peer) ||
      await stops.isCancelled(slot.stream);
    if (!hasLeft) return;
    slot.gone.abort();
    // Who has not said goodbye yet uses the alias until it hears that this is over.
    if (isMoqDev(peer)) slot.served?.endFor(ANEW);
    else slot.served?.cancel();
    if (this.#byTrack.get(key) === slot) this.#byTrack.delete(key);
  }

  #precheck(message: ControlMessageOf<"subscribe">, key: string): Refusal | undefined {
    const { limits } = this.#context.settings;
    if (this.#byTrack.has(key)) {
      return { kind: "duplicate_subscription", reason: "already subscribed in this session" };
    }
    if (this.#byTrack.size >= limits.maxSubscriptions) {
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
    { begun, gone, trace }: Preparation,
  ): Promise<Ending> {
    const { metrics, peer, draft } = this.#context;
    const unauthorized = await this.#unauthorized(message);
    if (unauthorized !== undefined) return this.#refuse(stream, unauthorized);
    this.#waiting.add(gone);
    stream.onStopped(() => gone.abort());
    // Messages are read while the track is being opened, so that a subscriber can give up waiting.
    const early = stream.hold(() => gone.abort(), { byFin: leavesByFin(peer) });
    const opened = await this.#open(message, gone.signal, trace);
    early.release();
    this.#waiting.delete(gone);
    if (!opened.ok) {
      if (!gone.signal.aborted) return this.#refuse(stream, opened.refusal);
      metrics.requests.subscribe.cancelled++;
      stream.cancel(StreamCode.CANCELLED);
      return undefined;
    }
    const refusal = refusalToServe(message, opened.value);
    if (refusal !== undefined) {
      opened.value.demand.release();
      return this.#refuse(stream, refusal);
    }
    const properties = trackProperties(draft, opened.value.track.propertyBlock);
    if (!properties.ok) {
      opened.value.demand.release();
      return this.#refuse(stream, properties.refusal);
    }
    const served = this.#accept(stream, message, { ...opened.value, properties: properties.value });
    begun(served);
    return await served.listen();
  }

  async #open(
    message: ControlMessageOf<"subscribe">,
    signal: AbortSignal,
    trace: string | undefined,
  ): Promise<Outcome<OpenTrack, Refusal>> {
    const { settings, peer } = this.#context;
    const scope = this.#context.scopeOf(message);
    if (!scope.ok) return scope;
    const { rendezvousTimeout, forward, newGroupRequest, filter, meshHops } = message.parameters;
    const asked = Number(rendezvousTimeout ?? 0n);
    if (asked > 0) this.#sayIfWaiting(scope.value, message.track);
    const join = joinPointOf(filter, settings.lateJoin, peer);
    // Another relay is given a group from its start in any case, and says when it wants more.
    const past = join === "filter_start" || join === "group_start" && !isRelay(peer);
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

  /** Who waits for a publisher should not do so unnoticed. */
  #sayIfWaiting(scope: Scope, track: FullTrackName): void {
    if (scope.find(track)?.feeds.established || scope.publishersOf(track).length > 0) return;
    this.#context.events.say("subscription waits for a publisher", {
      ...nameFields(track),
      path: scope.path,
      ...hint(this.#context.pathsThatHave(track.namespace)),
    });
  }

  /** From here to the start of the delivery nothing is awaited: what was the largest object stays it. */
  #accept(
    stream: RequestChannel,
    message: ControlMessageOf<"subscribe">,
    { demand, properties, ...entry }: OpenTrack & { readonly properties: Uint8Array },
  ): ServedSubscription {
    const { track, feeds } = entry;
    const { largest } = track;
    const { settings, peer, metrics } = this.#context;
    metrics.requests.subscribe.ok++;
    stream.send({
      kind: "subscribeOk",
      alias: track.number,
      parameters: { ...largestForSubscriber(largest, peer), ...this.#way(feeds) },
      properties,
    });
    const served = this.newServed({ entry, demand, stream, requestId: message.requestId });
    this.adopt(served);
    const { filter } = message.parameters;
    // Where nothing was published yet, nothing is missed, and another numbering may begin.
    const { filter: _, ...unfiltered } = message.parameters;
    const wishes = isRelay(peer) && largest === undefined ? unfiltered : message.parameters;
    const join = joinPointOf(filter, settings.lateJoin, peer);
    served.start(wishes, largest, join);
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

  /** For another relay: the way that the track comes, so that it is not sent back along it, and whose it is. */
  #way({ path, source }: Feeds): Parameters<"meshHops" | "meshSource"> {
    const { peer, relayName } = this.#context;
    if (!isRelay(peer) || relayName === undefined) return {};
    return {
      meshHops: wayFrom(relayName, path),
      ...(source !== undefined && { meshSource: source.token }),
    };
  }

  async #unauthorized(
    { track, parameters }: ControlMessageOf<"subscribe">,
  ): Promise<Refusal | undefined> {
    const name = { namespace: track.namespace, track };
    const { authorizationTokens } = parameters;
    const outcome = await this.#context.authorize("subscribe", name, authorizationTokens);
    return outcome.ok ? undefined : outcome.refusal;
  }

  #refuse(stream: RequestChannel, refusal: Refusal): Refusal {
    return refuse(this.#context, stream, { request: "subscribe", refusal });
  }
}

const ANEW = "replaced by a newer subscription of this session";

/** What a line of the log says a subscription is about. */
function whatOf({ entry: { path, track } }: ServedSubscription) {
  return { ...nameFields(track.name), path };
}

/** A session subscribes to a track once in each scope. */
function slotKey(name: FullTrackName, scope: string | undefined): string {
  return scope === undefined ? trackKey(name) : `${scope}\n${trackKey(name)}`;
}

/** Why a track that there is cannot be served as it was asked for. */
function refusalToServe(
  { parameters }: ControlMessageOf<"subscribe">,
  { track }: OpenTrack,
): Refusal | undefined {
  const { largest, properties: { unknownMandatory } } = track;
  return unsatisfiable(parameters.filter, largest) ??
    (unknownMandatory.length > 0 ? unsupportedExtension(unknownMandatory) : undefined);
}
