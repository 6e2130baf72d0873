import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Track } from "../track/mod.ts";
import type { Link } from "./link.ts";
import type { UpstreamSubscription } from "./upstream_subscription.ts";

/**
 * How long a subscription may take to deliver its last group, in milliseconds: a group may never
 * end.
 */
const DRAIN_MS = 5_000;

interface Draining {
  /** The last group to deliver; undefined when nothing was published yet. */
  readonly endGroup: bigint | undefined;
  readonly timeout: Timer;
  readonly onDrained: (() => void) | undefined;
}

/**
 * Subscriptions that were replaced, each until it has delivered its last groups: the current one
 * and the next, which the new subscription may not have from the start.
 */
export class DrainingSubscriptions {
  readonly #track: Track;
  readonly #clock: Clock;
  readonly #draining = new Map<UpstreamSubscription, Draining>();

  constructor(track: Track, clock: Clock) {
    this.#track = track;
    this.#clock = clock;
  }

  get size(): number {
    return this.#draining.size;
  }

  /** Adds a subscription that is to end; `onDrained` is called when it has. */
  add(subscription: UpstreamSubscription, onDrained?: () => void): void {
    const { largest } = this.#track;
    const endGroup = largest && largest.group + 1n;
    const timeout = this.#clock.after(DRAIN_MS, () => this.#end(subscription));
    this.#draining.set(subscription, { endGroup, timeout, onDrained });
    if (endGroup !== undefined) subscription.feed.update({ endGroup });
  }

  /** Ends the subscriptions that have delivered their last group. */
  sweep(): void {
    const group = this.#track.largest?.group;
    for (const [subscription, { endGroup }] of [...this.#draining]) {
      const isBeyond = endGroup === undefined || (group !== undefined && group > endGroup);
      if (isBeyond && subscription.feed.isQuiet) this.#end(subscription);
    }
  }

  /** Removes a subscription that has ended otherwise, if it is one of these. */
  remove(subscription: UpstreamSubscription): void {
    this.#draining.get(subscription)?.timeout.cancel();
    this.#draining.delete(subscription);
  }

  /** Cancels the subscriptions on `link`, where the track is subscribed to anew. */
  cancelOn(link: Link): void {
    for (const subscription of [...this.#draining.keys()]) {
      if (subscription.route.link === link) this.#cancel(subscription);
    }
  }

  /** Cancels all subscriptions at once. */
  close(): void {
    for (const subscription of [...this.#draining.keys()]) this.#cancel(subscription);
  }

  #end(subscription: UpstreamSubscription): void {
    const { onDrained } = this.#draining.get(subscription) ?? {};
    this.#cancel(subscription);
    onDrained?.();
  }

  #cancel(subscription: UpstreamSubscription): void {
    this.remove(subscription);
    subscription.cancel();
  }
}
