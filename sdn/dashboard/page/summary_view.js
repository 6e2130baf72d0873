import { linkTo, writeLink } from "./deep_link.js";
import { byId, element, follow, setText } from "./dom.js";
import { bitrate } from "./format.js";

/** The table that has what a figure counts, and how it is narrowed or sorted to that. */
const PLACES = {
  Registered: ["relays-title", { states: "registered" }],
  Unreachable: ["relays-title", { states: "unreachable" }],
  Expired: ["relays-title", { states: "expired" }],
  "Never registered": ["relays-title", { states: "never_registered" }],
  Draining: ["relays-title", { states: "draining" }],
  "Links up": ["links-title", {}],
  Announces: ["directory-title", {}],
  "Tracks on links": ["flows-title", {}],
  Sessions: ["relays-title", { states: "", sort: "Relays:Sessions:down" }],
  Egress: ["relays-title", { states: "", sort: "Relays:Egress:down" }],
};

/** What is wrong with the network in one sentence, or that nothing is. @param {import("./model.js").Model} model */
export function headline(model) {
  const { nodes } = model;
  const named = (state) => nodes.filter((node) => node.state === state).map(({ id }) => id);
  const down = model.pairs().filter(({ state }) => state === "down").length;
  const parts = [
    tell(named("unreachable"), "unreachable"),
    tell(named("expired"), "expired"),
    tell(named("never_registered"), "never registered"),
    down === 0 ? "" : `${down} ${down === 1 ? "link" : "links"} down`,
    tell(named("draining"), "draining"),
  ].filter((part) => part !== "");
  if (parts.length > 0) return parts.join(" · ");
  const count = named("registered").length;
  if (count === 0) return "no relays";
  return count === 1 ? "1 relay registered" : `all ${count} relays registered, no link down`;
}

/** Whether something failed, beside what is planned. @param {import("./model.js").Model} model */
export function isFailing(model) {
  const isLost = ({ state }) => state === "unreachable" || state === "expired";
  return model.nodes.some(isLost) || model.pairs().some(({ state }) => state === "down");
}

/** Lists relays by name if they are few. */
function tell(names, state) {
  if (names.length === 0) return "";
  return names.length <= 3 ? `${names.join(", ")} ${state}` : `${names.length} relays ${state}`;
}

/**
 * The figures at the top; those that need somebody are red.
 *
 * @param {import("./model.js").Model} model
 * @param {{ announces?: number } | undefined} health
 */
export function showSummary(model, health) {
  const { nodes, relays, flows, announceCount, isDirectoryCut } = model;
  const states = (state) => nodes.filter((node) => node.state === state).length;
  const pairs = model.pairs();
  const down = pairs.filter(({ state }) => state !== "up").length;
  const heard = nodes.filter(({ state }) => state === "registered" || state === "draining");
  const sum = (field) =>
    heard.reduce((total, { id }) => total + (relays.get(id)?.load?.[field] ?? 0), 0);
  const all = isDirectoryCut ? health?.announces : announceCount;
  const bad = (count) => count > 0 ? "bad" : "";
  const figures = [
    ["Registered", states("registered"), "", ""],
    ["Unreachable", states("unreachable"), "", bad(states("unreachable"))],
    ["Expired", states("expired"), "", bad(states("expired"))],
    ["Never registered", states("never_registered"), "", bad(states("never_registered"))],
    ["Draining", states("draining"), "", ""],
    ["Links up", pairs.length - down, down > 0 ? ` and ${down} not` : "", bad(down)],
    ["Announces", all ?? announceCount, "", ""],
    ["Tracks on links", [...flows.values()].reduce((sum, own) => sum + own.length, 0), "", ""],
    ["Sessions", sum("sessions"), "", ""],
    ["Egress", bitrate(sum("egress_bps")), "", ""],
  ];
  follow(byId("summary"), figures, {
    key: ([name]) => name,
    create: ([name]) => {
      const value = element("dd", {}, element("span"), element("small"));
      const onclick = (event) => goTo(event, PLACES[name]);
      return element("div", {}, element("dt", {}, element("a", { onclick }, name)), value);
    },
    update: (tile, [name, value, more, kind]) => {
      tile.className = kind;
      const link = tile.querySelector("a");
      // What is not there leads nowhere.
      if (value === 0) link.removeAttribute("href");
      else link.setAttribute("href", linkTo(PLACES[name][1]));
      const [main, small] = tile.lastElementChild.children;
      setText(main, String(value));
      setText(small, more);
    },
  });
}

/** Shows what a figure counts, and goes there. */
function goTo(event, [title, changes]) {
  // Another tab, or a figure that leads nowhere.
  if (event.ctrlKey || event.metaKey || !event.currentTarget.hasAttribute("href")) return;
  event.preventDefault();
  writeLink(changes, { isStep: true });
  dispatchEvent(new Event("hashchange"));
  const head = byId(title);
  head.tabIndex = -1;
  head.focus({ preventScroll: true });
  head.scrollIntoView({ block: "start" });
}
