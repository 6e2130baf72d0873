import { byId, element, setText } from "./dom.js";
import { bitrate, duration, milliseconds, number, percent } from "./format.js";
import { showBadge, Table } from "./table.js";

/**
 * The table of relays, with what may be ordered of them.
 *
 * @param {import("./api.js").Api} api
 * @param {{ access: import("./access_view.js").AccessView, isLive: () => boolean,
 *   onSelect: (relay: string) => void }} around
 */
export function relayTable(api, { access, isLive, onSelect }) {
  return new Table(byId("relays"), {
    label: "Relays",
    key: ({ id }) => id,
    empty: "None",
    columns: [
      { label: "Relay", kind: "name", show: ({ id }, cell) => showName(id, cell, onSelect) },
      { label: "Region", show: ({ region }) => region },
      { label: "Address", kind: "address", show: ({ address }) => address ?? "" },
      { label: "State", show: ({ state }, cell) => showBadge(cell, state) },
      {
        label: "Lease ends in",
        kind: "figure",
        show: ({ lease_expires_at: end }) => {
          return end === undefined ? "" : duration(Date.parse(end) - Date.now() - api.clockAhead);
        },
      },
      { label: "Sessions", kind: "figure", show: ({ load }) => number(load?.sessions) },
      { label: "Subscriptions", kind: "figure", show: ({ load }) => number(load?.subscriptions) },
      { label: "Egress", kind: "figure", show: ({ load }) => bitrate(load?.egress_bps) },
      { label: "CPU", kind: "figure", show: ({ load }) => percent(load?.cpu) },
      { label: "Announces", kind: "figure", show: ({ announces }) => number(announces) },
      {
        label: "",
        kind: "action",
        show: ({ id, state }, cell) => {
          if (access.role !== "admin" || state === "never_registered") cell.replaceChildren();
          else showAction(api, cell, { id, state, isLive: isLive() });
        },
      },
    ],
  });
}

/** The table of declared links, one row for each direction. */
export function linkTable() {
  return new Table(byId("links"), {
    label: "Links",
    key: ({ from, to }) => JSON.stringify([from, to]),
    empty: "None",
    columns: [
      { label: "From", kind: "name", show: ({ from }) => from },
      { label: "To", kind: "name", show: ({ to }) => to },
      {
        label: "State",
        show: ({ state }, cell) => showBadge(cell, state, state.replace("_", " ")),
      },
      {
        label: "Cost",
        kind: "figure",
        show: ({ cost, configured_cost: configured }) => {
          return cost === undefined || cost === configured
            ? number(configured)
            : `${number(cost)} (set: ${number(configured)})`;
        },
      },
      { label: "RTT", kind: "figure", show: ({ rtt_ms }) => milliseconds(rtt_ms) },
      { label: "Loss", kind: "figure", show: ({ loss }) => percent(loss) },
    ],
  });
}

/** The table of who has which track. */
export function directoryTable() {
  return new Table(byId("directory"), {
    label: "Directory",
    key: ({ track, relay }) => JSON.stringify([track, relay]),
    empty: "Nothing is announced under such a name.",
    columns: [
      { label: "Track", kind: "name", show: ({ track }) => track },
      { label: "Relay", show: ({ relay }) => relay },
      {
        label: "Since",
        kind: "figure",
        show: ({ registered_at }) => new Date(registered_at).toLocaleTimeString(),
      },
    ],
  });
}

function showName(id, cell, onSelect) {
  if (cell.firstElementChild) return;
  const onclick = () => onSelect(id);
  cell.append(element("button", { type: "button", class: "linklike", onclick }, id));
}

function showAction(api, cell, { id, state, isLive }) {
  const button = cell.firstElementChild ?? cell.appendChild(element("button", { type: "button" }));
  const verb = state === "draining" ? "undrain" : "drain";
  setText(button, verb === "drain" ? "Drain" : "Undrain");
  button.setAttribute("aria-label", `${button.textContent} ${id}`);
  button.disabled = !isLive;
  button.onclick = () => order(api, id, verb);
}

async function order(api, id, verb) {
  try {
    await api.json(`relay/${encodeURIComponent(id)}/${verb}`, { method: "POST" });
    setText(byId("relays-message"), "");
  } catch (error) {
    setText(byId("relays-message"), `${id} could not be told to ${verb}: ${error.message}`);
  }
}
