import type { Clock, Timer } from "@qumo/shared/runtime";
import { type GroupOrder, StreamCode } from "@qumo/shared/wire";
import {
  type DatagramObject,
  firstObjectOf,
  includesGroup,
  isUnfiltered,
  sendOrder,
  type SubgroupLog,
  type Track,
  type TrackEnd,
  type TrackReader,
  type Window,
} from "../../track/mod.ts";
import type { Connection, SendStream } from "../../transport/types.ts";
import { DRAIN_SUBSCRIPTION_MS, MAX_REPLAYED_DATAGRAMS } from "../limits.ts";
import type { SessionMetrics } from "../metrics.ts";
import { Replay } from "./replay.ts";
import { type DeliveryLimits, Room } from "./room.ts";
import { type PumpEnd, type PumpOwner, SubgroupPump } from "./subgroup_pump.ts";

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
  /** Everything that will be sent was sent, on this many streams. */
  finished(end: TrackEnd, streams: number): void;
  /** The subscriber takes too little; what it was sent is on this many streams. */
  tooFarBehind(streams: number): void;
  /** A stream had to be left open for want of a reset. */
  streamParked(): void;
  /** The subscriber did not want a stream. */
  streamRefused(): void;
}

/** What a subscription works with. */
export interface SubscriptionContext {
  readonly connection: Connection;
  readonly openStream: () => Promise<SendStream>;
  readonly clock: Clock;
  readonly metrics: SessionMetrics;
  readonly limits: DeliveryLimits;
}

const RESET_CODES: Record<PumpEnd, number> = {
  finished: StreamCode.CANCELLED,
  empty: StreamCode.CANCELLED,
  incomplete: StreamCode.CANCELLED,
  evicted: StreamCode.TOO_FAR_BEHIND,
  expired: StreamCode.DELIVERY_TIMEOUT,
  superseded: StreamCode.CANCELLED,
  behind: StreamCode.TOO_FAR_BEHIND,
  stopped: StreamCode.CANCELLED,
  refused: StreamCode.CANCELLED,
};

/** One subscriber's share of one track: a pump for each subgroup that it wants. */
export class Subscription implements TrackReader, PumpOwner {
  readonly track: Track;
  readonly #context: SubscriptionContext;
  readonly #owner: SubscriptionOwner;
  readonly #pumps = new Set<SubgroupPump>();
  readonly #room: Room;
  readonly #replay = new Replay();
  readonly #timers = new Map<SubgroupPump, Timer>();
  #wishes: Wishes;
  #streams = 0;
  #skipped: bigint | undefined;
  #end: TrackEnd | undefined;
  #drain: Timer | undefined;
  #stallWatch: Timer | undefined;
  #progress = 0;
  #over = false;

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
  }

  /** Streams that were opened so far. */
  get streams(): number {
    return this.#streams;
  }

  get wishes(): Wishes {
    return this.#wishes;
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
    this.#abandon("stopped");
  }

  subgroup(log: SubgroupLog): void {
    if (!this.#wishes.forward || !includesGroup(this.#wishes.window, log.group)) return;
    if (this.#skipped === log.group) return;
    if (!this.#replay.isOver) {
      this.#replay.add(log);
      return this.#catchUp();
    }
    const late = this.#room.latenessFor(log);
    if (late !== undefined) {
      this.#skipped = log.group;
      this.#context.metrics.skips[late]++;
      return this.#watchForStall();
    }
    this.#startPump(log, firstObjectOf(this.#wishes.window, log.group));
  }

  datagram(group: bigint, object: DatagramObject): void {
    const { window, forward } = this.#wishes;
    if (!forward || !includesGroup(window, group)) return;
    if (object.datagram.object < firstObjectOf(window, group)) return;
    const { connection, metrics, clock } = this.#context;
    const age = clock.now() - object.time;
    // A datagram is a subgroup of its own, whole when it comes.
    if (age > Math.min(this.#objectTimeout, this.#subgroupTimeout)) {
      metrics.skips.delivery_timeout++;
    } else if (object.bytes.length > connection.maxDatagramSize) {
      metrics.datagramsDropped.too_large++;
    } else if (!connection.sendDatagram(object.bytes)) metrics.datagramsDropped.unsent++;
    else {
      metrics.sent.datagrams++;
      metrics.sent.objects++;
      metrics.sent.bytes += object.bytes.length;
    }
  }

  ended(end: TrackEnd): void {
    this.#end = end;
    if (end.kind === "malformed") {
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

  streamOpened(): void {
    this.#streams++;
    this.#context.metrics.sent.subgroups++;
  }

  sent(bytes: number, objects: number): void {
    this.#progress++;
    this.track.traffic.sent += bytes;
    const { sent } = this.#context.metrics;
    sent.bytes += bytes;
    sent.objects += objects;
  }

  logCompleted(pump: SubgroupPump): void {
    const timeout = this.#subgroupTimeout;
    if (timeout === Infinity) return;
    this.#timers.set(pump, this.#context.clock.after(timeout, () => pump.stop("expired")));
  }

  pumpEnded(pump: SubgroupPump, end: PumpEnd): void {
    this.#pumps.delete(pump);
    this.#timers.get(pump)?.cancel();
    this.#timers.delete(pump);
    const { metrics, connection } = this.#context;
    if (end === "evicted") metrics.skips.evicted++;
    if (end === "expired") metrics.skips.delivery_timeout++;
    if (end === "superseded") metrics.skips.superseded++;
    if (pump.hasStream && !connection.canReset && end !== "finished" && end !== "refused") {
      metrics.streamsParked++;
      this.#owner.streamParked();
    }
    if (end === "refused") this.#owner.streamRefused();
    this.#catchUp();
    if (this.#end !== undefined && this.#isSent) this.#finish();
  }

  #join(join: JoinPoint): void {
    const { window } = this.#wishes;
    const { largest } = this.track;
    if (largest === undefined) return;
    if (join === "live") return this.#joinLive(largest.group);
    const isFromLargest = join === "group_start" || isUnfiltered(window);
    const from = isFromLargest ? largest.group : window.start.group;
    for (const group of this.track.groupsBetween(from, window.endGroup ?? largest.group)) {
      for (const log of group.logs) this.#replay.add(log);
      for (const object of group.newestDatagrams(MAX_REPLAYED_DATAGRAMS)) {
        this.datagram(group.id, object);
      }
    }
    this.#catchUp();
  }

  /** With the next object of each subgroup that is under way. */
  #joinLive(largest: bigint): void {
    const { window } = this.#wishes;
    for (const group of this.track.groupsBetween(window.start.group, window.endGroup ?? largest)) {
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
    if (!this.#replay.isOver) this.#watchForStall();
  }

  /** Whether everything that there is was sent. */
  get #isSent(): boolean {
    return this.#pumps.size === 0 && this.#replay.isOver;
  }

  #startPump(log: SubgroupLog, firstObject: number): void {
    const { connection, openStream, clock } = this.#context;
    const pump = new SubgroupPump({
      connection,
      openStream,
      track: this.track,
      log,
      firstObject: firstObject === 0 ? undefined : firstObject,
      sendOrder: this.#sendOrder(log),
      oldest: () => {
        const timeout = this.#objectTimeout;
        return timeout === Infinity ? undefined : clock.now() - timeout;
      },
      resetCode: (end) =>
        this.track.endReason?.kind === "malformed" ? StreamCode.MALFORMED_TRACK : RESET_CODES[end],
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

  /** Ends the subscription when the subscriber takes nothing at all for too long. */
  #watchForStall(): void {
    const progress = this.#progress;
    const { clock, limits, metrics } = this.#context;
    this.#stallWatch ??= clock.after(limits.stallTimeoutMs, () => {
      this.#stallWatch = undefined;
      if (this.#room.lateness === undefined && this.#replay.isOver) return;
      if (this.#progress !== progress) return this.#watchForStall();
      metrics.subscribersTooFarBehind++;
      this.#abandon("behind");
      this.#owner.tooFarBehind(this.#streams);
    });
  }

  #stopPumps(which: (log: SubgroupLog) => boolean): void {
    for (const pump of [...this.#pumps]) {
      if (which(pump.log)) pump.stop();
    }
  }

  #abandon(as: PumpEnd): void {
    if (this.#over) return;
    this.#replay.clear();
    this.#leave();
    for (const pump of [...this.#pumps]) pump.abandon(as);
  }

  #finish(): void {
    if (this.#over) return;
    this.#leave();
    this.#owner.finished(this.#end!, this.#streams);
  }

  #leave(): void {
    this.#over = true;
    this.track.unfollow(this);
    this.#drain?.cancel();
    this.#stallWatch?.cancel();
    for (const timer of this.#timers.values()) timer.cancel();
  }
}
