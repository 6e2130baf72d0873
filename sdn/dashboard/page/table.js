import { element, follow, setText } from "./dom.js";

/** Rows that are drawn: more is not read but searched. */
export const MAX_ROWS = 300;

/**
 * A table whose rows follow a list. A column's `show` gives a text, or changes the cell itself and
 * gives nothing.
 *
 * @template T
 * @typedef {{ label: string, kind?: string,
 *   show: (item: T, cell: HTMLElement) => string | undefined }} Column
 */
export class Table {
  #table;
  #rows;
  #rest;
  #empty;
  #key;
  #columns;

  /**
   * @param {HTMLElement} place
   * @param {{ label: string, key: (item: any) => string, columns: Column<any>[], empty: string }} how
   */
  constructor(place, { label, key, columns, empty }) {
    this.#key = key;
    this.#columns = columns;
    this.#empty = empty;
    this.#rows = element("tbody", { role: "rowgroup" });
    this.#rest = element("p", { class: "note" });
    // The roles stand here in words because narrow screens show rows as blocks.
    const heads = columns.map(({ label, kind }) => {
      return element("th", { scope: "col", role: "columnheader", class: kind }, label);
    });
    const head = element(
      "thead",
      { role: "rowgroup" },
      element("tr", { role: "row" }, ...heads),
    );
    this.#table = element("table", { role: "table", "aria-label": label }, head, this.#rows);
    place.append(this.#table, this.#rest);
  }

  /**
   * @param {readonly any[]} items
   * @param {number} [count] of all, when the list has been cut
   */
  show(items, count = items.length) {
    const shown = items.slice(0, MAX_ROWS);
    this.#table.hidden = items.length === 0;
    follow(this.#rows, shown, {
      key: this.#key,
      create: () => this.#row(),
      update: (row, item) => this.#fill(row, item),
    });
    const hidden = count - shown.length;
    setText(this.#rest, hidden > 0 ? `and ${hidden} more` : count === 0 ? this.#empty : "");
  }

  #row() {
    const cells = this.#columns.map(({ label, kind }) => {
      return element("td", { role: "cell", class: kind, "data-label": label });
    });
    return element("tr", { role: "row" }, ...cells);
  }

  #fill(row, item) {
    for (const [at, { show }] of this.#columns.entries()) {
      const cell = row.children[at];
      const text = show(item, cell);
      if (text !== undefined) setText(cell, text);
    }
  }
}

/** Shows a state as a coloured word. */
export function showBadge(cell, state, words = state) {
  const badge = cell.firstElementChild ?? cell.appendChild(element("span"));
  badge.className = `badge ${state}`;
  setText(badge, words);
}
