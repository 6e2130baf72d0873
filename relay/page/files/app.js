import { byId, make, showFigures } from "./dom.js";
import { bitrate, bytes, duration } from "./format.js";
import { List } from "./list.js";
import { keepPlace } from "./place.js";
import { Plot, Rates } from "./plot.js";

/** Milliseconds between two refreshes while the page is visible. */
const EVERY_MS = 2_000;

/** Time limit of a request, in milliseconds. */
const PATIENCE_MS = 5_000;

keepPlace(document.querySelectorAll("nav a, .first-steps a"));

/** What this page saw of each track, by its name; when there are too many, it begins anew. */
const tracks = new Map();
const MOST_TRACKS = 1_000;

const encoders = new List("Encoders", "status/encoders", [
  ["Encoder", (row) => row.encoder, "number"],
  ["Peer", (row) => row.peer],
  ["Protocol", (row) => row.protocol],
  ["Namespace", (row) => row.namespace, "name"],
  ["Codecs", (row) => row.codecs.join(", "), "name"],
  ["Bit rate", (row) => bitrate(row.bits_per_second), "number"],
  ["Received", (row) => bytes(row.bytes.received), "number"],
  ["Age", (row) => duration(row.age_seconds), "number"],
]);
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
    ["Bit rate", rateOf, "number"],
    ["Received", (track) => bytes(track.bytes.received), "number"],
    ["Sent", (track) => bytes(track.bytes.sent), "number"],
    ["Age", (track) => duration(track.age_seconds), "number"],
  ]),
  encoders,
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

const plots = [
  ["Received", (status) => status.bytes.received],
  ["Sent", (status) => status.bytes.sent],
].map(([title, count]) => {
  const [rates, plot] = [new Rates(), new Plot()];
  const value = make("span", { className: "value" });
  const heading = make("h2", { textContent: `${title} ` });
  heading.append(value);
  byId("plots").append(make("section", { className: "card" }, heading, plot.node));
  return (status) => {
    rates.add(performance.now(), count(status) * 8);
    const all = rates.all;
    value.textContent = all.length === 0 ? "" : bitrate(all.at(-1).rate);
    const most = bitrate(Math.max(0, ...all.map(({ rate }) => rate)));
    plot.show(all, `${title} in the last minutes: at most ${most}`);
  };
});

/** Requests and shows everything, and shows what could not be loaded. */
async function look() {
  try {
    const status = await ask("status");
    showStatus(status);
    links.show({ total: status.mesh?.links.length ?? 0, items: status.mesh?.links ?? [] });
    links.card.hidden = status.mesh === undefined;
    encoders.card.hidden = status.encoders === 0;
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
  for (const plot of plots) plot(status);
  showFigures(byId("summary"), [
    ["Sessions", status.sessions],
    ["Subscribers", status.subscribers],
    ["Tracks", status.tracks],
    ["Namespaces", status.namespaces],
    ["Cache", bytes(status.cache.bytes)],
    ["Parked streams", status.parked_streams],
  ]);
}

/** What comes of a track now, by the two last readings. */
function rateOf({ path, namespace, track, bytes: { received } }) {
  const name = JSON.stringify([path, namespace, track]);
  if (tracks.size > MOST_TRACKS) tracks.clear();
  const rates = tracks.get(name) ?? new Rates();
  tracks.set(name, rates);
  rates.add(performance.now(), received * 8);
  const { last } = rates;
  return last === undefined ? "" : bitrate(last);
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
