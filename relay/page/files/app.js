import { bitrate, bytes, duration } from "./format.js";
import { List } from "./list.js";

/** Milliseconds between two refreshes while the page is visible. */
const EVERY_MS = 2_000;

/** Time limit of a request, in milliseconds. */
const PATIENCE_MS = 5_000;

const byId = (id) => document.getElementById(id);

const lists = [
  new List("Tracks", "status/tracks", [
    ["Scope", (track) => track.path],
    ["Track", (track) => `${track.namespace} · ${track.track}`, "name"],
    ["Publisher", (track) => track.publishers.join(", ")],
    ["Path", (track) => (track.relays ?? []).join(" → ")],
    ["Subscribers", (track) => track.subscribers, "number"],
    [
      "Largest",
      ({ largest }) => largest === undefined ? "" : `${largest.group} / ${largest.object}`,
      "number",
    ],
    ["Received", (track) => bytes(track.bytes.received), "number"],
    ["Sent", (track) => bytes(track.bytes.sent), "number"],
    ["Age", (track) => duration(track.age_seconds), "number"],
  ]),
  new List("Namespaces", "status/namespaces", [
    ["Scope", (row) => row.path],
    ["Namespace", (row) => row.namespace, "name"],
    ["Announced by", (row) => row.publishers.join(", ")],
  ]),
  new List("Sessions", "status/sessions", [
    ["Session", (row) => row.session, "number"],
    ["Peer", (row) => row.relay === undefined ? row.peer : `${row.relay} (${row.peer})`],
    ["Program", (row) => row.implementation ?? "", "name"],
    ["Transport", (row) => `${row.transport} ${row.dialect}`],
    ["Scope", (row) => row.path ?? ""],
    ["Subscriptions", (row) => row.subscriptions, "number"],
    ["Namespaces", (row) => row.namespaces, "number"],
    ["Tracks", (row) => row.tracks, "number"],
    ["Age", (row) => duration(row.age_seconds), "number"],
  ]),
];
const links = new List("Links", undefined, [
  ["Neighbor", (link) => link.neighbor],
  ["State", (link) => link.state, "badge"],
  ["Round-trip time", (link) => link.rtt_ms === undefined ? "" : `${link.rtt_ms} ms`, "number"],
  ["Duration", (link) => duration(Math.round((link.since_ms ?? 0) / 1000)), "number"],
  ["Failure", (link) => link.failure ?? "", "name"],
]);
byId("lists").append(...lists.map(({ card }) => card), links.card);

let last;

/** Requests and shows everything, and shows what could not be loaded. */
async function look() {
  try {
    const status = await ask("status");
    showStatus(status);
    links.show({ total: status.mesh?.links.length ?? 0, items: status.mesh?.links ?? [] });
    links.card.hidden = status.mesh === undefined;
    await Promise.all(lists.map((list) => list.load(ask)));
  } catch (error) {
    document.body.dataset.state = "away";
    badge("away", "no answer");
    banner(`The relay does not answer: ${error.message}. The last known values are shown.`);
  }
}

async function ask(path) {
  const response = await fetch(path, {
    signal: AbortSignal.timeout(PATIENCE_MS),
    cache: "no-store",
  });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.error), { status: response.status });
  return body;
}

function showStatus(status) {
  const name = status.node_id;
  document.title = name ? `${name} · qumo-relay` : "qumo-relay";
  document.body.dataset.state = "live";
  badge(status.state, status.state);
  byId("about").textContent = [
    name,
    status.region,
    status.address,
    `up ${duration(status.uptime_seconds)}`,
    `version ${status.version}`,
  ].filter((part) => part).join(" · ");
  banner(status.conditions.map((condition) => condition.replaceAll("_", " ")).join(" · "));
  const now = { at: performance.now(), ...status.bytes };
  const rate = (field) => {
    if (last === undefined || now.at <= last.at || now[field] < last[field]) return "";
    return bitrate((now[field] - last[field]) * 8000 / (now.at - last.at));
  };
  showSummary([
    ["Sessions", status.sessions],
    ["Subscribers", status.subscribers],
    ["Tracks", status.tracks],
    ["Namespaces", status.namespaces],
    ["Received", rate("received")],
    ["Sent", rate("sent")],
    ["Cache", bytes(status.cache.bytes)],
    ["Parked streams", status.parked_streams],
  ]);
  last = now;
}

function showSummary(figures) {
  byId("summary").replaceChildren(...figures.map(([name, value]) => {
    const [tile, title, text] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
    title.textContent = name;
    text.textContent = String(value);
    tile.append(title, text);
    return tile;
  }));
}

function badge(kind, text) {
  byId("state").className = `badge ${kind}`;
  byId("state").textContent = text;
}

function banner(text) {
  byId("banner").hidden = text === "";
  if (byId("banner").textContent !== text) byId("banner").textContent = text;
}

for (;;) {
  if (!document.hidden) await look();
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
}
