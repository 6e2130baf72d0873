import { byId, element, follow, setText } from "./dom.js";
import { many } from "./format.js";
import { showName } from "./network_tables.js";
import { pairKey } from "./pair_key.js";
import { Table } from "./table.js";

/** Tracks of the selected link below the picture; the table has all of them. */
const SHOWN_TRACKS = 12;

/** The tracks on each link: a table, and those of the selected link below the picture. */
export class FlowsView {
  #model;
  #table;

  /**
   * @param {import("./model.js").Model} model
   * @param {(track: string) => void} onOpen
   */
  constructor(model, onOpen) {
    this.#model = model;
    this.#table = new Table(byId("flows"), {
      label: "Tracks on links",
      key: ({ relay, track, next_hop, source }) => JSON.stringify([relay, track, next_hop, source]),
      empty: "No relay takes a track from another.",
      columns: [
        {
          label: "Track",
          kind: "name",
          show: ({ track }, cell) => showName(track, cell, () => onOpen(track)),
          sort: ({ track }) => track,
        },
        { label: "From", show: ({ next_hop }) => next_hop, sort: ({ next_hop }) => next_hop },
        { label: "To", show: ({ relay }) => relay, sort: ({ relay }) => relay },
        { label: "Source", show: ({ source }) => source, sort: ({ source }) => source },
      ],
    });
  }

  /** @param {{ relay?: string, link?: string, track?: string }} selected */
  show({ relay, link, track }) {
    const flows = [...this.#model.flows.values()].flat();
    const isMeant = (flow) => {
      if (link !== undefined) return pairKey(flow.relay, flow.next_hop) === link;
      if (track !== undefined) return flow.track === track;
      if (relay === undefined) return true;
      return flow.relay === relay || flow.next_hop === relay || flow.source === relay;
    };
    this.#table.show(flows.filter(isMeant));
    byId("flows-filter").hidden = [relay, link, track].every((one) => one === undefined);
    setText(
      byId("flows-of"),
      link === undefined ? relay ?? track ?? "" : JSON.parse(link).join(" and "),
    );
    byId("link-detail").hidden = flows.length === 0;
  }

  /** Shows what a link carries; without one, how to see it. @param {string | undefined} link */
  point(link) {
    const carried = link === undefined ? [] : this.#model.carriedBy(link);
    const [a, b] = link === undefined ? [] : JSON.parse(link);
    const words = carried.length === 0
      ? "Point at or select a link to see its tracks."
      : `${many(carried.length, "track")} between ${a} and ${b}`;
    setText(byId("link-words"), words);
    follow(byId("link-tracks"), carried.slice(0, SHOWN_TRACKS), {
      key: (flow) => JSON.stringify(flow),
      create: ({ track, next_hop, relay, source }) => {
        const way = ` ${next_hop} → ${relay}${source === next_hop ? "" : `, from ${source}`}`;
        return element("li", {}, element("b", {}, track), element("small", {}, way));
      },
    });
    const hidden = carried.length - SHOWN_TRACKS;
    setText(byId("link-more"), hidden > 0 ? `and ${hidden} more` : "");
  }
}
