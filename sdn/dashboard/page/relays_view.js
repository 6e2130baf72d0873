import { readLink, writeLink } from "./deep_link.js";
import { byId, element, follow, setText } from "./dom.js";
import { words } from "./format.js";
import { STATES } from "./model.js";
import { relayTable } from "./network_tables.js";
import { versionWords } from "./versions.js";

/** The table of relays, with what narrows it: words, and any of their states. */
export class RelaysView {
  #table;
  /** The states that are shown; all of them when none is chosen. @type {Set<string>} */
  #states = new Set();
  /** Every relay, with what it reports. */
  #relays = [];

  /**
   * @param {import("./api.js").Api} api
   * @param {Parameters<typeof relayTable>[1]} around
   */
  constructor(api, around) {
    this.#table = relayTable(api, around);
    byId("relays-search").addEventListener("input", () => {
      writeLink({ filter: byId("relays-search").value });
      this.show();
    });
    byId("relays-clear").addEventListener("click", () => {
      byId("relays-search").value = "";
      this.#choose([], { filter: "" });
      byId("relays-search").focus();
    });
  }

  /** Takes over what the page's address says. */
  follow() {
    const { filter = "", states = "" } = readLink();
    byId("relays-search").value = filter;
    this.#states = new Set(states.split(",").filter((state) => STATES.includes(state)));
  }

  /** @param {readonly any[]} [relays] with what they report; those of before if nothing is said */
  show(relays = this.#relays) {
    this.#relays = relays;
    const wanted = byId("relays-search").value.trim().toLowerCase();
    const isChosen = ({ state }) => this.#states.size === 0 || this.#states.has(state);
    const rows = relays.filter((relay) => isChosen(relay) && textOf(relay).includes(wanted));
    rows.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    const isNarrowed = wanted !== "" || this.#states.size > 0;
    byId("relays-clear").hidden = !isNarrowed;
    setText(byId("relays-versions"), versionWords(relays));
    this.#showStates();
    this.#table.show(rows, isNarrowed ? "No relay matches." : "None");
  }

  /** A button for each state that a relay has, or that was chosen. */
  #showStates() {
    const counts = Map.groupBy(this.#relays, ({ state }) => state);
    const shown = STATES.filter((state) => counts.has(state) || this.#states.has(state));
    byId("relays-states").hidden = shown.length < 2 && this.#states.size === 0;
    follow(byId("relays-states"), shown, {
      key: (state) => state,
      create: (state) => {
        const onclick = () => {
          const others = [...this.#states].filter((one) => one !== state);
          this.#choose(this.#states.has(state) ? others : [...others, state]);
        };
        return element(
          "button",
          { type: "button", onclick },
          element("span", { class: `badge ${state}` }, words(state)),
          element("span"),
        );
      },
      update: (button, state) => {
        button.setAttribute("aria-pressed", String(this.#states.has(state)));
        setText(button.lastElementChild, String(counts.get(state)?.length ?? 0));
      },
    });
  }

  /** Shows relays of these states: a step that one can go back from. */
  #choose(states, changes = {}) {
    this.#states = new Set(states);
    const inOrder = STATES.filter((state) => this.#states.has(state));
    writeLink({ ...changes, states: inOrder.join(",") }, { isStep: true });
    this.show();
  }
}

/** What the search looks through. */
function textOf({ id, region, address = "", state, host = "", version = "" }) {
  return [id, region, address, words(state), host, version].join("\n").toLowerCase();
}
