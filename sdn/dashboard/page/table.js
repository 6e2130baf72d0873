import { element, follow, setText } from "./dom.js";
import { readOrder, writeOrder } from "./table_order.js";

/** Rows per page; on a phone each row is a block of lines. */
const PAGE_ROWS = 50;
const PAGE_BLOCKS = 10;
const narrow = matchMedia("(max-width: 700px)");

/**
 * A table whose rows follow a list, in pages. A column's `show` gives a text, or changes the cell
 * itself and gives nothing; with `sort`, its head orders the rows by what that gives.
 *
 * @template T
 * @typedef {{ label: string, kind?: string,
 *   show: (item: T, cell: HTMLElement) => string | undefined,
 *   sort?: (item: T) => string | number | undefined }} Column
 */
export class Table {
  #table;
  #rows;
  #rest;
  #pager;
  #empty;
  #key;
  #label;
  #columns;
  #rank;
  #items = [];
  #page = 0;
  /** The sort column and direction; initially the list's order. */
  #sort = { at: -1, isDown: false };

  /**
   * @param {HTMLElement} place
   * @param {{ label: string, key: (item: any) => string, columns: Column<any>[], empty: string,
   *   rank?: (item: any) => number }} how with `rank`, rows of a lower one come first until a head
   *   is chosen
   */
  constructor(place, { label, key, columns, empty, rank }) {
    this.#key = key;
    this.#label = label;
    this.#rank = rank;
    this.#columns = columns;
    this.#empty = empty;
    this.#rows = element("tbody", { role: "rowgroup" });
    this.#rest = element("p", { class: "note" });
    // Explicit roles, because narrow screens show rows as blocks.
    const heads = columns.map((column, at) => {
      const head = { scope: "col", role: "columnheader", class: column.kind };
      return element("th", head, column.sort ? this.#sorter(column.label, at) : column.label);
    });
    const head = element(
      "thead",
      { role: "rowgroup" },
      element("tr", { role: "row" }, ...heads),
    );
    this.#table = element("table", { role: "table", "aria-label": label }, head, this.#rows);
    this.#pager = this.#makePager(label);
    place.append(this.#table, this.#pager, this.#rest);
    this.#followOrder();
    addEventListener("hashchange", () => {
      this.#followOrder();
      this.show(this.#items);
    });
  }

  /**
   * @param {readonly any[]} items
   * @param {string} [empty] what is said when there are none, if not always the same
   */
  show(items, empty = this.#empty) {
    this.#items = items;
    const rows = narrow.matches ? PAGE_BLOCKS : PAGE_ROWS;
    const last = Math.max(0, Math.ceil(items.length / rows) - 1);
    this.#page = Math.min(this.#page, last);
    const start = this.#page * rows;
    const shown = this.#sorted().slice(start, start + rows);
    this.#table.hidden = items.length === 0;
    follow(this.#rows, shown, {
      key: this.#key,
      create: () => this.#row(),
      update: (row, item) => this.#fill(row, item),
    });
    this.#pager.hidden = last === 0;
    const [words, before, after] = this.#pager.children;
    setText(words, `${start + 1} to ${start + shown.length} of ${items.length}`);
    before.disabled = this.#page === 0;
    after.disabled = this.#page === last;
    setText(this.#rest, items.length === 0 ? empty : "");
  }

  #sorted() {
    const { at, isDown } = this.#sort;
    const read = this.#columns[at]?.sort ?? this.#rank;
    if (!read) return this.#items;
    return this.#items.toSorted((a, b) => order(read(a), read(b), isDown));
  }

  #sorter(label, at) {
    const onclick = () => {
      const isSame = this.#sort.at === at;
      // Ascending, descending, then the list's order.
      this.#sort = isSame && this.#sort.isDown ? { at: -1, isDown: false } : { at, isDown: isSame };
      const column = this.#columns[this.#sort.at]?.label;
      writeOrder(this.#label, column && { column, isDown: this.#sort.isDown });
      this.#showOrder();
      this.show(this.#items);
    };
    return element("button", { type: "button", class: "sorter", onclick }, label);
  }

  /** Takes over the order that the page's address asks for. */
  #followOrder() {
    const { column, isDown = false } = readOrder(this.#label) ?? {};
    const at = this.#columns.findIndex(({ label, sort }) => label === column && sort);
    this.#sort = { at, isDown: at !== -1 && isDown };
    this.#showOrder();
  }

  #showOrder() {
    const { at: sorted, isDown } = this.#sort;
    for (const [at, head] of [...this.#table.tHead.rows[0].cells].entries()) {
      if (at !== sorted) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    }
  }

  #makePager(label) {
    const turn = (by) => () => {
      this.#page += by;
      this.show(this.#items);
    };
    const button = (text, by) =>
      element(
        "button",
        { type: "button", onclick: turn(by), "aria-label": `${label}: ${text}` },
        text,
      );
    return element(
      "p",
      { class: "pager" },
      element("span"),
      button("Previous", -1),
      button("Next", 1),
    );
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

/** Shows a state as a colored badge. */
export function showBadge(cell, state, words = state) {
  const badge = cell.firstElementChild ?? cell.appendChild(element("span"));
  badge.className = `badge ${state}`;
  setText(badge, words);
}

/** Undefined values come last, whichever way is sorted. */
function order(a, b, isDown) {
  if (a === undefined || b === undefined) {
    return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  }
  const way = isDown ? -1 : 1;
  return a < b ? -way : a > b ? way : 0;
}
