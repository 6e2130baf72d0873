import { byId, element, setText } from "./dom.js";
import { bitrate, duration, milliseconds, number, percent, words } from "./format.js";
import { STATES } from "./model.js";
import { showBadge, Table } from "./table.js";

/**
 * The table of relays, with what may be ordered of them.
 *
 * @param {import("./api.js").Api} api
 * @param {{ access: import("./access_view.js").AccessView, isLive: () => boolean,
 *   drain: import("./drain_dialog.js").DrainDialog, onSelect: (relay: string) => void }} around
 */
export function relayTable(api, { access, isLive, drain, onSelect }) {
  const seen = ({ last_seen: at }) => at === undefined ? undefined : Date.parse(at);
  const load = (field) => ({ load }) => load?.[field];
  return new Table(byId("relays"), {
    label: "Relays",
    key: ({ id }) => id,
    empty: "None",
    columns: [
      {
        label: "Relay",
        kind: "name",
        show: ({ id }, cell) => showName(id, cell, onSelect),
        sort: ({ id }) => id,
      },
      { label: "Region", show: ({ region }) => region, sort: ({ region }) => region },
      { label: "Address", kind: "address", show: ({ address }) => address ?? "" },
      {
        label: "State",
        show: ({ state }, cell) => showBadge(cell, state, words(state)),
        sort: ({ state }) => STATES.indexOf(state),
      },
      {
        label: "Last seen",
        kind: "figure",
        show: (relay) => {
          const at = seen(relay);
          return at === undefined ? "" : `${duration(Date.now() + api.clockAhead - at)} ago`;
        },
        sort: seen,
      },
      {
        label: "Sessions",
        kind: "figure",
        show: ({ load }) => number(load?.sessions),
        sort: load("sessions"),
      },
      {
        label: "Subscriptions",
        kind: "figure",
        show: ({ load }) => number(load?.subscriptions),
        sort: load("subscriptions"),
      },
      {
        label: "Egress",
        kind: "figure",
        show: ({ load }) => bitrate(load?.egress_bps),
        sort: load("egress_bps"),
      },
      { label: "CPU", kind: "figure", show: ({ load }) => percent(load?.cpu), sort: load("cpu") },
      {
        label: "Announces",
        kind: "figure",
        show: ({ announces }) => number(announces),
        sort: ({ announces }) => announces,
      },
      { label: "Version", show: ({ version }) => version ?? "", sort: ({ version }) => version },
      {
        label: "Drain",
        kind: "action",
        show: ({ id, state, load }, cell) => {
          const isThere = state === "registered" || state === "draining";
          if (access.role !== "admin" || !isThere) cell.replaceChildren();
          else showAction(drain, cell, { id, state, sessions: load?.sessions, isLive: isLive() });
        },
      },
    ],
  });
}

/** The table of declared links, one row for each direction. @param {(from: string, to: string) => void} onOpen */
export function linkTable(onOpen) {
  return new Table(byId("links"), {
    label: "Links",
    key: ({ from, to }) => JSON.stringify([from, to]),
    empty: "None",
    rank: linkRank,
    columns: [
      {
        label: "From",
        kind: "name",
        show: ({ from, to }, cell) => showName(from, cell, () => onOpen(from, to)),
        sort: ({ from }) => from,
      },
      { label: "To", kind: "name", show: ({ to }) => to, sort: ({ to }) => to },
      {
        label: "State",
        show: ({ state }, cell) => showBadge(cell, state, words(state)),
        sort: linkRank,
      },
      {
        label: "Cost",
        kind: "figure",
        show: ({ cost, configured_cost: configured }) => {
          return cost === undefined || cost === configured
            ? number(configured)
            : `${number(cost)} (set: ${number(configured)})`;
        },
        sort: ({ cost, configured_cost: configured }) => cost ?? configured,
      },
      {
        label: "RTT",
        kind: "figure",
        show: ({ rtt_ms }) => milliseconds(rtt_ms),
        sort: ({ rtt_ms }) => rtt_ms,
      },
      {
        label: "Loss",
        kind: "figure",
        show: ({ loss }) => percent(loss),
        sort: ({ loss }) => loss,
      },
    ],
  });
}

/** Those that fail come first. */
function linkRank({ state }) {
  return ["down", "one_way", "up"].indexOf(state);
}

/** The table of tracks and their relays. */
export function directoryTable() {
  return new Table(byId("directory"), {
    label: "Directory",
    key: ({ track, relay }) => JSON.stringify([track, relay]),
    empty: "Nothing is announced yet.",
    columns: [
      { label: "Track", kind: "name", show: ({ track }) => track, sort: ({ track }) => track },
      { label: "Relay", show: ({ relay }) => relay, sort: ({ relay }) => relay },
      {
        label: "Since",
        kind: "figure",
        show: ({ registered_at }) => new Date(registered_at).toLocaleTimeString(),
        sort: ({ registered_at }) => registered_at,
      },
    ],
  });
}

/** A name that opens what it names. */
export function showName(id, cell, onSelect) {
  if (cell.firstElementChild) return;
  const onclick = () => onSelect(id);
  cell.append(element("button", { type: "button", class: "linklike", onclick }, id));
}

function showAction(drain, cell, { id, state, sessions, isLive }) {
  const button = cell.firstElementChild ?? cell.appendChild(element("button", { type: "button" }));
  const isDraining = state === "draining";
  setText(button, isDraining ? "Undrain" : "Drain…");
  button.setAttribute("aria-label", `${isDraining ? "Undrain" : "Drain"} ${id}`);
  button.disabled = !isLive;
  button.onclick = () => isDraining ? drain.undo(id) : drain.ask(id, sessions);
}
