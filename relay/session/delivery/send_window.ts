import type { SubgroupLog } from "../../track/mod.ts";
import type { DeliveryLimits } from "../settings.ts";
import type { SubgroupPump } from "./subgroup_pump.ts";
import type { Skip } from "../../vocabulary/mod.ts";

/**
 * Back-pressure of one subscription: decides whether a new subgroup may be sent to a subscriber
 * that may be slow, and which streams are given up for it.
 */
export class SendWindow {
  readonly #pumps: ReadonlySet<SubgroupPump>;
  readonly #limits: DeliveryLimits;
  readonly #rankOf: (log: SubgroupLog) => number;

  /** `rankOf` returns a subgroup's send order; higher is sent first. */
  constructor(
    pumps: ReadonlySet<SubgroupPump>,
    limits: DeliveryLimits,
    rankOf: (log: SubgroupLog) => number,
  ) {
    this.#pumps = pumps;
    this.#limits = limits;
    this.#rankOf = rankOf;
  }

  /** The limit that the subscriber exceeds; undefined while new data may be sent. */
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

  /** Whether any pump waits for the peer: for stream credit, or for a write. */
  get isWaiting(): boolean {
    for (const pump of this.#pumps) {
      if (pump.isBusy) return true;
    }
    return false;
  }

  /** As {@linkcode SendWindow.lateness}, after giving up less urgent streams for this subgroup. */
  latenessFor(log: SubgroupLog): Skip | undefined {
    const late = this.lateness;
    if (late === undefined || this.#giveWay(this.#rankOf(log))) return undefined;
    return late === "streams" && this.dropSuperseded(log) ? undefined : late;
  }

  /**
   * Gives up subgroups with a lower rank, the lowest first, until the subscriber is below its
   * limits; false when that is not enough (#resource-exhaustion).
   */
  #giveWay(rank: number): boolean {
    const behind = [...this.#pumps]
      .map((pump) => ({ pump, rank: this.#rankOf(pump.log) }))
      .filter((other) => other.rank < rank)
      .sort((a, b) => a.rank - b.rank);
    for (const { pump } of behind) {
      pump.stop("superseded");
      if (this.lateness === undefined) return true;
      // A pump that must finish its object first keeps its stream until then; wait for it.
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
   * Gives up the oldest idle stream of a superseded group, up to the group of `by`; false when
   * there is none.
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
