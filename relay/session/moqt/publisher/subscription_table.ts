import { type FullTrackName, trackKey } from "@qumo/shared/wire";
import type { Track } from "../../../track/mod.ts";
import { MAX_SUBSCRIPTIONS_OF_A_TRACK, OVERTAKEN_MS } from "../../limits.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { isRelay } from "../connection/relay_peer.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { type ServedContext, type ServedInit, ServedSubscription } from "./served_subscription.ts";

/** A subscription of the peer that is served or being prepared. */
export interface Slot {
  readonly requestId: bigint;
  readonly stream: RequestChannel;
  /** Resolves when it is known whether the subscription came about. */
  readonly settled: Promise<ServedSubscription | undefined>;
  /** There once the subscription came about. */
  served: ServedSubscription | undefined;
  /** Aborted when the subscriber no longer wants what is being prepared. */
  readonly gone: AbortController;
}

/** A place that was taken for a subscription which is being prepared. */
export interface Preparing {
  /** See {@linkcode Slot}. */
  readonly gone: AbortController;
  /** The subscription came about. */
  begun(served: ServedSubscription): void;
  /** The subscription is over, or did not come about. */
  release(): void;
}

/**
 * The subscriptions of one peer, each track once in each scope; where the peer is a client of moq-dev's,
 * whose players may share a session, a few times.
 */
export class SubscriptionTable {
  readonly #context: ServedContext;
  /** Fetches that wait for the subscription that they join, by its request id. */
  readonly #awaited = new Map<bigint, () => void>();
  readonly #slots = new Set<Slot>();
  readonly #byTrack = new Map<string, Set<Slot>>();
  readonly #served = new Map<Track, Set<ServedSubscription>>();

  constructor(context: ServedContext) {
    this.#context = context;
  }

  /** Subscriptions that are served or being prepared. */
  get count(): number {
    return this.#slots.size;
  }

  /** Of those that are served, tracks of other relays. */
  get remoteCount(): number {
    let count = 0;
    for (const { entry } of this.#allServed()) if (entry.feeds.path.length > 0) count++;
    return count;
  }

  /** Whether the peer may subscribe to a track once more. */
  hasRoom(key: string): boolean {
    const limit = isMoqDev(this.#context.peer) ? MAX_SUBSCRIPTIONS_OF_A_TRACK : 1;
    return this.#slotsOf(key).length < limit;
  }

  /** Whether the peer subscribes to this track already. */
  has(name: FullTrackName): boolean {
    return this.#slotsOf(trackKey(name)).some(({ served }) => served?.isOver !== true);
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
    for (const slot of this.#slots) {
      if (slot.requestId === requestId) return await slot.settled;
    }
    return undefined;
  }

  /** Takes a place for a subscription that is being prepared. */
  prepare(key: string, requestId: bigint, stream: RequestChannel): Preparing {
    const { promise: settled, resolve } = Promise.withResolvers<ServedSubscription | undefined>();
    const gone = new AbortController();
    const slot: Slot = { requestId, stream, settled, served: undefined, gone };
    this.#take(key, slot);
    this.#awaited.get(requestId)?.();
    return {
      gone,
      begun: (served) => resolve(slot.served = served),
      release: () => {
        resolve(undefined);
        this.#release(key, slot);
      },
    };
  }

  #slotsOf(key: string): readonly Slot[] {
    return [...this.#byTrack.get(key) ?? []];
  }

  #take(key: string, slot: Slot): void {
    this.#slots.add(slot);
    const slots = this.#byTrack.get(key) ?? new Set();
    this.#byTrack.set(key, slots.add(slot));
  }

  #release(key: string, slot: Slot): void {
    this.#slots.delete(slot);
    const slots = this.#byTrack.get(key);
    if (slots?.delete(slot) && slots.size === 0) this.#byTrack.delete(key);
  }

  /** The session ended. */
  close(): void {
    for (const resolve of this.#awaited.values()) resolve();
    for (const served of [...this.#allServed()]) served.cancel();
    // One whose half of the stream is finished is told by nobody else.
    for (const { gone } of this.#slots) gone.abort();
  }

  *#allServed(): Iterable<ServedSubscription> {
    for (const served of this.#served.values()) yield* served;
  }

  /** A subscription that is not served yet: {@linkcode SubscriptionTable.adopt} says when it is. */
  newServed(init: Omit<ServedInit, "context" | "copy" | "onEnd">): ServedSubscription {
    const served: ServedSubscription = new ServedSubscription({
      ...init,
      context: this.#context,
      copy: this.#freeCopy(init.entry.track),
      onEnd: () => this.#ended(served),
    });
    return served;
  }

  /** The first number that none of the session's subscriptions to a track has. */
  #freeCopy(track: Track): number {
    const taken = new Set([...this.#served.get(track) ?? []].map(({ copy }) => copy));
    for (let copy = 0;; copy++) if (!taken.has(copy)) return copy;
  }

  /** A subscription is served: it ends with the session, and a joining fetch finds it. */
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

  /** Notes a subscription that we offered with PUBLISH; the result takes it back. */
  reserve(name: FullTrackName, stream: RequestChannel, served: ServedSubscription): () => void {
    const key = trackKey(name);
    const settled = Promise.resolve(served);
    const { requestId } = served;
    const slot: Slot = { requestId, stream, settled, served, gone: new AbortController() };
    this.#take(key, slot);
    return () => this.#release(key, slot);
  }

  /**
   * A subscriber that ended its half of a subscription and subscribes anew has left the old one, and
   * one that no longer takes what is said on it has. Another relay has in any case.
   */
  async makeRoom(key: string): Promise<void> {
    const { peer, stops } = this.#context;
    for (const slot of this.#slotsOf(key)) {
      const hasLeft = slot.served?.hasSubscriberFinished || isRelay(peer) ||
        await stops.isCancelled(slot.stream);
      if (!hasLeft) continue;
      slot.gone.abort();
      slot.served?.cancel();
      this.#release(key, slot);
    }
  }
}

/** What a line of the log says a subscription is about. */
function whatOf({ entry: { path, track } }: ServedSubscription) {
  return { ...nameFields(track.name), path };
}

/** What stands for a track in a scope. */
export function slotKey(name: FullTrackName, scope: string | undefined): string {
  return scope === undefined ? trackKey(name) : `${scope}\n${trackKey(name)}`;
}
