import { readLink, writeLink } from "./deep_link.js";
import { AttentionView } from "./attention_view.js";
import { copyText } from "./copy.js";
import { byId, setText } from "./dom.js";
import { DetailView } from "./detail_view.js";
import { DrainDialog } from "./drain_dialog.js";
import { EventsView } from "./events_view.js";
import { FlowsView } from "./flows_view.js";
import { machineKey } from "./fold.js";
import { membersOf } from "./machines.js";
import { MachinesView } from "./machines_view.js";
import { directoryTable, linkTable } from "./network_tables.js";
import { pairKey } from "./pair_key.js";
import { RelaysView } from "./relays_view.js";
import { showSummary } from "./summary_view.js";
import { TopologyView } from "./topology_view.js";

const NOTHING = { relay: undefined, link: undefined, track: undefined, host: undefined };
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
  /** What had the focus when something was opened by its name. @type {HTMLElement | undefined} */
  #opener = undefined;
  /** The link under the pointer. */
  #pointed = undefined;
  #isShowDue = false;
  /** Regions and machines of which every relay is drawn. @type {string[]} */
  #unfolded = [];
  #detail;
  #attention;
  #topology = new TopologyView(byId("graph"), {
    onRelay: (relay) => this.#select({ relay }),
    onLink: (link) => this.#select({ link }),
    onUnfold: (one) => this.#unfold([...this.#unfolded, one]),
    onPoint: (link) => {
      this.#pointed = link;
      this.#flows.point(link ?? this.#selected.link);
    },
  });
  #flows;
  #relays;
  #links;
  #machines;
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
    this.#relays = new RelaysView(api, {
      access,
      isLive,
      drain: new DrainDialog(api),
      onSelect: (relay) => this.#open({ relay }),
    });
    this.#machines = new MachinesView({
      onOpen: (relay) => this.#open({ relay }),
      onOpenMachine: (host) => this.#open({ host }),
      onFold: (host) => this.#toggle(machineKey(host)),
    });
    this.#links = linkTable((from, to) => this.#open({ link: pairKey(from, to) }));
    this.#flows = new FlowsView(model, (track) => this.#open({ track }));
    this.#events = new EventsView(model);
    this.#directory = directoryTable();
    this.#detail = new DetailView(model, api, () => this.#close());
    this.#attention = new AttentionView(model, api, (opened) => this.#open(opened));
    byId("fold").addEventListener("click", () => this.#unfold([]));
    for (const id of ["links-all", "flows-all", "events-all"]) {
      byId(id).addEventListener("click", () => this.#select(this.#selected));
    }
    byId("search").addEventListener("input", () => {
      writeLink({ search: byId("search").value });
      this.#showDirectory();
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
    byId("detail").addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#close();
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
    // What is gone stays open, with its hour and its events, and narrows nothing.
    const there = this.#isThere(this.#selected) ? this.#selected : NOTHING;
    showSummary(this.#model, this.health);
    this.#showPicture(there);
    this.#showLinks(there);
    this.#showDirectory();
    this.#flows.show(there);
    this.#flows.point(this.#pointed ?? there.link);
    this.tick();
    this.#events.show(this.#selected);
    this.#attention.show();
    this.#detail.show(this.#selected, this.#attention.of(this.#selected));
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
    const heard = this.#model.heard();
    this.#relays.show(heard);
    this.#machines.show(heard, this.#unfolded);
  }

  #showPicture(selected) {
    const { hidden } = this.#topology.draw(this.#model, {
      selected,
      way: this.#way(),
      unfolded: this.#unfolded,
      isTall: tall.matches,
    });
    byId("fold").hidden = this.#unfolded.length === 0;
    const note = hidden > 0 ? `${hidden} more relays are not drawn; the tables have them.` : "";
    setText(byId("graph-note"), note);
  }

  /** The links and relays to highlight: of the opened track, or of the route that was asked for. */
  #way() {
    const { track, host } = this.#selected;
    if (host !== undefined) return { relays: membersOf(this.#model, host), pairs: [] };
    if (track === undefined) {
      const pairs = this.route.slice(1).map((to, at) => pairKey(this.route[at], to));
      return { relays: this.route, pairs };
    }
    const flows = [...this.#model.flows.values()].flat().filter((flow) => flow.track === track);
    return {
      relays: [...new Set(flows.flatMap(({ relay, next_hop: hop }) => [relay, hop]))],
      pairs: flows.map(({ relay, next_hop: hop }) => pairKey(relay, hop)),
    };
  }

  /** Draws a machine as one, or its relays if it is drawn as one. */
  #toggle(machine) {
    const others = this.#unfolded.filter((one) => one !== machine);
    this.#unfold(others.length < this.#unfolded.length ? others : [...others, machine]);
  }

  #unfold(all) {
    this.#unfolded = [...new Set(all)];
    writeLink({ unfold: this.#unfolded.length === 0 ? "" : JSON.stringify(this.#unfolded) });
    this.show();
  }

  #showLinks({ relay, link }) {
    const { links } = this.#model;
    byId("links-filter").hidden = relay === undefined && link === undefined;
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

  /** Opens a relay, a link or a track; closes it if it was open. */
  #select(chosen) {
    const isOpen = Object.entries(this.#selected).every(([kind, one]) => one === chosen[kind]);
    this.#choose(isOpen ? NOTHING : chosen, { isStep: true });
    this.show();
  }

  /** Opens one by its name in a table, and goes there. */
  #open(chosen) {
    this.#opener = document.activeElement;
    this.#choose(chosen, { isStep: true });
    this.show();
    this.#detail.focus();
  }

  /** Closes what is open, and goes back to where it was opened. */
  #close() {
    this.#choose(NOTHING, { isStep: true });
    this.show();
    if (this.#opener?.isConnected) this.#opener.focus();
    this.#opener = undefined;
  }

  #choose(chosen, how) {
    this.#selected = chosen === NOTHING ? NOTHING : { ...NOTHING, ...chosen };
    writeLink(this.#selected, how);
  }

  /** Shows what the page's address selects. */
  #follow() {
    const { relay, link: pair, track, host, unfold, search = "" } = readLink();
    const [a, b] = namesIn(pair);
    const link = b === undefined ? undefined : pairKey(a, b);
    const isNothing = [relay, link, track, host].every((one) => one === undefined);
    this.#selected = isNothing ? NOTHING : { relay, link, track, host };
    this.#unfolded = namesIn(unfold);
    this.#relays.follow();
    byId("search").value = search;
  }

  /** A track that nobody takes any more is still to be read about. */
  #isThere({ relay, link, track, host }) {
    if (track !== undefined || host !== undefined) return true;
    if (link !== undefined) {
      return this.#model.links.some(({ from, to }) => pairKey(from, to) === link);
    }
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

/** The names in an address, which anybody may have written. */
function namesIn(text = "[]") {
  try {
    return [JSON.parse(text)].flat().map(String);
  } catch {
    return [];
  }
}

async function copyCommand() {
  const command = byId("empty-command");
  const isCopied = await copyText(command.textContent);
  if (!isCopied) getSelection()?.selectAllChildren(command);
  setText(byId("empty-copied"), isCopied ? "Copied" : "Selected: copy it with the keyboard");
}
