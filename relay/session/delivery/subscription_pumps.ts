import type { StreamErrorName } from "@qumo/shared/wire";
import { firstObjectOf, lastObjectOf, type SubgroupLog, type Track } from "../../track/mod.ts";
import { PUMP_ENDS, type PumpEnd } from "./pump_end.ts";
import type { PumpTerms } from "./pump_options.ts";
import { type PumpOwner, SubgroupPump } from "./subgroup_pump.ts";
import type { SubscriptionContext } from "./subscription_context.ts";
import {
  objectTimeout,
  sendOrderOf,
  subgroupTimeout,
  type SubscriptionOptions,
} from "./subscription_options.ts";

/** The subscription that pumps belong to. */
export interface PumpingSubscription extends PumpOwner {
  readonly track: Track;
  /** What is wanted of the track at the moment. */
  readonly options: SubscriptionOptions;
}

/** The pumps of one subscription: one for each subgroup that is being sent. */
export class SubscriptionPumps implements PumpTerms {
  readonly #context: SubscriptionContext;
  readonly #subscription: PumpingSubscription;
  readonly #running = new Set<SubgroupPump>();

  constructor(context: SubscriptionContext, subscription: PumpingSubscription) {
    this.#context = context;
    this.#subscription = subscription;
  }

  /** Those that have not ended. */
  get running(): ReadonlySet<SubgroupPump> {
    return this.#running;
  }

  /** Whether all have ended. */
  get isEmpty(): boolean {
    return this.#running.size === 0;
  }

  /** The send order of a subgroup's stream. */
  sendOrder(log: SubgroupLog): number {
    const { options, track } = this.#subscription;
    return sendOrderOf(log, options, track);
  }

  /** Sends a subgroup as far as it is in the window. */
  start(log: SubgroupLog): void {
    this.#start(log, firstObjectOf(this.#subscription.options.window, log.group));
  }

  /** Sends those of a group's subgroups that go on, each from its next object on. */
  startOpen(logs: Iterable<SubgroupLog>): void {
    const { window } = this.#subscription.options;
    for (const log of logs) {
      if (log.state !== "open") continue;
      this.#start(log, Math.max(log.lastId + 1, firstObjectOf(window, log.group)));
    }
  }

  #start(log: SubgroupLog, firstObject: number): void {
    const { supply, unfinished, renderer, header, isWholeAtLast } = this.#context;
    const { track, options } = this.#subscription;
    const pump = new SubgroupPump({
      renderer,
      supply,
      unfinished,
      track,
      log,
      firstObject: firstObject === 0 ? undefined : firstObject,
      header: header && ((first) => header(log.group, first)),
      lastObject: lastObjectOf(options.window, log.group),
      isWholeAtLast,
      sendOrder: this.sendOrder(log),
      terms: this,
    }, this.#subscription);
    this.#running.add(pump);
    pump.wake();
  }

  oldest({ timeouts }: SubgroupLog): number | undefined {
    const { options, track } = this.#subscription;
    const timeout = objectTimeout(options, track, timeouts);
    return timeout === Infinity ? undefined : this.#context.clock.now() - timeout;
  }

  resetCode(end: PumpEnd): StreamErrorName {
    const isMalformed = this.#subscription.track.endReason?.kind === "malformed";
    return isMalformed ? "malformed_track" : PUMP_ENDS[end];
  }

  /** Says their send orders anew, after these have changed. */
  reorder(): void {
    for (const pump of this.#running) pump.sendOrder = this.sendOrder(pump.log);
  }

  /** Stops all. */
  stop(as: PumpEnd = "stopped"): void {
    for (const pump of [...this.#running]) pump.stop(as);
  }

  /** Stops those of some subgroups. */
  stopOf(which: (log: SubgroupLog) => boolean): void {
    for (const pump of [...this.#running]) {
      if (which(pump.log)) pump.stop();
    }
  }

  /** Gives up groups that hold back a newer one and began too long before it. */
  dropStale({ group }: SubgroupLog): void {
    const { staleAfter } = this.#subscription.options;
    if (staleAfter === undefined) return;
    const oldest = this.#context.clock.now() - staleAfter;
    for (const pump of [...this.#running]) {
      const { log, backlog } = pump;
      // Groups may come in any order: peers that send the newest first do it so.
      const isStale = log.group < group && log.count > 0 && log.timeOf(0) < oldest;
      if (isStale && backlog > 0) pump.stop("expired");
    }
  }

  /** The subgroup of a pump is complete: the rest may take as long as the delivery timeout. */
  expire(pump: SubgroupPump): void {
    const { options, track } = this.#subscription;
    const timeout = subgroupTimeout(options, track, pump.log.timeouts);
    if (timeout === Infinity) return;
    pump.timeout = this.#context.clock.after(timeout, () => pump.stop("expired"));
  }

  /** A pump has ended. */
  remove(pump: SubgroupPump): void {
    this.#running.delete(pump);
    pump.timeout?.cancel();
  }

  /** None has a timeout any more. */
  cancelTimeouts(): void {
    for (const { timeout } of this.#running) timeout?.cancel();
  }
}
