import { byId, element, follow, setText } from "./dom.js";

/** Entries that are told one by one. */
const MAX_TOLD = 6;

/** What needs somebody, the worst first: what, since when, who is hurt, what to do. */
export class AttentionView {
  #model;
  #api;
  #onOpen;
  /** What relays that are lost had before, by name. @type {Map<string, any>} */
  #before = new Map();

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
    const all = [...this.#relays(), ...this.#links()];
    byId("attention").hidden = all.length === 0;
    follow(byId("attention-list"), all.slice(0, MAX_TOLD), {
      key: ({ title }) => title,
      create: ({ opened }) => {
        const onclick = () => this.#onOpen(opened);
        return element(
          "li",
          {},
          element("button", { type: "button", class: "linklike", onclick }),
          element("span", { class: "hurt" }),
          element("small"),
        );
      },
      update: ({ children: [name, hurt, todo] }, one) => {
        setText(name, one.title);
        setText(hurt, one.hurt);
        setText(todo, one.todo);
      },
    });
    const more = all.length - MAX_TOLD;
    setText(byId("attention-more"), more > 0 ? `and ${more} more; the tables have them` : "");
  }

  #relays() {
    const lost = this.#model.nodes.filter(({ state }) =>
      state === "unreachable" || state === "expired"
    );
    const names = new Set(lost.map(({ id }) => id));
    for (const id of this.#before.keys()) if (!names.has(id)) this.#before.delete(id);
    return lost.map(({ id, state }) => {
      const since = this.#since((one) =>
        one.relay === id && (one.kind === "relay_unreachable" || one.kind === "relay_expired")
      );
      return {
        title: `${id} is ${state}${since}`,
        opened: { relay: id },
        hurt: this.#hurt(id),
        todo: state === "unreachable"
          ? "No neighbor reaches it. See whether its process runs and its UDP port answers; started again, it registers by itself."
          : "It sent no heartbeat. Start it again, or take it out of its neighbors' configuration.",
      };
    });
  }

  #links() {
    const lost = new Set(
      this.#model.nodes.filter(({ state }) => state !== "registered" && state !== "draining")
        .map(({ id }) => id),
    );
    // A relay that is lost says all of its links.
    const down = this.#model.pairs().filter(({ a, b, state }) =>
      state === "down" && !lost.has(a) && !lost.has(b)
    );
    return down.map(({ a, b, carried }) => {
      const since = this.#since(({ kind, relay, neighbor }) =>
        kind === "link_down" && [a, b].includes(relay) && [a, b].includes(neighbor)
      );
      return {
        title: `The link between ${a} and ${b} is down${since}`,
        opened: { link: JSON.stringify([a, b]) },
        hurt: carried.length === 0
          ? "No track is on it; routes lead around it."
          : `${carried.length} tracks were on it.`,
        todo: "Both relays live: see whether UDP passes between them, and their certificates.",
      };
    });
  }

  #since(isMeant) {
    const event = this.#model.log.find(isMeant);
    return event === undefined ? "" : ` since ${new Date(event.time).toLocaleTimeString()}`;
  }

  #hurt(relay) {
    if (!this.#before.has(relay)) this.#ask(relay);
    const { sessions = this.#model.relays.get(relay)?.load?.sessions, subscriptions } =
      this.#before.get(relay) ?? {};
    const others = [...this.#model.announces].filter(([name]) => name !== relay);
    const gone = [...this.#model.announces.get(relay)?.keys() ?? []].filter((track) =>
      !others.some(([, tracks]) => tracks.has(track))
    );
    const parts = [
      sessions === undefined ? "" : `It had ${sessions} sessions`,
      subscriptions === undefined ? "" : `${subscriptions} subscriptions`,
    ].filter((part) => part !== "").join(" and ");
    const off = gone.length === 0
      ? ""
      : `Only it has ${gone.slice(0, 3).join(", ")}${
        gone.length > 3 ? ` and ${gone.length - 3} more` : ""
      }.`;
    return [parts === "" ? "" : `${parts}.`, off].filter((part) => part !== "").join(" ");
  }

  async #ask(relay) {
    this.#before.set(relay, {});
    const history = this.#api.json(`history?${new URLSearchParams({ relay })}`);
    const { series } = await history.catch(() => ({ series: {} }));
    const last = (field) => {
      const value = series[field]?.findLast((value) => value !== null);
      return value && Math.round(value);
    };
    this.#before.set(relay, { sessions: last("sessions"), subscriptions: last("subscriptions") });
    this.show();
  }
}
