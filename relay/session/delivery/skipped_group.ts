import type { Clock } from "@qumo/shared/runtime";
import type { SubgroupLog } from "../../track/mod.ts";
import { LEFT_OUT_GROUP_MS } from "../limits.ts";
import type { Skip } from "../../vocabulary/mod.ts";

/**
 * The newest group in which a subgroup was skipped. Later subgroups of that group are skipped too,
 * since a part of a group is seldom useful and the next one is complete. When no newer group
 * follows for a while, each subgroup is decided by itself again.
 */
export class SkippedGroup {
  readonly #clock: Clock;
  #skipped: { readonly group: bigint; readonly why: Skip; until: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that a subgroup was skipped, and why. */
  note({ group }: SubgroupLog, why: Skip): void {
    if (this.#skipped?.group === group) return;
    this.#skipped = { group, why, until: this.#clock.now() + LEFT_OUT_GROUP_MS };
  }

  /** Why a new subgroup of the same group is skipped too; undefined when it is not. */
  reasonFor({ group }: SubgroupLog): Skip | undefined {
    const skipped = this.#skipped;
    if (skipped === undefined || group < skipped.group) return undefined;
    const now = this.#clock.now();
    if (group === skipped.group) return now < skipped.until ? skipped.why : undefined;
    skipped.until = now + LEFT_OUT_GROUP_MS;
    return undefined;
  }
}
