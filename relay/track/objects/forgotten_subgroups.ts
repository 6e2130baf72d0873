import { MAX_FORGOTTEN_ROWS } from "../limits.ts";
import type { SubgroupLog } from "./subgroup_log.ts";

/** Subgroups of one source with consecutive ids. */
interface Row {
  readonly source: string | undefined;
  from: bigint;
  to: bigint;
  /** Their largest object id. */
  lastId: number;
}

/**
 * Dropped subgroups of a group, so that late data of them does not count as new. Kept per source:
 * objects of one source do not make those of another too old.
 */
export class ForgottenSubgroups {
  #rows: Row[] = [];

  /** Adds a dropped subgroup. */
  add({ subgroup, lastId, source }: SubgroupLog): void {
    const rows = this.#rows;
    const row = rows.find((one) =>
      one.source === source && one.from - 1n <= subgroup && subgroup <= one.to + 1n
    );
    if (row === undefined) {
      rows.push({ source, from: subgroup, to: subgroup, lastId });
      if (rows.length > MAX_FORGOTTEN_ROWS) this.#dropShortest();
      return;
    }
    if (subgroup < row.from) row.from = subgroup;
    if (subgroup > row.to) row.to = subgroup;
    row.lastId = Math.max(row.lastId, lastId);
    this.#join(row);
  }

  /**
   * Whether this or a later object of a subgroup was dropped, from `source` or, if undefined, from
   * any.
   */
  has(subgroup: bigint, id: number, source: string | undefined): boolean {
    return this.#rows.some((row) =>
      (source === undefined || row.source === source) &&
      row.from <= subgroup && subgroup <= row.to && id <= row.lastId
    );
  }

  /** Merges a row that grew with the adjacent row of its source. */
  #join(grown: Row): void {
    const other = this.#rows.find((one) =>
      one !== grown && one.source === grown.source &&
      one.from <= grown.to + 1n && grown.from <= one.to + 1n
    );
    if (other === undefined) return;
    grown.from = other.from < grown.from ? other.from : grown.from;
    grown.to = other.to > grown.to ? other.to : grown.to;
    grown.lastId = Math.max(grown.lastId, other.lastId);
    this.#rows = this.#rows.filter((one) => one !== other);
  }

  /** Drops the shortest row, the oldest of several, but not the newest one. */
  #dropShortest(): void {
    const rows = this.#rows;
    let shortest = rows[0]!;
    for (const row of rows.slice(1, -1)) {
      if (row.to - row.from < shortest.to - shortest.from) shortest = row;
    }
    this.#rows = rows.filter((row) => row !== shortest);
  }
}
