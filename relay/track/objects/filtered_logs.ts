import { FilteredLog, type FilteredPlace } from "./filtered_log.ts";
import type { HeadFilter } from "./object_filter.ts";
import type { SubgroupLog } from "./subgroup_log.ts";

/** The parts of a group's subgroups that pass filters, made on demand. */
export class FilteredLogs {
  readonly #bySource = new Map<SubgroupLog, Map<string, FilteredLog>>();

  /** Their logs. */
  get logs(): SubgroupLog[] {
    return [...this.#all()].map(({ log }) => log);
  }

  /** What passes a filter of a subgroup. */
  get(source: SubgroupLog, filter: HeadFilter, place: FilteredPlace): SubgroupLog {
    const ofSource = this.#bySource.get(source) ?? new Map<string, FilteredLog>();
    this.#bySource.set(source, ofSource);
    const known = ofSource.get(filter.key);
    if (known !== undefined) return known.log;
    const filtered = new FilteredLog(source, filter, place);
    ofSource.set(filter.key, filtered);
    return filtered.log;
  }

  /** Evicts what there is of a subgroup. Returns the released bytes. */
  drop(source: SubgroupLog): number {
    const ofSource = this.#bySource.get(source);
    this.#bySource.delete(source);
    let freed = 0;
    for (const filtered of ofSource?.values() ?? []) freed += filtered.evict();
    return freed;
  }

  /** Evicts everything. */
  evict(): void {
    const all = [...this.#all()];
    this.#bySource.clear();
    for (const filtered of all) filtered.evict();
  }

  *#all(): Iterable<FilteredLog> {
    for (const ofSource of this.#bySource.values()) yield* ofSource.values();
  }
}
