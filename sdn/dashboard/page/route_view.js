import { readLink, writeLink } from "./deep_link.js";
import { byId, element, follow, setText } from "./dom.js";
import { number } from "./format.js";

/** Requested alternates: as many as fit the view. */
const ALTERNATES = 2;

const VERDICTS = {
  chosen: "chosen",
  costs_more: "costs more",
  has_more_links: "costs the same over more links",
  comes_later_by_name: "costs the same, comes later by name",
  link_down: "the link is down",
  declared_by_one_end: "only one end declares the link",
  carries_no_transit: "carries no transit: it drains or never registered",
  no_path: "no path from there",
};

/** The route explorer: the route between two relays, with its explanation. */
export class RouteView {
  #ask;
  #onPath;
  #isAsked = false;
  #turn = 0;

  /**
   * @param {(path: string) => Promise<any>} ask
   * @param {(path: string[]) => void} onPath told of the way to highlight
   */
  constructor(ask, onPath) {
    this.#ask = ask;
    this.#onPath = onPath;
    byId("route-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#isAsked = true;
      this.#chosen();
    });
    for (const id of ["route-from", "route-to"]) {
      byId(id).addEventListener("change", () => this.#chosen());
    }
    byId("route-swap").addEventListener("click", () => {
      const [from, to] = [byId("route-from"), byId("route-to")];
      [from.value, to.value] = [to.value, from.value];
      this.#chosen();
    });
  }

  /** Offers these relays, keeping what was chosen. @param {readonly string[]} names */
  offer(names) {
    const wanted = readLink();
    for (const [at, id] of ["route-from", "route-to"].entries()) {
      const select = byId(id);
      const isFresh = select.options.length === 0;
      follow(select, names, {
        key: (name) => name,
        create: (name) => element("option", { value: name }, name),
      });
      if (!isFresh || names.length === 0) continue;
      select.selectedIndex = Math.min(at, names.length - 1);
      const asked = at === 0 ? wanted.from : wanted.to;
      if (asked === undefined || !names.includes(asked)) continue;
      select.value = asked;
      this.#isAsked = true;
    }
    byId("route-show").disabled = names.length < 2;
    const hint = names.length < 2
      ? "A route needs two relays; there is one so far."
      : "From the relay where a viewer is, to the relay where the publisher is: see the path that a " +
        "track would take, what it costs, and why others are not used.";
    if (!this.#isAsked) setText(byId("route-hint"), hint);
  }

  #chosen() {
    if (this.#isAsked) {
      writeLink({ from: byId("route-from").value, to: byId("route-to").value });
    }
    this.refresh();
  }

  /** Repeats the last request: the network may have changed. */
  async refresh() {
    if (!this.#isAsked) return;
    const turn = ++this.#turn;
    const query = new URLSearchParams({
      from: byId("route-from").value,
      to: byId("route-to").value,
      k: String(ALTERNATES),
      explain: "true",
    });
    const result = byId("route-result");
    try {
      const route = await this.#ask(`route?${query}`);
      // Answers may arrive out of order; only the newest counts.
      if (turn !== this.#turn) return;
      result.replaceChildren(...describe(route));
      this.#onPath(route.full_path);
    } catch (error) {
      if (turn !== this.#turn) return;
      result.replaceChildren(element("p", { class: "refused" }, sentence(error.message)));
      this.#onPath([]);
    }
  }
}

function describe({ full_path, cost, next_hop_address, alternates, explanation }) {
  const { links, candidates } = explanation;
  const hop = next_hop_address
    ? [element("p", { class: "note" }, `Next hop: ${next_hop_address}`)]
    : [];
  const others = alternates.map((one) => element("li", {}, path(one.full_path, one.cost)));
  return [
    element("div", { class: "best" }, path(full_path, cost)),
    ...hop,
    element("h3", {}, "Alternates with another first link"),
    others.length > 0 ? element("ul", {}, ...others) : element("p", { class: "note" }, "None"),
    element("h3", {}, "Cost of each link"),
    links.length > 0
      ? element("ul", {}, ...links.map(describeLink))
      : element("p", { class: "note" }, "No link is needed"),
    element("h3", {}, "Next hops that were considered"),
    element("ul", {}, ...candidates.map(describeCandidate)),
  ];
}

function path(names, cost) {
  const steps = names.flatMap((name, at) => {
    const step = element("span", { class: "step" }, name);
    return at === 0 ? [step] : [element("span", { class: "arrow", "aria-label": "to" }, "→"), step];
  });
  return element("span", { class: "path" }, ...steps, element("b", {}, `cost ${number(cost)}`));
}

function describeLink({ from, to, cost, measured_cost, terms }) {
  const sum = terms.map(({ term, value, weight }) => {
    return weight === 1
      ? `${term} ${number(value)}`
      : `${term} ${number(value)} × ${number(weight)}`;
  });
  const held = measured_cost === cost
    ? ""
    : `; measured ${number(measured_cost)}, held back for now`;
  return element(
    "li",
    {},
    `${from} → ${to}: ${number(cost)}`,
    element("small", {}, `${sum.join(" + ")}${held}`),
  );
}

function describeCandidate({ first, verdict, full_path, cost }) {
  const way = full_path ? `${full_path.join(" → ")}, cost ${number(cost)}` : "";
  const text = `${first}: ${VERDICTS[verdict] ?? verdict}`;
  return element(
    "li",
    { class: verdict === "chosen" ? "chosen" : undefined },
    text,
    element("small", {}, way),
  );
}

function sentence(text) {
  return text === "" ? "No answer" : text[0].toUpperCase() + text.slice(1);
}
