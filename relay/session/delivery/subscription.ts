import type { Timer } from "@qumo/shared/runtime";
import {
  type DatagramObject,
  includesGroup,
  type SubgroupLog,
  type Track,
  type TrackEnd,
  type TrackReader,
} from "../../track/mod.ts";
import { DRAIN_SUBSCRIPTION_MS, MAX_REPLAYED_DATAGRAMS } from "../limits.ts";
import { DatagramSender } from "./datagram_sender.ts";
import { DeliveryCounts } from "./delivery_counts.ts";
import { type PumpEnd, SKIPS_OF_ENDS } from "./pump_end.ts";
import { joinedGroups } from "./joined_groups.ts";
import { Replay } from "./replay.ts";
import { SendWindow } from "./send_window.ts";
import { SkipReport } from "./skip_report.ts";
import { SkippedGroup } from "./skipped_group.ts";
import { StallWatch, type Watched } from "./stall_watch.ts";
import type { SubgroupPump } from "./subgroup_pump.ts";
import { SubscriberLogs } from "./subscriber_logs.ts";
import type { SubscriptionContext, SubscriptionOwner } from "./subscription_context.ts";
import type { JoinPoint, SubscriptionOptions } from "./subscription_options.ts";
import { type PumpingSubscription, SubscriptionPumps } from "./subscription_pumps.ts";
import type { Standing } from "./unfinished_streams.ts";

/** Delivers one track to one subscriber, with a pump per subgroup. */
export class Subscription implements TrackReader, PumpingSubscription, Watched {
  readonly track: Track;
  progress = 0;
  readonly #context: SubscriptionContext;
  readonly #owner: SubscriptionOwner;
  readonly #pumps: SubscriptionPumps;
  readonly #sendWindow: SendWindow;
  readonly #replay = new Replay();
  readonly #counts: DeliveryCounts;
  readonly #logs: SubscriberLogs;
  readonly #skipped: SkippedGroup;
  readonly #stallWatch: StallWatch;
  readonly #report: SkipReport;
  readonly #datagrams: DatagramSender;
  #options: SubscriptionOptions;
  // The group behind the newest that was sent to its end.
  #sentTo = 0n;
  #end: TrackEnd | undefined;
  #drain: Timer | undefined;
  #standing: Standing = "live";

  constructor(
    track: Track,
    options: SubscriptionOptions,
    context: SubscriptionContext,
    owner: SubscriptionOwner,
  ) {
    this.track = track;
    this.#options = options;
    this.#context = context;
    this.#owner = owner;
    this.#pumps = new SubscriptionPumps(context, this);
    this.#sendWindow = new SendWindow(
      this.#pumps.running,
      context.limits,
      (log) => this.#pumps.sendOrder(log),
    );
    this.#skipped = new SkippedGroup(context.clock);
    this.#logs = new SubscriberLogs(track, context.renderer);
    this.#counts = new DeliveryCounts(track, context);
    const report = this.#report = new SkipReport(context.metrics, owner);
    this.#datagrams = new DatagramSender(track, context, {
      report,
      groupCount: this.#counts.groups,
    });
    this.#stallWatch = new StallWatch(context.clock, context.limits.stallTimeoutMs, this);
  }

  /** The number of streams opened so far. */
  get streams(): number {
    return this.#counts.streams;
  }

  get options(): SubscriptionOptions {
    return this.#options;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /**
   * Starts delivery. Synchronous, so that nothing arrives between the caller's read of
   * `track.largest` and the start.
   */
  start(join: JoinPoint): void {
    this.track.follow(this);
    const { endReason } = this.track;
    // The track may have ended before; its end is not reported again.
    if (endReason !== undefined) return this.ended(endReason);
    if (this.#options.forward) this.#join(join);
  }

  /** Applies changed options. */
  update(options: SubscriptionOptions): void {
    const before = this.#options;
    this.#options = options;
    if (before.forward && !options.forward) {
      this.#replay.clear();
      return this.#pumps.stop();
    }
    if (!before.forward && options.forward) return this.#join("live");
    if (before.filter?.key !== options.filter?.key) {
      this.#replay.clear();
      this.#pumps.stop();
      return this.#join("live");
    }
    this.#pumps.stopOf((log) => !includesGroup(options.window, log.group));
    this.#pumps.reorder();
  }

  /** Stops delivery: the subscriber left. */
  cancel(): void {
    this.#abandon("left");
  }

  /** Ends delivery; the owner informs the subscriber. */
  end(): void {
    this.#abandon("ended");
  }

  subgroup(subgroup: SubgroupLog): void {
    if (!this.#options.forward || !includesGroup(this.#options.window, subgroup.group)) {
      return this.#checkWindow(subgroup.group);
    }
    const log = this.#logs.of(subgroup, this.#options.filter);
    if (log === undefined) {
      return this.#logs.isTooLate(subgroup) ? this.#report.note("out_of_order") : undefined;
    }
    const skipped = this.#skipped.reasonFor(log);
    if (skipped !== undefined) return this.#report.skip(skipped, log.group);
    if (!this.#replay.isOver) {
      this.#replay.add(log);
      return this.#catchUp();
    }
    this.#pumps.dropStale(log);
    const late = this.#sendWindow.latenessFor(log);
    if (late !== undefined) {
      this.#skipped.note(log, late);
      this.#report.skip(late, log.group);
      return this.#stallWatch.begin();
    }
    this.#pumps.start(log);
  }

  began(source: string | undefined): void {
    this.#owner.began?.(source);
  }

  datagram(group: bigint, object: DatagramObject): void {
    this.#datagrams.send(group, object, this.#options);
  }

  ended(end: TrackEnd): void {
    this.#end = end;
    // A subscriber that must subscribe again should not wait for the rest of this track.
    if (end.kind === "malformed" || end.kind === "replaced") {
      this.#replay.clear();
      this.#pumps.stop();
    }
    if (this.#isSent) return this.#finish();
    this.#drain = this.#context.clock.after(DRAIN_SUBSCRIPTION_MS, () => {
      this.#replay.clear();
      this.#pumps.stop();
      this.#finish();
    });
  }

  streamOpened(group: bigint): void {
    this.#counts.stream(group);
  }

  sent(bytes: number, objects: number): void {
    this.progress++;
    this.#counts.sent(bytes, objects);
  }

  begun({ log }: SubgroupPump): void {
    this.#counts.begun(log);
  }

  logCompleted(pump: SubgroupPump): void {
    if (!this.#isOver) this.#pumps.expire(pump);
  }

  pumpEnded(pump: SubgroupPump, end: PumpEnd): void {
    this.#pumps.remove(pump);
    if (this.#isOver) return;
    const skip = SKIPS_OF_ENDS[end];
    if (skip !== undefined) this.#report.skip(skip, pump.log.group);
    if (pump.log.leftOut > 0) this.#report.note("out_of_order");
    this.#counts.ended(pump.log);
    if (end === "superseded" || end === "crowded") this.#stallWatch.begin();
    if (end === "refused") this.#owner.streamRefused();
    // Groups end in any order: an older one may be the last.
    if (end === "finished" && pump.log.group >= this.#sentTo) this.#sentTo = pump.log.group + 1n;
    this.#catchUp();
    if (this.#end !== undefined && this.#isSent) this.#finish();
    else this.#checkWindow();
  }

  /** Says that the window is over when it ends before this group, or before the largest. */
  #checkWindow(group = 0n): void {
    const { endGroup } = this.#options.window;
    if (endGroup === undefined || this.#isOver || !this.#isSent) return;
    const { largest } = this.track;
    const isPast = group > endGroup || this.#sentTo > endGroup ||
      largest !== undefined && largest.group > endGroup;
    if (isPast) this.#owner.windowOver?.();
  }

  /** Gives up an idle stream of a superseded group; false when there is none. */
  giveUpIdle(): boolean {
    return this.#sendWindow.dropSuperseded(undefined);
  }

  get isWaitedFor(): boolean {
    return this.#sendWindow.lateness !== undefined || this.#sendWindow.isWaiting ||
      !this.#replay.isOver;
  }

  stalled(): void {
    this.#context.metrics.subscribersTooFarBehind++;
    this.#abandon("ended", "behind");
    this.#owner.tooFarBehind(this.#counts.streams);
  }

  giveUp(): void {
    this.#abandon("ended");
    this.#owner.tooManyUnfinished(this.#counts.streams);
  }

  #join(join: JoinPoint): void {
    if (this.track.largest === undefined) return;
    const { window, filter } = this.#options;
    for (const group of joinedGroups(this.track, window, join)) {
      const logs = this.#logs.all(group.logs, filter);
      if (join === "live") {
        this.#pumps.startOpen(logs);
        continue;
      }
      for (const log of logs) this.#replay.add(log);
      for (const object of group.newestDatagrams(MAX_REPLAYED_DATAGRAMS)) {
        this.datagram(group.id, object);
      }
    }
    if (join === "live") return;
    this.#catchUp();
    this.#checkWindow();
  }

  /** Starts queued subgroups as far as the subscriber keeps up. */
  #catchUp(): void {
    while (!this.#replay.isOver && this.#sendWindow.lateness === undefined) {
      const log = this.#replay.take()!;
      if (includesGroup(this.#options.window, log.group)) this.#pumps.start(log);
    }
    if (!this.#replay.isOver) this.#stallWatch.begin();
  }

  /** Whether all available data was sent. */
  get #isSent(): boolean {
    return this.#pumps.isEmpty && this.#replay.isOver;
  }

  #abandon(standing: "ended" | "left", as: PumpEnd = "stopped"): void {
    if (this.#isOver) return;
    this.#replay.clear();
    this.#leave(standing);
    this.#pumps.stop(as);
    this.#context.unfinished.ownerIsOver(this);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#leave("ended");
    this.#context.unfinished.ownerIsOver(this);
    this.#owner.finished(this.#end!, this.#counts.streams);
  }

  get #isOver(): boolean {
    return this.#standing !== "live";
  }

  #leave(standing: "ended" | "left"): void {
    this.#standing = standing;
    this.track.unfollow(this);
    this.#drain?.cancel();
    this.#stallWatch.end();
    this.#pumps.cancelTimeouts();
  }
}
