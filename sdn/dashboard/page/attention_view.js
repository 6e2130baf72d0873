import { byId, element, follow, setText } from "./dom.js";
import { lostOf, troublesOf } from "./troubles.js";

/** Entries that are told one by one. */
const MAX_TOLD = 6;

/** What needs somebody, the worst first. */
export class AttentionView {
  #model;
  #api;
  #onOpen;
  /** What relays that are lost had before, by name. @type {Map<string, any>} */
  #before = new Map();
  /** @type {import("./troubles.js").Trouble[]} */
  #all = [];

  /**
   * @param {import("./model.js").Model} model
   * @param {import("./api.js").Api} api
   * @param {(opened: { relay?: string, link?: string }) => void} onOpen
   */
  constructor(model, api, onOpen) {
    this.#model = model;
    this.#api = api;
    this.#onOpen = onOpen;
  }

  show() {
    this.#askOfLost();
    const lasts = new Map(lostOf(this.#model).map(({ id, last }) => [id, last]));
    const before = (relay) => {
      return {
        sessions: this.#model.relays.get(relay)?.load?.sessions,
        ...lasts.get(relay)?.load,
        ...this.#before.get(relay),
      };
    };
    const all = troublesOf(this.#model, { before, now: Date.now() + this.#api.clockAhead });
    this.#all = all;
    byId("attention").hidden = all.length === 0;
    follow(byId("attention-list"), all.slice(0, MAX_TOLD), {
      key: ({ key }) => key,
      create: ({ opened }) => {
        const onclick = () => this.#onOpen(opened);
        return element(
          "li",
          {},
          element("button", { type: "button", class: "linklike", onclick }),
          element("span", { class: "hurt" }),
          element("span"),
        );
      },
      update: ({ children: [name, hurt, todo] }, one) => {
        setText(name, one.title);
        setText(hurt, one.hurt);
        setText(todo, `What to do: ${one.todo}`);
      },
    });
    const more = all.length - MAX_TOLD;
    setText(byId("attention-more"), more > 0 ? `and ${more} more; the tables have them` : "");
  }

  /**
   * The worst of what is told of a relay or a link.
   *
   * @param {{ relay?: string, link?: string }} opened
   */
  of({ relay, link }) {
    if (relay === undefined && link === undefined) return undefined;
    return this.#all.find(({ opened }) => opened.relay === relay && opened.link === link);
  }

  #askOfLost() {
    // Others are not told one by one, and each answer shows all again.
    const lost = new Set(lostOf(this.#model).slice(0, MAX_TOLD).map(({ id }) => id));
    for (const id of this.#before.keys()) if (!lost.has(id)) this.#before.delete(id);
    for (const id of lost) if (!this.#before.has(id)) this.#ask(id);
  }

  async #ask(relay) {
    this.#before.set(relay, {});
    const history = this.#api.json(`history?${new URLSearchParams({ relay })}`);
    const { series } = await history.catch(() => ({ series: {} }));
    const known = ["sessions", "subscriptions"].flatMap((field) => {
      const value = series[field]?.findLast((value) => value !== null);
      return value === undefined ? [] : [[field, Math.round(value)]];
    });
    if (!this.#before.has(relay)) return;
    this.#before.set(relay, Object.fromEntries(known));
    this.show();
  }
}
