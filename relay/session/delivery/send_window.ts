import type { SubgroupLog } from "../../track/mod.ts";
import type { DeliveryLimits } from "../settings.ts";
import type { SubgroupPump } from "./subgroup_pump.ts";
import type { Skip } from "../../vocabulary.ts";

/** Decides whether a subscriber that may be slow is given something new, and what gives way to it. */
export class Room {
  readonly #pumps: ReadonlySet<SubgroupPump>;
  readonly #limits: DeliveryLimits;
  readonly #rankOf: (log: SubgroupLog) => number;

  /** `rankOf` is the send order of a subgroup, higher first. */
  constructor(
    pumps: ReadonlySet<SubgroupPump>,
    limits: DeliveryLimits,
    rankOf: (log: SubgroupLog) => number,
  ) {
    this.#pumps = pumps;
    this.#limits = limits;
    this.#rankOf = rankOf;
  }

  /** Why the subscriber is too late to be given something new; undefined when it is not. */
  get lateness(): Skip | undefined {
    let backlog = 0;
    let open = 0;
    for (const pump of this.#pumps) {
      backlog += pump.backlog;
      if (pump.isOpen) open++;
    }
    if (backlog > this.#limits.maxBacklogBytes) return "backlog";
    return open >= this.#limits.maxOpenSubgroups ? "streams" : undefined;
  }

  /** Whether anything waits for the subscriber: to allow a stream, or to take what was written. */
  get isWaiting(): boolean {
    for (const pump of this.#pumps) {
      if (pump.isBusy) return true;
    }
    return false;
  }

  /** As {@linkcode Room.lateness}, after others have given way to this subgroup where they may. */
  latenessFor(log: SubgroupLog): Skip | undefined {
    const late = this.lateness;
    if (late === undefined || this.#giveWay(this.#rankOf(log))) return undefined;
    return late === "streams" && this.dropSuperseded(log) ? undefined : late;
  }

  /**
   * Gives up subgroups that are to be sent after one of this rank, the last first, until there is room
   * for it; false when that is not enough (#resource-exhaustion).
   */
  #giveWay(rank: number): boolean {
    const behind = [...this.#pumps]
      .map((pump) => ({ pump, rank: this.#rankOf(pump.log) }))
      .filter((other) => other.rank < rank)
      .sort((a, b) => a.rank - b.rank);
    for (const { pump } of behind) {
      pump.stop("superseded");
      if (this.lateness === undefined) return true;
      // It first has to come to the end of an object: the others may stay until it has.
      if (this.#pumps.has(pump)) return false;
    }
    return false;
  }

  get #newestOrdinal(): number {
    let newest = -1;
    for (const { log } of this.#pumps) newest = Math.max(newest, log.groupOrdinal);
    return newest;
  }

  /**
   * Gives up the oldest stream that has nothing to send, of a group that others have followed: at the
   * last that of `by`.
   */
  dropSuperseded(by: SubgroupLog | undefined): boolean {
    const newest = by?.groupOrdinal ?? this.#newestOrdinal;
    for (const pump of this.#pumps) {
      if (pump.log.groupOrdinal >= newest || pump.backlog > 0 || pump.isBusy) continue;
      pump.stop("superseded");
      return true;
    }
    return false;
  }
}
