import { readLink, writeLink } from "./deep_link.js";
import { byId, setText } from "./dom.js";
import { DrainDialog } from "./drain_dialog.js";
import { EventsView } from "./events_view.js";
import { FlowsView } from "./flows_view.js";
import { words } from "./format.js";
import { STATES } from "./model.js";
import { directoryTable, linkTable, relayTable } from "./network_tables.js";
import { pairKey } from "./pair_key.js";
import { showSummary } from "./summary_view.js";
import { TopologyView } from "./topology_view.js";

const NOTHING = { relay: undefined, link: undefined };
/** Below this width the picture is in portrait format. */
const tall = matchMedia("(max-width: 700px)");

/** The view of the network: figures, picture, tables, events. */
export class NetworkView {
  /** The way to highlight. @type {string[]} */
  route = [];
  /** The last answer of `GET /health`. */
  health = undefined;
  #model;
  #api;
  #isLive;
  /** The selected relay or link. */
  #selected = NOTHING;
  /** The link under the pointer. */
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
  #events;

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
      drain: new DrainDialog(api),
      onSelect: (relay) => this.#select({ relay, link: undefined }),
    });
    this.#links = linkTable();
    this.#flows = new FlowsView(model);
    this.#events = new EventsView(model);
    this.#directory = directoryTable();
    for (const id of ["links-all", "flows-all", "events-all"]) {
      byId(id).addEventListener("click", () => this.#select(this.#selected));
    }
    byId("search").addEventListener("input", () => {
      writeLink({ search: byId("search").value });
      this.#showDirectory();
    });
    byId("relays-search").addEventListener("input", () => {
      writeLink({ filter: byId("relays-search").value });
      this.tick();
    });
    addEventListener("hashchange", () => {
      this.#follow();
      this.show();
    });
    // The space changes with the window.
    new ResizeObserver(() => this.showSoon()).observe(byId("graph"));
    this.#follow();
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

  /** Shows the current model. */
  show() {
    const { nodes } = this.#model;
    const isEmpty = nodes.length === 0;
    byId("network").hidden = isEmpty;
    byId("empty").hidden = !isEmpty || !this.#isLive();
    if (isEmpty) setText(byId("empty-command"), this.#command());
    // A selection can only be missing once the snapshot is complete.
    if (this.#isLive() && !this.#isThere(this.#selected)) this.#choose(NOTHING);
    showSummary(this.#model, this.health);
    this.#showPicture();
    this.#showLinks();
    this.#showDirectory();
    this.#flows.show(this.#selected);
    this.#flows.point(this.#pointed ?? this.#selected.link);
    this.tick();
    this.#events.show(this.#selected);
  }

  /** Shows the model with the browser's next frame, to merge many changes. */
  showSoon() {
    if (this.#isShowDue) return;
    this.#isShowDue = true;
    requestAnimationFrame(() => {
      this.#isShowDue = false;
      this.show();
    });
  }

  /** Updates what changes with time only. */
  tick() {
    const { nodes, relays } = this.#model;
    const wanted = byId("relays-search").value.trim().toLowerCase();
    const rows = nodes.map((node) => {
      const { load, announces } = relays.get(node.id) ?? {};
      // The last report of an unreachable relay is outdated.
      const isHeard = node.state === "registered" || node.state === "draining";
      return { ...node, ...(isHeard && { load, announces }) };
    }).filter(({ id, region, address = "", state }) => {
      return `${id}\n${region}\n${address}\n${words(state)}`.toLowerCase().includes(wanted);
    });
    rows.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    this.#relays.show(rows, wanted === "" ? "None" : "No relay matches.");
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
    const text = byId("search").value;
    const empty = text.trim() === "" ? "Nothing is announced yet." : "No announce matches.";
    this.#directory.show(this.#model.search(text), empty);
    const held = this.#model.announceCount;
    const note = this.#model.isDirectoryCut
      ? `The page holds ${held} entries of ${
        this.health?.announces ?? "more"
      }; search looks through those.`
      : "";
    setText(byId("directory-note"), note);
  }

  /** Selects a relay or a link; deselects it if it was selected. */
  #select(chosen) {
    const { relay, link } = this.#selected;
    this.#choose(relay === chosen.relay && link === chosen.link ? NOTHING : chosen);
    this.show();
  }

  #choose(chosen) {
    this.#selected = chosen;
    writeLink({ relay: chosen.relay, link: chosen.link });
  }

  /** Shows what the page's address selects. */
  #follow() {
    const { relay, link, filter = "", search = "" } = readLink();
    this.#selected = relay === undefined && link === undefined ? NOTHING : { relay, link };
    byId("relays-search").value = filter;
    byId("search").value = search;
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
