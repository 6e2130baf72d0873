import { byId, element, follow, setText } from "./dom.js";
import { FlowsView } from "./flows_view.js";
import { bitrate } from "./format.js";
import { directoryTable, linkTable, relayTable } from "./network_tables.js";
import { pairKey } from "./pair_key.js";
import { TopologyView } from "./topology_view.js";

/** Entries of the directory that are shown at once. */
const SHOWN_ANNOUNCES = 200;
const NOTHING = { relay: undefined, link: undefined };
/** Below this width the picture stands upright. */
const tall = matchMedia("(max-width: 700px)");

/** Everything that shows the network: figures, picture, tables, log. */
export class NetworkView {
  /** The way to highlight. @type {string[]} */
  route = [];
  /** What `GET /health` said last. */
  health = undefined;
  #model;
  #api;
  #isLive;
  /** The relay or the link that was chosen. */
  #selected = NOTHING;
  /** The link that somebody points at. */
  #pointed = undefined;
  #isShowDue = false;
  #topology = new TopologyView(byId("graph"), {
    onRelay: (relay) => this.#select({ relay, link: undefined }),
    onLink: (link) => this.#select({ relay: undefined, link }),
    onPoint: (link) => {
      this.#pointed = link;
      this.#flows.point(link ?? this.#selected.link);
    },
  });
  #flows;
  #relays;
  #links;
  #directory;

  /**
   * @param {import("./model.js").Model} model
   * @param {import("./api.js").Api} api
   * @param {{ access: import("./access_view.js").AccessView, isLive: () => boolean }} around
   */
  constructor(model, api, { access, isLive }) {
    this.#model = model;
    this.#api = api;
    this.#isLive = isLive;
    this.#relays = relayTable(api, {
      access,
      isLive,
      onSelect: (relay) => this.#select({ relay, link: undefined }),
    });
    this.#links = linkTable();
    this.#flows = new FlowsView(model);
    this.#directory = directoryTable();
    for (const id of ["links-all", "flows-all"]) {
      byId(id).addEventListener("click", () => this.#select(this.#selected));
    }
    byId("search").addEventListener("input", () => this.#showDirectory());
    byId("empty-copy").addEventListener("click", copyCommand);
    for (const [id, steps] of [["zoom-in", 1], ["zoom-out", -1]]) {
      byId(id).addEventListener("click", () => {
        this.#topology.zoom(steps);
        this.show();
      });
    }
    byId("graph").addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#selected !== NOTHING) this.#select(this.#selected);
    });
    tall.addEventListener("change", () => this.show());
  }

  /** Shows the model as it is now. */
  show() {
    const { nodes, log } = this.#model;
    const isEmpty = nodes.length === 0;
    byId("network").hidden = isEmpty;
    byId("empty").hidden = !isEmpty || !this.#isLive();
    if (isEmpty) setText(byId("empty-command"), this.#command());
    if (!this.#isThere(this.#selected)) this.#selected = NOTHING;
    this.#showSummary();
    this.#showPicture();
    this.#showLinks();
    this.#showDirectory();
    this.#flows.show(this.#selected);
    this.#flows.point(this.#pointed ?? this.#selected.link);
    this.tick();
    byId("log-note").hidden = log.length > 0;
    follow(byId("log"), log, {
      key: ({ id }) => String(id),
      create: ({ time, kind, text }) => {
        const date = new Date(time);
        const clock = element("time", { datetime: date.toISOString() }, date.toLocaleTimeString());
        return element("li", { class: kind }, clock, element("span", {}, text));
      },
    });
  }

  /** Shows the model with the next picture that the browser paints: for many changes at once. */
  showSoon() {
    if (this.#isShowDue) return;
    this.#isShowDue = true;
    requestAnimationFrame(() => {
      this.#isShowDue = false;
      this.show();
    });
  }

  /** Shows what changes because time passes: leases. */
  tick() {
    const { nodes, relays } = this.#model;
    const rows = nodes.map((node) => ({ ...relays.get(node.id), ...node }));
    this.#relays.show(rows);
  }

  #showSummary() {
    const { nodes, relays, flows, announceCount, isDirectoryCut } = this.#model;
    const states = (state) => nodes.filter((node) => node.state === state).length;
    const pairs = this.#model.pairs();
    const down = pairs.filter(({ state }) => state !== "up").length;
    const sum = (field) => {
      return [...relays.values()].reduce((total, { load }) => total + (load?.[field] ?? 0), 0);
    };
    const all = isDirectoryCut ? this.health?.announces : announceCount;
    const figures = [
      ["Registered", states("registered"), ""],
      ["Draining", states("draining"), ""],
      ["Never registered", states("never_registered"), ""],
      ["Links up", pairs.length - down, down > 0 ? ` and ${down} not` : ""],
      ["Announces", all ?? announceCount, ""],
      ["Tracks on links", [...flows.values()].reduce((sum, own) => sum + own.length, 0), ""],
      ["Sessions", sum("sessions"), ""],
      ["Egress", bitrate(sum("egress_bps")), ""],
    ];
    follow(byId("summary"), figures, {
      key: ([name]) => name,
      create: ([name]) => {
        const value = element("dd", {}, element("span"), element("small"));
        return element("div", {}, element("dt", {}, name), value);
      },
      update: (tile, [, value, more]) => {
        const [main, small] = tile.lastElementChild.children;
        setText(main, String(value));
        setText(small, more);
      },
    });
  }

  #showPicture() {
    const hidden = this.#topology.draw(this.#model, {
      selected: this.#selected,
      route: this.route,
      isTall: tall.matches,
    });
    const note = hidden > 0 ? `${hidden} more relays are not drawn; the tables have them.` : "";
    setText(byId("graph-note"), note);
  }

  #showLinks() {
    const { links } = this.#model;
    const { relay, link } = this.#selected;
    byId("links-filter").hidden = this.#selected === NOTHING;
    setText(byId("links-of"), link === undefined ? relay ?? "" : JSON.parse(link).join(" and "));
    this.#links.show(links.filter(({ from, to }) => {
      if (link !== undefined) return pairKey(from, to) === link;
      return relay === undefined || from === relay || to === relay;
    }));
  }

  #showDirectory() {
    const { count, entries } = this.#model.search(byId("search").value, SHOWN_ANNOUNCES);
    this.#directory.show(entries, count);
    const held = this.#model.announceCount;
    const note = this.#model.isDirectoryCut
      ? `The page holds ${held} entries of ${
        this.health?.announces ?? "more"
      }; search looks through those.`
      : "";
    setText(byId("directory-note"), note);
  }

  /** Selects a relay or a link, or nothing when it was selected. */
  #select(chosen) {
    const { relay, link } = this.#selected;
    this.#selected = relay === chosen.relay && link === chosen.link ? NOTHING : chosen;
    this.show();
  }

  #isThere({ relay, link }) {
    if (link !== undefined) return this.#model.carriedBy(link).length > 0;
    return this.#model.nodes.some(({ id }) => id === relay);
  }

  #command() {
    const token = this.#api.token === "" ? "" : ' \\\n  -H "authorization: Bearer $TOKEN"';
    const body =
      '{"region":"asia","address":"https://tokyo.example:4433","neighbors":{"london":120}}';
    const url = new URL("relay/tokyo", document.baseURI);
    return `curl -X PUT ${url}${token} \\\n  -H "content-type: application/json" \\\n  -d '${body}'`;
  }
}

async function copyCommand() {
  const command = byId("empty-command");
  try {
    await navigator.clipboard.writeText(command.textContent);
    setText(byId("empty-copied"), "Copied");
  } catch {
    getSelection()?.selectAllChildren(command);
    setText(byId("empty-copied"), "Selected: copy it with the keyboard");
  }
}
