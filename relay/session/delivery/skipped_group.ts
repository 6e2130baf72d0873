import type { Clock } from "@qumo/shared/runtime";
import type { SubgroupLog } from "../../track/mod.ts";
import { LEFT_OUT_GROUP_MS } from "../limits.ts";
import type { Skip } from "../../vocabulary.ts";

/**
 * The group of which a subscriber was left something out last. What begins in it later is left out as
 * well, since a part of a group is seldom of use and the next one is whole: for as long as a next one
 * may come. In a group that goes on without one each subgroup is decided by itself.
 */
export class SkippedGroup {
  readonly #clock: Clock;
  #skipped: { readonly group: bigint; readonly why: Skip; until: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A subgroup was left out, for this reason. */
  note({ group }: SubgroupLog, why: Skip): void {
    if (this.#skipped?.group === group) return;
    this.#skipped = { group, why, until: this.#clock.now() + LEFT_OUT_GROUP_MS };
  }

  /** Why a subgroup that begins is left out with what was before; undefined when it is not. */
  reasonFor({ group }: SubgroupLog): Skip | undefined {
    const skipped = this.#skipped;
    if (skipped === undefined || group < skipped.group) return undefined;
    const now = this.#clock.now();
    if (group === skipped.group) return now < skipped.until ? skipped.why : undefined;
    skipped.until = now + LEFT_OUT_GROUP_MS;
    return undefined;
  }
}
