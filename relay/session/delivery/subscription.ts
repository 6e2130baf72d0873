import type { Clock, Timer } from "@qumo/shared/runtime";
import { type GroupOrder, StreamCode } from "@qumo/shared/wire";
import {
  type DatagramObject,
  firstObjectOf,
  includesGroup,
  isUnfiltered,
  type Renderer,
  sendOrder,
  type SubgroupLog,
  type Track,
  type TrackEnd,
  type TrackReader,
  type Window,
} from "../../track/mod.ts";
import type { Connection } from "../../transport/types.ts";
import { GroupCount } from "../group_count.ts";
import { DRAIN_SUBSCRIPTION_MS, MAX_REPLAYED_DATAGRAMS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import { PUMP_ENDS, type PumpEnd } from "./pump_end.ts";
import { Replay } from "./replay.ts";
import type { DeliveryLimits } from "../settings.ts";
import { Room } from "./send_window.ts";
import { SkippedGroup } from "./skipped_group.ts";
import { StallWatch, type Watched } from "./stall_watch.ts";
import type { StreamSupply } from "./stream_supply.ts";
import { type PumpOwner, SubgroupPump } from "./subgroup_pump.ts";
import type { Standing, UnfinishedStreams } from "./unfinished_streams.ts";
import type { DatagramDrop, Skip } from "../../vocabulary.ts";

/** What the subscriber asked for; all of it can change while the subscription lasts. */
export interface Wishes {
  readonly window: Window;
  readonly forward: boolean;
  /** 0 to 255, lower first. */
  readonly priority: number;
  readonly order: GroupOrder;
  /** Milliseconds, beside what the publisher says; undefined for none. */
  readonly objectTimeout: number | undefined;
  /** Milliseconds, beside what the publisher says; undefined for none. */
  readonly subgroupTimeout: number | undefined;
}

/** Where in the track a subscription starts to be served. */
export type JoinPoint =
  /** With what arrives from now on. */
  | "live"
  /** With the first object of the largest group, which the subscriber needs to understand the rest. */
  | "group_start"
  /**
   * With the first object of the filter, of what is still here; where nothing is filtered, with the
   * first object of the largest group.
   */
  | "filter_start";

/** What a subscription tells its owner. */
export interface SubscriptionOwner {
  /** The first object of the track is about to come, from this source. */
  began?(source: string | undefined): void;
  /** Everything that will be sent was sent, on this many streams. */
  finished(end: TrackEnd, streams: number): void;
  /** The subscriber takes too little; what it was sent is on this many streams. */
  tooFarBehind(streams: number): void;
  /** Its publisher leaves more streams unfinished than the subscriber can be kept from seeing. */
  tooManyUnfinished(streams: number): void;
  /** For the first time something was left out for this reason. */
  leftOut(why: Skip | DatagramDrop): void;
  /** The subscriber did not want a stream. */
  streamRefused(): void;
}

/** What a subscription works with. */
export interface SubscriptionContext {
  readonly connection: Connection;
  /** The dialect that the subscriber speaks. */
  readonly renderer: Renderer;
  readonly supply: StreamSupply;
  readonly unfinished: UnfinishedStreams;
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly limits: DeliveryLimits;
}

/** One subscriber's share of one track: a pump for each subgroup that it wants. */
export class Subscription implements TrackReader, PumpOwner, Watched {
  readonly track: Track;
  progress = 0;
  readonly #context: SubscriptionContext;
  readonly #owner: SubscriptionOwner;
  readonly #pumps = new Set<SubgroupPump>();
  readonly #room: Room;
  readonly #replay = new Replay();
  readonly #groupCount = new GroupCount();
  readonly #skipped: SkippedGroup;
  readonly #stallWatch: StallWatch;
  readonly #timers = new Map<SubgroupPump, Timer>();
  readonly #told = new Set<string>();
  #wishes: Wishes;
  #streams = 0;
  #end: TrackEnd | undefined;
  #drain: Timer | undefined;
  #standing: Standing = "live";
  readonly #startedAt: number;

  constructor(
    track: Track,
    wishes: Wishes,
    context: SubscriptionContext,
    owner: SubscriptionOwner,
  ) {
    this.track = track;
    this.#wishes = wishes;
    this.#context = context;
    this.#owner = owner;
    this.#room = new Room(this.#pumps, context.limits, (log) => this.#sendOrder(log));
    this.#skipped = new SkippedGroup(context.clock);
    this.#startedAt = context.clock.now();
    this.#stallWatch = new StallWatch(context.clock, context.limits.stallTimeoutMs, this);
  }

  /** Streams that were opened so far. */
  get streams(): number {
    return this.#streams;
  }

  get wishes(): Wishes {
    return this.#wishes;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Begins to follow the track. Nothing can come between this and what `track.largest` said just before. */
  start(join: JoinPoint): void {
    this.track.follow(this);
    const { endReason } = this.track;
    // The track may have ended on the way here, and then nobody will say so any more.
    if (endReason !== undefined) return this.ended(endReason);
    if (this.#wishes.forward) this.#join(join);
  }

  /** The subscriber changed its mind. */
  update(wishes: Wishes): void {
    const before = this.#wishes;
    this.#wishes = wishes;
    if (before.forward && !wishes.forward) {
      this.#replay.clear();
      return this.#stopPumps(() => true);
    }
    if (!before.forward && wishes.forward) return this.#join("live");
    this.#stopPumps((log) => !includesGroup(wishes.window, log.group));
    for (const pump of this.#pumps) pump.sendOrder = this.#sendOrder(pump.log);
  }

  /** The subscriber left: nothing more is sent. */
  cancel(): void {
    this.#abandon("left");
  }

  /** We end it; the owner tells the subscriber. */
  end(): void {
    this.#abandon("ended");
  }

  subgroup(log: SubgroupLog): void {
    if (!this.#wishes.forward || !includesGroup(this.#wishes.window, log.group)) return;
    const skipped = this.#skipped.reasonFor(log);
    if (skipped !== undefined) return this.#skip(skipped);
    if (!this.#replay.isOver) {
      this.#replay.add(log);
      return this.#catchUp();
    }
    const late = this.#room.latenessFor(log);
    if (late !== undefined) {
      this.#skipped.note(log, late);
      this.#skip(late);
      return this.#stallWatch.begin();
    }
    this.#startPump(log, firstObjectOf(this.#wishes.window, log.group));
  }

  began(source: string | undefined): void {
    this.#owner.began?.(source);
  }

  datagram(group: bigint, object: DatagramObject): void {
    const { window, forward } = this.#wishes;
    if (!forward || !includesGroup(window, group)) return;
    if (object.object < firstObjectOf(window, group)) return;
    const { connection, metrics, clock, renderer } = this.#context;
    const age = clock.now() - object.time;
    // A datagram is a subgroup of its own, whole when it comes.
    if (age > Math.min(this.#objectTimeout, this.#subgroupTimeout)) {
      return this.#skip("delivery_timeout");
    }
    const bytes = this.track.renderDatagram(object, renderer);
    if (bytes.length === 0) return this.#drop("inexpressible");
    if (bytes.length > connection.maxDatagramSize) return this.#drop("too_large");
    if (!connection.sendDatagram(bytes)) return this.#drop("unsent");
    metrics.sent.datagrams++;
    metrics.sent.objects++;
    if (this.#groupCount.begins(group)) metrics.sent.groups++;
    metrics.sent.bytes += bytes.length;
    this.track.traffic.sent += bytes.length;
  }

  ended(end: TrackEnd): void {
    this.#end = end;
    // Who has to come back for another track should not wait for the rest of this one.
    if (end.kind === "malformed" || end.kind === "replaced") {
      this.#replay.clear();
      this.#stopPumps(() => true);
    }
    if (this.#isSent) return this.#finish();
    this.#drain = this.#context.clock.after(DRAIN_SUBSCRIPTION_MS, () => {
      this.#replay.clear();
      this.#stopPumps(() => true);
      this.#finish();
    });
  }

  streamOpened(group: bigint): void {
    const { sent } = this.#context.metrics;
    this.#streams++;
    sent.subgroups++;
    if (this.#groupCount.begins(group)) sent.groups++;
  }

  sent(bytes: number, objects: number): void {
    this.progress++;
    this.track.traffic.sent += bytes;
    const { sent } = this.#context.metrics;
    sent.bytes += bytes;
    sent.objects += objects;
  }

  begun({ log }: SubgroupPump): void {
    // What was there before the subscription did not wait for it.
    if (log.count === 0 || log.isFetched || log.timeOf(0) < this.#startedAt) return;
    this.#context.metrics.deliveryDelay(this.#context.clock.now() - log.timeOf(0));
  }

  logCompleted(pump: SubgroupPump): void {
    const timeout = this.#subgroupTimeout;
    if (this.#isOver || timeout === Infinity) return;
    this.#timers.set(pump, this.#context.clock.after(timeout, () => pump.stop("expired")));
  }

  pumpEnded(pump: SubgroupPump, end: PumpEnd): void {
    this.#pumps.delete(pump);
    this.#timers.get(pump)?.cancel();
    this.#timers.delete(pump);
    if (this.#isOver) return;
    const skip = SKIPS[end];
    if (skip !== undefined) this.#skip(skip);
    if (end === "superseded" || end === "crowded") this.#stallWatch.begin();
    if (end === "refused") this.#owner.streamRefused();
    this.#catchUp();
    if (this.#end !== undefined && this.#isSent) this.#finish();
  }

  #skip(why: Skip): void {
    this.#context.metrics.skips[why]++;
    this.#tellOnce(why);
  }

  #drop(why: DatagramDrop): void {
    this.#context.metrics.datagramsDropped[why]++;
    this.#tellOnce(why);
  }

  #tellOnce(why: Skip | DatagramDrop): void {
    if (this.#told.has(why)) return;
    this.#told.add(why);
    this.#owner.leftOut(why);
  }

  /** Gives up a stream that has nothing to send, of a group that others have followed; false for none. */
  giveUpIdle(): boolean {
    return this.#room.dropSuperseded(undefined);
  }

  get isWaitedFor(): boolean {
    return this.#room.lateness !== undefined || this.#room.isWaiting || !this.#replay.isOver;
  }

  stalled(): void {
    this.#context.metrics.subscribersTooFarBehind++;
    this.#abandon("ended", "behind");
    this.#owner.tooFarBehind(this.#streams);
  }

  giveUp(): void {
    this.#abandon("ended");
    this.#owner.tooManyUnfinished(this.#streams);
  }

  #join(join: JoinPoint): void {
    const { window } = this.#wishes;
    const { largest } = this.track;
    if (largest === undefined) return;
    if (join === "live") return this.#joinLive();
    const isFromLargest = join === "group_start" || isUnfiltered(window);
    const from = isFromLargest ? largest.group : window.start.group;
    for (const group of this.track.groupsBetween(from, window.endGroup ?? LAST_GROUP)) {
      for (const log of group.logs) this.#replay.add(log);
      for (const object of group.newestDatagrams(MAX_REPLAYED_DATAGRAMS)) {
        this.datagram(group.id, object);
      }
    }
    this.#catchUp();
  }

  /** With the next object of each subgroup that is under way. */
  #joinLive(): void {
    const { window } = this.#wishes;
    for (
      const group of this.track.groupsBetween(window.start.group, window.endGroup ?? LAST_GROUP)
    ) {
      for (const log of group.logs) {
        if (log.state !== "open") continue;
        this.#startPump(log, Math.max(log.lastId + 1, firstObjectOf(window, group.id)));
      }
    }
  }

  /** Begins what waits of the past, as far as the subscriber takes it. */
  #catchUp(): void {
    while (!this.#replay.isOver && this.#room.lateness === undefined) {
      const log = this.#replay.take()!;
      const { window } = this.#wishes;
      if (includesGroup(window, log.group)) {
        this.#startPump(log, firstObjectOf(window, log.group));
      }
    }
    if (!this.#replay.isOver) this.#stallWatch.begin();
  }

  /** Whether everything that there is was sent. */
  get #isSent(): boolean {
    return this.#pumps.size === 0 && this.#replay.isOver;
  }

  #startPump(log: SubgroupLog, firstObject: number): void {
    const { supply, unfinished, clock, renderer } = this.#context;
    const pump = new SubgroupPump({
      renderer,
      supply,
      unfinished,
      track: this.track,
      log,
      firstObject: firstObject === 0 ? undefined : firstObject,
      sendOrder: this.#sendOrder(log),
      oldest: () => {
        const timeout = this.#objectTimeout;
        return timeout === Infinity ? undefined : clock.now() - timeout;
      },
      resetCode: (end) =>
        this.track.endReason?.kind === "malformed" ? StreamCode.MALFORMED_TRACK : PUMP_ENDS[end],
    }, this);
    this.#pumps.add(pump);
    pump.wake();
  }

  /** How old an object may be when it is sent; Infinity for no limit (#delivery-timeouts). */
  get #objectTimeout(): number {
    const { objectDeliveryTimeout: told = Infinity, maxCacheDuration = Infinity } =
      this.track.properties;
    return Math.min(this.#wishes.objectTimeout ?? Infinity, told, maxCacheDuration);
  }

  /** How long a whole subgroup may take; Infinity for no limit (#delivery-timeouts). */
  get #subgroupTimeout(): number {
    const { subgroupDeliveryTimeout: told = Infinity } = this.track.properties;
    return Math.min(this.#wishes.subgroupTimeout ?? Infinity, told);
  }

  #sendOrder(log: SubgroupLog): number {
    return sendOrder({
      subscriberPriority: this.#wishes.priority,
      publisherPriority: log.priority ?? this.track.properties.defaultPriority,
      order: this.#wishes.order,
      groupOrdinal: log.groupOrdinal,
      subgroup: log.subgroup,
    });
  }

  #stopPumps(which: (log: SubgroupLog) => boolean): void {
    for (const pump of [...this.#pumps]) {
      if (which(pump.log)) pump.stop();
    }
  }

  #abandon(standing: "ended" | "left", as: PumpEnd = "stopped"): void {
    if (this.#isOver) return;
    this.#replay.clear();
    this.#leave(standing);
    for (const pump of [...this.#pumps]) pump.stop(as);
    this.#context.unfinished.ownerIsOver(this);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#leave("ended");
    this.#context.unfinished.ownerIsOver(this);
    this.#owner.finished(this.#end!, this.#streams);
  }

  get #isOver(): boolean {
    return this.#standing !== "live";
  }

  #leave(standing: "ended" | "left"): void {
    this.#standing = standing;
    this.track.unfollow(this);
    this.#drain?.cancel();
    this.#stallWatch.end();
    for (const timer of this.#timers.values()) timer.cancel();
  }
}

const LAST_GROUP = 2n ** 64n - 1n;

/** What a subscriber misses of a subgroup, by how its pump ended. */
const SKIPS: { readonly [End in PumpEnd]?: Skip } = {
  evicted: "evicted",
  expired: "delivery_timeout",
  superseded: "superseded",
  crowded: "streams",
  inexpressible: "inexpressible",
};
