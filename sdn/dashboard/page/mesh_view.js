import { byId, setText } from "./dom.js";
import { bitrate, number, whole } from "./format.js";
import { plot } from "./plot.js";

/** The controller samples every 30 seconds; asking again sooner shows nothing new. */
const LEAST_AGE_MS = 10_000;

const PLOTS = [
  ["missing", "Relays missing", number],
  ["sessions", "Sessions", whole],
  ["subscriptions", "Subscriptions", whole],
  ["egress_bps", "Egress", bitrate],
  ["reroutes", "Reroutes", number],
  ["links_down", "Links down", number],
];
/** What is marked on the plots: the rest would cover them. */
const MARKED = ["relay_unreachable", "relay_expired", "relay_restarted", "relay_draining"];

/** The last hour of all relays together. */
export class MeshView {
  #model;
  #api;
  #askedAt = -Infinity;

  /**
   * @param {import("./model.js").Model} model
   * @param {import("./api.js").Api} api
   */
  constructor(model, api) {
    this.#model = model;
    this.#api = api;
  }

  /** Asks for the plots unless they are as new as they can be. */
  async refresh() {
    byId("mesh").hidden = this.#model.nodes.length === 0;
    if (Date.now() - this.#askedAt < LEAST_AGE_MS) return;
    this.#askedAt = Date.now();
    const { series, until, step_ms: step } = await this.#api.json("history");
    const isEmpty = series.sessions.length === 0;
    setText(byId("mesh-note"), isEmpty ? `The first values follow within ${step / 1000} s.` : "");
    if (isEmpty) return;
    const all = { ...series, missing: sumOf(series.unreachable, series.expired) };
    const marks = this.#model.log.filter(({ kind }) => MARKED.includes(kind)).map(
      ({ time, text, level }) => ({ time: Date.parse(time), text, isBad: level === "warn" }),
    );
    byId("mesh-plots").replaceChildren(...PLOTS.map(([field, title, show]) => {
      const lines = [{ name: "", points: all[field] }];
      return plot(title, { of: "the mesh", lines, show, until: Date.parse(until), step, marks });
    }));
  }
}

/** Unknown where one of both is. */
function sumOf(some, others) {
  return some.map((value, at) => {
    const other = others[at] ?? null;
    return value === null || other === null ? null : value + other;
  });
}
