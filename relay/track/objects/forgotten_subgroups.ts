import { MAX_FORGOTTEN_ROWS } from "../limits.ts";
import type { SubgroupLog } from "./subgroup_log.ts";

/** Subgroups of one source with ids in a row. */
interface Row {
  readonly source: string | undefined;
  from: bigint;
  to: bigint;
  /** The largest object of them. */
  lastId: number;
}

/**
 * Subgroups of a group that were given up for others, so that what comes of them late is not taken for
 * new. They are remembered for each source: nobody's objects are too old for what another one sent.
 */
export class ForgottenSubgroups {
  #rows: Row[] = [];

  /** A subgroup was given up. */
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
   * Whether this object of a subgroup, or one behind it, came from this source and was given up; from
   * any where none is named.
   */
  has(subgroup: bigint, id: number, source: string | undefined): boolean {
    return this.#rows.some((row) =>
      (source === undefined || row.source === source) &&
      row.from <= subgroup && subgroup <= row.to && id <= row.lastId
    );
  }

  /** A row that grew may reach another one of its source. */
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

  /** The oldest of the shortest, the one that was added last aside. */
  #dropShortest(): void {
    const rows = this.#rows;
    let shortest = rows[0]!;
    for (const row of rows.slice(1, -1)) {
      if (row.to - row.from < shortest.to - shortest.from) shortest = row;
    }
    this.#rows = rows.filter((row) => row !== shortest);
  }
}
