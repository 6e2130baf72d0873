import { type FullTrackName, trackKey } from "@qumo/shared/wire";
import type { Track } from "../../../track/mod.ts";
import { ALIASES_IN_TURN, MAX_SUBSCRIPTIONS_OF_A_TRACK, OVERTAKEN_MS } from "../../limits.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { isRelay } from "../connection/relay_peer.ts";
import type { FetchDelivery } from "./fetch_delivery.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { ServedContext, ServedInit } from "./served_init.ts";
import { ServedSubscription } from "./served_subscription.ts";
import { Slot } from "./subscription_slot.ts";

/**
 * The subscriptions of one peer, at most one per track and scope; a few where the draft allows
 * several, and for moq-dev's clients, whose players may share a session.
 */
export class SubscriptionTable {
  readonly #context: ServedContext;
  /** Joining fetches that wait for their subscription, by its request id. */
  readonly #awaited = new Map<bigint, () => void>();
  readonly #slots = new Set<Slot>();
  readonly #byTrack = new Map<string, Set<Slot>>();
  readonly #served = new Map<Track, Set<ServedSubscription>>();
  readonly #fills = new Set<FetchDelivery>();
  // For moq-dev's clients alone.
  #nextCopies: WeakMap<Track, number> | undefined;

  constructor(context: ServedContext) {
    this.#context = context;
  }

  /** The number of subscriptions that are served or being prepared. */
  get count(): number {
    return this.#slots.size;
  }

  /** The number of served tracks that come from other relays. */
  get remoteCount(): number {
    let count = 0;
    for (const { entry } of this.#allServed()) if (entry.feeds.path.length > 0) count++;
    return count;
  }

  /** Whether the peer may subscribe to a track once more. */
  hasRoom(key: string): boolean {
    const { peer, draft } = this.#context;
    // A relay that subscribes again has left the older subscription.
    const mayHaveSeveral = !isRelay(peer) && draft.allows?.severalSubscriptions || isMoqDev(peer);
    const limit = mayHaveSeveral ? MAX_SUBSCRIPTIONS_OF_A_TRACK : 1;
    return this.#slotsOf(key).length < limit;
  }

  /** Whether the peer already subscribes to this track. */
  has(name: FullTrackName): boolean {
    return this.#slotsOf(trackKey(name)).some(({ served }) => served?.isOver !== true);
  }

  /** The subscription of a joining fetch, once it is known whether it is served. */
  async joined(requestId: bigint, by: bigint): Promise<ServedSubscription | undefined> {
    // A fetch may overtake the SUBSCRIBE that it joins.
    const { ids, clock } = this.#context;
    if (requestId < by && !ids.hasCome(requestId)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#awaited.set(requestId, resolve);
      const timer = clock.after(OVERTAKEN_MS, resolve);
      await promise;
      timer.cancel();
      this.#awaited.delete(requestId);
    }
    for (const slot of this.#slots) {
      if (slot.requestId === requestId) return await slot.settled;
    }
    return undefined;
  }

  /** Adds a subscription that is being prepared. */
  prepare(key: string, requestId: bigint, stream: RequestChannel): Slot {
    const slot = this.#take(key, requestId, stream);
    this.#awaited.get(requestId)?.();
    return slot;
  }

  #slotsOf(key: string): readonly Slot[] {
    return [...this.#byTrack.get(key) ?? []];
  }

  #take(key: string, requestId: bigint, stream: RequestChannel): Slot {
    const slot = new Slot(requestId, stream, (slot) => this.#release(key, slot));
    this.#slots.add(slot);
    const slots = this.#byTrack.get(key) ?? new Set();
    this.#byTrack.set(key, slots.add(slot));
    return slot;
  }

  #release(key: string, slot: Slot): void {
    this.#slots.delete(slot);
    const slots = this.#byTrack.get(key);
    if (slots?.delete(slot) && slots.size === 0) this.#byTrack.delete(key);
  }

  /** Cancels all subscriptions; called when the session ends. */
  close(): void {
    for (const resolve of this.#awaited.values()) resolve();
    for (const served of [...this.#allServed()]) served.cancel();
    // A subscription whose request stream is finished would otherwise not learn of the end.
    for (const slot of this.#slots) slot.abandon();
  }

  *#allServed(): Iterable<ServedSubscription> {
    for (const served of this.#served.values()) yield* served;
  }

  /** Creates a subscription; {@linkcode SubscriptionTable.adopt} marks it as served. */
  newServed(
    init: Omit<ServedInit, "context" | "copy" | "openFills" | "onEnd">,
  ): ServedSubscription {
    const served: ServedSubscription = new ServedSubscription({
      ...init,
      context: this.#context,
      copy: this.#freeCopy(init.entry.track),
      openFills: this.#fills,
      onEnd: () => this.#ended(served),
    });
    return served;
  }

  /**
   * The smallest copy number that none of the session's subscriptions to a track uses. For moq-dev's
   * clients not the one of a subscription that ended before: they drop streams of its alias that
   * overtake the next SUBSCRIBE_OK.
   */
  #freeCopy(track: Track): number {
    const taken = new Set([...this.#served.get(track) ?? []].map(({ copy }) => copy));
    const first = this.#nextCopies?.get(track) ?? 0;
    for (let count = 0;; count++) {
      const copy = (first + count) % ALIASES_IN_TURN;
      if (taken.has(copy)) continue;
      if (isMoqDev(this.#context.peer)) {
        this.#nextCopies ??= new WeakMap();
        this.#nextCopies.set(track, (copy + 1) % ALIASES_IN_TURN);
      }
      return copy;
    }
  }

  /** Marks a subscription as served: it ends with the session, and joining fetches find it. */
  adopt(served: ServedSubscription): void {
    const { track, feeds } = served.entry;
    const ofTrack = this.#served.get(track) ?? new Set();
    this.#served.set(track, ofTrack.add(served));
    if (feeds.demand > 1) return;
    this.#context.events.say("first subscriber of a track", whatOf(served));
  }

  #ended(served: ServedSubscription): void {
    const { track, feeds } = served.entry;
    const ofTrack = this.#served.get(track);
    if (!ofTrack?.delete(served)) return;
    if (ofTrack.size === 0) this.#served.delete(track);
    if (feeds.demand > 0) return;
    this.#context.events.say("last subscriber of a track left", whatOf(served));
  }

  /** Adds a subscription that was offered by PUBLISH; the returned function removes it. */
  reserve(name: FullTrackName, stream: RequestChannel, served: ServedSubscription): () => void {
    const slot = this.#take(trackKey(name), served.requestId, stream);
    slot.begun(served);
    return () => slot.release();
  }

  /**
   * Ends an old subscription of the peer to the same track if the peer has left it: it ended its
   * half and subscribes again, or it stopped the request's stream. For another relay a new
   * subscription always means that.
   */
  async makeRoom(key: string, track: FullTrackName): Promise<void> {
    const { peer, stops } = this.#context;
    for (const slot of this.#slotsOf(key)) {
      const hasLeft = slot.served?.hasSubscriberFinished || isRelay(peer) ||
        await stops.isCancelled(slot.stream, track);
      if (!hasLeft) continue;
      slot.abandon();
      slot.served?.cancel();
      this.#release(key, slot);
    }
  }
}

/** The log fields of a subscription. */
function whatOf({ entry: { path, track } }: ServedSubscription) {
  return { ...nameFields(track.name), path };
}

/** The key of a track in a scope. */
export function slotKey(name: FullTrackName, scope: string | undefined): string {
  return scope === undefined ? trackKey(name) : `${scope}\n${trackKey(name)}`;
}
