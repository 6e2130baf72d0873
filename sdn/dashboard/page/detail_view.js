import { CopiesView } from "./copies_view.js";
import { detailWords } from "./detail_words.js";
import { byId, element, follow, setText } from "./dom.js";
import { bitrate, milliseconds, number, percent, whole, words } from "./format.js";
import { membersOf, sumHistories } from "./machines.js";
import { plot } from "./plot.js";
import { Table } from "./table.js";
import { onlyHasWords } from "./troubles.js";
import { askPath, MAX_PATHS, pathsOf } from "./what_if.js";

/** The controller samples every 30 seconds; asking again sooner shows nothing new. */
const LEAST_AGE_MS = 10_000;
/** When it is asked again because tracks moved. */
const LEAST_CHANGED_MS = 1000;
/** Relays of a machine whose histories are asked for: few have more cores. */
const MAX_MEMBERS = 64;
/** Events beside the plots; the list of events has all. */
const MAX_EVENTS = 8;

const KINDS = { relay: "Relay", host: "Machine", track: "Track", link: "Link" };

const PLOTS = {
  relay: [
    ["sessions", "Sessions", whole],
    ["subscriptions", "Subscriptions of viewers", whole],
    ["egress_bps", "Egress", bitrate],
    ["cpu", "Processor", percent],
    ["reroutes", "Reroutes", number],
  ],
  host: [
    ["sessions", "Sessions", whole],
    ["subscriptions", "Subscriptions of viewers", whole],
    ["egress_bps", "Egress", bitrate],
    ["cpu", "Processor", percent],
    ["reroutes", "Reroutes", number],
  ],
  link: [
    ["rtt_ms", "RTT", milliseconds],
    ["loss", "Loss", percent],
    ["tracks", "Tracks", number],
    ["up", "Up", (value) => value === 1 ? "yes" : "no"],
  ],
  track: [["relays", "Relays that take it", number], ["reroutes", "Reroutes", number]],
};

/** A relay, a machine, a link or a track that was opened: its last hour, its paths, and what if it failed. */
export class DetailView {
  #model;
  #api;
  #copies;
  #paths;
  #opened = {};
  #key = "";
  #askedAt = 0;
  /** The state and the paths that were asked for last. */
  #askedPaths = "";
  #turn = 0;
  /** Whether nothing was shown yet: what the page's address opens is gone to. */
  #isArrival = true;

  /**
   * @param {import("./model.js").Model} model
   * @param {import("./api.js").Api} api
   * @param {() => void} onClose
   */
  constructor(model, api, onClose) {
    this.#model = model;
    this.#api = api;
    this.#copies = new CopiesView(model, api);
    byId("detail-close").addEventListener("click", onClose);
    this.#paths = new Table(byId("detail-paths"), {
      label: "What if it failed",
      key: ({ relay, source, hop }) => JSON.stringify([relay, source, hop]),
      empty: "",
      columns: [
        { label: "Relay", kind: "name", show: ({ relay }) => relay },
        { label: "Tracks", kind: "figure", show: ({ tracks }) => number(tracks) },
        { label: "Path now", show: ({ now = [] }) => now.join(" → ") },
        { label: "If it failed", show: (path, cell) => showInstead(path, cell) },
      ],
    });
  }

  /**
   * @param {{ relay?: string, link?: string, track?: string, host?: string }} opened
   * @param {import("./troubles.js").Trouble} [trouble] what is wrong with it
   */
  show(opened, trouble) {
    const isOpen = Object.values(opened).some((one) => one !== undefined);
    byId("detail").hidden = !isOpen;
    const isArriving = this.#isArrival && this.#model.nodes.length > 0;
    if (isArriving) this.#isArrival = false;
    if (!isOpen) {
      this.#key = "";
      return;
    }
    this.#opened = opened;
    // Which relays a machine has may be known only after it was opened.
    const key = JSON.stringify([opened, this.#members()]);
    this.#tell();
    this.#copies.show(opened);
    const told = trouble === undefined ? "" : `${trouble.title}. What to do: ${trouble.todo}`;
    setText(byId("detail-trouble"), told);
    if (isArriving) this.focus();
    const paths = JSON.stringify([this.#state(), this.#pathsNow()]);
    const least = paths === this.#askedPaths ? LEAST_AGE_MS : LEAST_CHANGED_MS;
    if (key === this.#key && Date.now() - this.#askedAt < least) return;
    this.#askedPaths = paths;
    if (key !== this.#key) {
      byId("detail-plots").replaceChildren();
      this.#paths.show([]);
    }
    this.#key = key;
    this.#askedAt = Date.now();
    this.#load();
  }

  /** Moves the focus to what was opened, as a reader of the page would. */
  focus() {
    byId("detail-title").focus();
    byId("detail").scrollIntoView({ block: "start" });
  }

  #tell() {
    const { relay, link, track, host } = this.#opened;
    const [a, b] = link === undefined ? [] : JSON.parse(link);
    setText(byId("detail-title"), relay ?? host ?? track ?? `${a} and ${b}`);
    setText(byId("detail-kind"), KINDS[this.#kind()]);
    const now = Date.now() + this.#api.clockAhead;
    setText(byId("detail-words"), detailWords(this.#model, this.#opened, now));
    const events = this.#events().slice(0, MAX_EVENTS);
    follow(byId("detail-events"), events, {
      key: ({ id }) => String(id),
      create: ({ time, level, text }) =>
        element(
          "li",
          { class: level },
          element("time", { datetime: time }, new Date(time).toLocaleTimeString()),
          element("span", {}, text),
        ),
    });
    const none = track !== undefined ? "" : "Nothing that the event log still has.";
    setText(byId("detail-no-events"), events.length === 0 ? none : "");
  }

  /** The state of the opened relay; undefined where none is open, or it is gone. */
  #state() {
    return this.#model.nodes.find(({ id }) => id === this.#opened.relay)?.state;
  }

  /** The paths that would change if what is open failed. */
  #pathsNow() {
    return pathsOf(this.#opened, [...this.#model.flows.values()].flat(), this.#members());
  }

  /** The relays of the opened machine. */
  #members() {
    const { host } = this.#opened;
    return host === undefined ? [] : membersOf(this.#model, host);
  }

  #events() {
    const { relay, link, host } = this.#opened;
    const ends = link === undefined ? [] : JSON.parse(link);
    const members = this.#members();
    return this.#model.log.filter((one) => {
      if (host !== undefined) return members.includes(one.relay) || members.includes(one.neighbor);
      if (relay !== undefined) return one.relay === relay || one.neighbor === relay;
      return ends.includes(one.relay) && ends.includes(one.neighbor);
    });
  }

  async #load() {
    const turn = ++this.#turn;
    const [histories, paths] = await Promise.all([this.#histories(), this.#askPaths()]);
    if (turn !== this.#turn) return;
    this.#showPlots(histories);
    this.#showPaths(paths);
  }

  /** One history, those of both directions of a link, or the sum of those of a machine's relays. */
  async #histories() {
    const { relay, link, track, host } = this.#opened;
    if (host !== undefined) return [await this.#machineHistory()];
    const ends = link === undefined ? [] : JSON.parse(link);
    const asked = link === undefined
      ? [{ name: "", query: relay === undefined ? { track } : { relay } }]
      : [ends, ends.toReversed()].map(([from, to]) => {
        return { name: `${from} → ${to}`, query: { from, to } };
      });
    return this.#askHistories(asked);
  }

  async #machineHistory() {
    const members = this.#members().slice(0, MAX_MEMBERS);
    const all = await this.#askHistories(members.map((relay) => ({ name: "", query: { relay } })));
    const known = all.filter(({ series }) => series !== undefined);
    const [first = all[0] ?? { name: "", error: "no relay is on it" }] = known;
    return known.length === 0 ? first : { ...first, series: sumHistories(known) };
  }

  #askHistories(asked) {
    return Promise.all(asked.map(async ({ name, query }) => {
      const history = this.#api.json(`history?${new URLSearchParams(query)}`);
      return { name, ...await history.catch((error) => ({ error: error.message })) };
    }));
  }

  #kind() {
    return Object.keys(KINDS).find((kind) => this.#opened[kind] !== undefined);
  }

  async #askPaths() {
    const paths = this.#pathsNow();
    const shown = paths.slice(0, MAX_PATHS);
    const ask = (path) => this.#api.json(path);
    const told = await Promise.all(
      shown.map(async (path) => ({ ...path, ...await askPath(ask, path) })),
    );
    return { told, hidden: paths.length - shown.length };
  }

  #showPlots(histories) {
    const known = histories.filter(({ series }) => series !== undefined);
    const error = known.length === 0 ? histories[0].error : "";
    const note = error ? `${error[0].toUpperCase()}${error.slice(1)}.` : "";
    setText(byId("detail-note"), note);
    if (known.length === 0) return;
    const { until, step_ms: step } = known[0];
    const marks = this.#events().map(({ time, text, level }) => {
      return { time: Date.parse(time), text, isBad: level === "warn" || level === "error" };
    });
    byId("detail-plots").replaceChildren(...PLOTS[this.#kind()].map(([field, title, show]) => {
      const lines = known.map(({ name, series }) => ({ name, points: series[field] ?? [] }));
      return plot(title, { lines, show, until: Date.parse(until), step, marks });
    }));
  }

  #showPaths({ told, hidden }) {
    const { relay, track, host } = this.#opened;
    const state = this.#state() ?? "gone";
    const isThere = state === "registered" || state === "draining";
    const of = relay && !isThere
      ? `Now that ${relay} is ${words(state)}`
      : relay
      ? `If ${relay} died`
      : host
      ? `If the machine ${host} died`
      : track
      ? "If the next hop died"
      : "If the link failed";
    const none = relay || host
      ? "No track passes through it now, so no other relay would be rerouted."
      : "No track would be rerouted.";
    setText(byId("detail-if"), of);
    this.#paths.show(told, none);
    const cut = told.filter(({ instead }) => instead === undefined).length;
    const more = hidden > 0 ? ` ${hidden} more paths were not asked for.` : "";
    const sum = cut > 0
      ? `${cut} of ${told.length} paths would be cut off.`
      : "Every path has another.";
    const only = host === undefined ? "" : onlyHasWords(this.#model, this.#members());
    const parts = [told.length === 0 ? "" : sum + more, only === "" ? "" : `${only}.`];
    setText(byId("detail-sum"), parts.filter((one) => one !== "").join(" "));
  }
}

function showInstead({ instead, why, without, source }, cell) {
  cell.className = instead === undefined ? "cut" : "";
  const isSource = without === undefined && why === "";
  setText(
    cell,
    instead?.join(" → ") ?? (isSource ? `${source} is the source` : `cut off: ${why}`),
  );
}
