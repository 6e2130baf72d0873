import type { SubgroupLog } from "../../track/mod.ts";
import type { Skip } from "../metrics.ts";
import type { SubgroupPump } from "./subgroup_pump.ts";

/** How far one subscription may fall behind. */
export interface DeliveryLimits {
  /** Bytes that may wait for the subscriber before it is given no further group. */
  readonly maxBacklogBytes: number;
  /** Streams that may be open for it before it is given no further subgroup. */
  readonly maxOpenSubgroups: number;
  /** Milliseconds without the subscriber taking a byte after which the subscription is ended. */
  readonly stallTimeoutMs: number;
}

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

  /** As {@linkcode Room.lateness}, after others have given way to this subgroup where they may. */
  latenessFor(log: SubgroupLog): Skip | undefined {
    const late = this.lateness;
    if (late === undefined || this.#giveWay(this.#rankOf(log))) return undefined;
    return late === "streams" && this.#dropSuperseded(log) ? undefined : late;
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

  /** Gives up the oldest stream that has nothing to send, of a group that nobody continues. */
  #dropSuperseded(by: SubgroupLog): boolean {
    for (const pump of this.#pumps) {
      if (pump.log.groupOrdinal >= by.groupOrdinal || pump.backlog > 0) continue;
      pump.stop("superseded");
      return true;
    }
    return false;
  }
}
