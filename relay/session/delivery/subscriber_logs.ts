import type { ObjectFilter, Renderer, SubgroupLog, Track } from "../../track/mod.ts";

/**
 * Which logs are streams for one subscriber: a subgroup's own, what passes the subscriber's filter of
 * it, or the whole group where the dialect has no subgroups.
 */
export class SubscriberLogs {
  readonly #track: Track;
  readonly #renderer: Renderer;

  constructor(track: Track, renderer: Renderer) {
    this.#track = track;
    this.#renderer = renderer;
  }

  /**
   * The log whose stream a subgroup is; undefined when the stream of its group is another's, or nothing
   * of it passes the filter.
   */
  of(log: SubgroupLog, filter: ObjectFilter | undefined): SubgroupLog | undefined {
    const { renderings } = this.#track;
    if (this.#renderer.hasWholeGroups === true) return renderings.wholeOf(log, this.#renderer);
    return filter === undefined ? log : renderings.filteredOf(log, filter);
  }

  all(logs: readonly SubgroupLog[], filter: ObjectFilter | undefined): SubgroupLog[] {
    return logs.map((log) => this.of(log, filter)).filter((log) => log !== undefined);
  }

  /** Whether a subgroup begins behind the end of the stream that its whole group is. */
  isTooLate(log: SubgroupLog): boolean {
    return this.#renderer.hasWholeGroups === true &&
      this.#track.renderings.isWholeOver(log, this.#renderer);
  }
}
