import { byId, element, follow, setText } from "./dom.js";

/** Events shown at once; the search covers all events of the page. */
const SHOWN = 200;

/** The list of events, including those from before the page was opened. */
export class EventsView {
  #model;
  #selected = { relay: undefined, link: undefined };

  /** @param {import("./model.js").Model} model */
  constructor(model) {
    this.#model = model;
    for (const id of ["events-search", "events-bad"]) {
      byId(id).addEventListener("input", () => this.show(this.#selected));
    }
  }

  /** @param {{ relay: string | undefined, link: string | undefined }} selected */
  show(selected) {
    this.#selected = selected;
    const wanted = byId("events-search").value.trim().toLowerCase();
    const { relay, link } = selected;
    const ends = link === undefined ? [] : JSON.parse(link);
    const found = this.#model.log.filter((one) => {
      const isMeant = relay !== undefined
        ? one.relay === relay || one.neighbor === relay
        : link === undefined || ends.includes(one.relay) && ends.includes(one.neighbor);
      const isBad = one.level === "warn" || one.level === "error";
      return isMeant && (isBad || !byId("events-bad").checked) &&
        (wanted === "" || one.text.toLowerCase().includes(wanted));
    });
    follow(byId("log"), found.slice(0, SHOWN), {
      key: ({ id }) => String(id),
      create: ({ time, level, text }) => {
        const date = new Date(time);
        const clock = element("time", { datetime: time, title: date.toString() }, stamp(date));
        return element("li", { class: level }, clock, element("span", {}, text));
      },
    });
    const of = relay ?? ends.join(" and ");
    byId("events-filter").hidden = of === "";
    setText(byId("events-of"), of);
    const none = this.#model.log.length === 0 ? "Nothing has happened yet." : "No event matches.";
    setText(byId("log-note"), found.length === 0 ? none : more(found.length - SHOWN));
  }
}

function more(hidden) {
  return hidden > 0 ? `and ${hidden} earlier ones: search, or ask GET /events` : "";
}

/** The time, with the date if it is not today. */
function stamp(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday
    ? ""
    : `${date.toLocaleDateString(undefined, { month: "short", day: "numeric" })} `;
  return `${day}${date.toLocaleTimeString()}`;
}
