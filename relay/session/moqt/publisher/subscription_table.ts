import { type FullTrackName, trackKey } from "@qumo/shared/wire";
import { OVERTAKEN_MS } from "../../limits.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { leavesByFin } from "../connection/relay_peer.ts";
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

/** The subscriptions of one peer, each track once in each scope. */
export class SubscriptionTable {
  readonly #context: ServedContext;
  /** Fetches that wait for the subscription that they join, by its request id. */
  readonly #awaited = new Map<bigint, () => void>();
  readonly #byTrack = new Map<string, Slot>();
  readonly #served = new Set<ServedSubscription>();

  constructor(context: ServedContext) {
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

  /** Whether a place is taken. */
  isTaken(key: string): boolean {
    return this.#byTrack.has(key);
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

  /** Takes a place for a subscription that is being prepared. */
  prepare(key: string, requestId: bigint, stream: RequestChannel): Preparing {
    const { promise: settled, resolve } = Promise.withResolvers<ServedSubscription | undefined>();
    const gone = new AbortController();
    const slot: Slot = { requestId, stream, settled, served: undefined, gone };
    this.#byTrack.set(key, slot);
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

  #release(key: string, slot: Slot): void {
    if (this.#byTrack.get(key) === slot) this.#byTrack.delete(key);
  }

  /** The session ended. */
  close(): void {
    for (const resolve of this.#awaited.values()) resolve();
    for (const served of [...this.#served]) served.cancel();
    // One whose half of the stream is finished is told by nobody else.
    for (const { gone } of this.#byTrack.values()) gone.abort();
  }

  /** A subscription that is not served yet: {@linkcode SubscriptionTable.adopt} says when it is. */
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
    return () => this.#release(key, slot);
  }

  /**
   * A subscriber that ended its half of a subscription and subscribes anew has left the old one, and
   * one that no longer takes what is said on it has. Another relay has in any case, and so has a client
   * of moq-dev: it wants a track once, and its goodbye is still on the way, or comes when the new one
   * is there.
   */
  async replaceLeft(key: string): Promise<void> {
    const slot = this.#byTrack.get(key);
    if (slot === undefined) return;
    const { peer, stops } = this.#context;
    const hasLeft = slot.served?.hasSubscriberFinished || leavesByFin(peer) ||
      await stops.isCancelled(slot.stream);
    if (!hasLeft) return;
    slot.gone.abort(isMoqDev(peer) ? ANEW : undefined);
    // Who has not said goodbye yet uses the alias until it hears that this is over.
    if (isMoqDev(peer)) slot.served?.endFor(ANEW);
    else slot.served?.cancel();
    this.#release(key, slot);
  }
}

/** Why a subscription is over, or refused while it waits, that a client of moq-dev asked for again. */
export const ANEW = "replaced by a newer subscription of this session";

/** What a line of the log says a subscription is about. */
function whatOf({ entry: { path, track } }: ServedSubscription) {
  return { ...nameFields(track.name), path };
}

/** What stands for a track in a scope. */
export function slotKey(name: FullTrackName, scope: string | undefined): string {
  return scope === undefined ? trackKey(name) : `${scope}\n${trackKey(name)}`;
}
