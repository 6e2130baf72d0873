import { make } from "./dom.js";

/** Rows per page. */
const ROWS = 50;

/** A table that shows a list in pages. */
export class List {
  #path;
  #columns;
  #offset = 0;
  #total = 0;
  #body = make("tbody");
  #note = make("p", { className: "note", role: "status" });
  #back = make("button", { type: "button", textContent: "‹", ariaLabel: "Earlier rows" });
  #on = make("button", { type: "button", textContent: "›", ariaLabel: "Further rows" });
  #load = () => {};

  /**
   * `columns` have a title, the text of a row, and the style of a cell. Without a path the table
   * only shows given rows.
   */
  constructor(title, path, columns) {
    this.#path = path;
    this.#columns = columns;
    const id = `${title.toLowerCase()}-title`;
    const heads = columns.map(([text, , look]) =>
      make("th", { scope: "col", textContent: text, className: look === "number" ? look : "" })
    );
    const head = make("thead", {}, make("tr", {}, ...heads));
    const table = make("table", { ariaLabel: title }, head, this.#body);
    this.card = make(
      "section",
      { className: "card" },
      make(
        "div",
        { className: "head" },
        make("h2", { id, textContent: title }),
        this.#back,
        this.#on,
      ),
      make("div", { className: "scroll", tabIndex: 0 }, table),
      this.#note,
    );
    this.card.setAttribute("aria-labelledby", id);
    this.#back.onclick = () => this.#turn(-ROWS);
    this.#on.onclick = () => this.#turn(ROWS);
  }

  /** Loads the current page of rows. */
  async load(ask) {
    this.#load = () => this.load(ask);
    const offset = this.#offset;
    try {
      const rows = await ask(`${this.#path}?offset=${offset}&limit=${ROWS}`);
      if (offset === this.#offset) this.show(rows);
    } catch (error) {
      if (error.status !== 403) throw error;
      this.show({ total: 0, items: [] });
      this.#note.textContent = `${error.message}; \`ops.details: open\` shows them to everyone.`;
    }
  }

  show({ total, items }) {
    this.#total = total;
    this.#body.replaceChildren(...items.map((item) => this.#row(item)));
    const from = this.#offset + 1;
    this.#note.textContent = total === 0
      ? "None."
      : `${from} to ${this.#offset + items.length} of ${total}, the oldest first.`;
    this.#back.disabled = this.#offset === 0;
    this.#on.disabled = this.#offset + items.length >= total;
    this.#back.hidden = this.#on.hidden = total <= ROWS && this.#offset === 0;
    // The rows of this page may have gone.
    if (items.length === 0 && this.#offset > 0) this.#turn(-this.#offset);
  }

  #turn(by) {
    this.#offset = Math.max(0, this.#offset + by);
    this.#load();
  }

  #row(item) {
    return make(
      "tr",
      {},
      ...this.#columns.map(([, text, look]) => {
        const words = String(text(item));
        if (look !== "badge") return make("td", { className: look ?? "", textContent: words });
        return make("td", {}, make("span", { className: `badge ${words}`, textContent: words }));
      }),
    );
  }
}
