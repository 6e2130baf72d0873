import { AccessView } from "./access_view.js";
import { Api, ApiError } from "./api.js";
import { Connection } from "./connection.js";
import { byId, setText } from "./dom.js";
import { duration } from "./format.js";
import { MeshView } from "./mesh_view.js";
import { MAX_LOG, Model } from "./model.js";
import { NetworkView } from "./network_view.js";
import { PeersView } from "./peers_view.js";
import { headline, isFailing } from "./summary_view.js";
import { RouteView } from "./route_view.js";

/** Polling interval for data without events: leases, load within its noise, peers. */
const POLL_MS = 5_000;
/** Minimum time between two redraws of a network that changes all the time. */
const REFRESH_MS = 400;

const api = new Api();
const model = new Model();
const access = new AccessView(api, { onToken: () => connection.retry() });
const route = new RouteView((path) => api.json(path), (path) => {
  network.route = path;
  network.show();
});
const network = new NetworkView(model, api, { access, isLive: () => isLive() });
const mesh = new MeshView(model, api);
const peers = new PeersView(api);
const connection = new Connection(api, { onEvent, onState });

let refreshing = false;
let isRefreshDue = false;

byId("retry").addEventListener("click", () => connection.retry());
addEventListener("online", () => connection.retry());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (isLive()) refresh();
  else connection.retry();
});
setInterval(tick, 1_000);
setInterval(() => {
  if (isLive() && !document.hidden) refresh();
}, POLL_MS);
network.show();
connection.run();

function isLive() {
  return connection.state.kind === "live";
}

function onEvent(event, data) {
  if (event === "snapshot") {
    model.beginSnapshot();
    return;
  }
  const isDue = model.apply(event, data);
  if (isDue || event === "ready") refresh();
  else network.showSoon();
}

function onState(state) {
  document.body.dataset.state = state.kind;
  if (state.kind === "live") {
    // The role decides which actions are offered.
    access.ask().then(() => network.show());
    refresh();
  }
  if (state.kind === "denied") access.need(state.reason);
  tick();
  network.show();
}

/** Requests what is derived from the events: the graph with its costs, and the relays' leases. */
async function refresh() {
  isRefreshDue = true;
  if (refreshing) return;
  refreshing = true;
  while (isRefreshDue) {
    isRefreshDue = false;
    try {
      const since = model.newestEvent === 0 ? "" : `&since=${model.newestEvent}`;
      const [graph, relays, events, health] = await Promise.all([
        api.json("graph"),
        api.json("relay"),
        api.json(`events?limit=${MAX_LOG}${since}`),
        api.fetch("health").then((response) => response.json()),
      ]);
      model.takeGraph(graph);
      model.takeRelays(relays);
      model.takeEvents(events);
      network.health = { ...health, revision: model.revision };
      network.show();
      route.offer(model.nodes.map(({ id }) => id));
      await route.refresh();
      await mesh.refresh();
      await peers.refresh(network.health);
    } catch (error) {
      // What the controller refuses, and that it is away, is said by the connection; the rest are faults
      // of this page.
      const isSaid = error instanceof ApiError || document.body.dataset.state !== "live";
      if (!isSaid) reportError(error);
    }
    tick();
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
  refreshing = false;
}

/** Updates what changes with time only. */
function tick() {
  const { kind, reason, since, nextTry } = connection.state;
  const now = Date.now();
  const badge = byId("status-word");
  badge.className = `badge ${kind}`;
  setText(badge, kind === "denied" ? "no access" : kind);
  const again = nextTry > now ? `; trying again in ${duration(nextTry - now)}` : "";
  const texts = {
    live: headline(model),
    connecting: reason === "" ? "" : `${reason}${again}`,
    denied: reason,
    stale: "",
  };
  setText(byId("status-text"), texts[kind]);
  byId("status-text").className = kind === "live" && isFailing(model) ? "bad" : "";
  const banner = byId("banner");
  banner.hidden = kind !== "stale";
  // Announced to screen readers once: the counting seconds are outside of the alert's first text.
  if (kind === "stale") {
    const at = new Date(since).toLocaleTimeString();
    setText(banner, `Stale since ${at}: ${reason}. The last known state is shown.`);
    setText(byId("status-text"), `for ${duration(now - since)}${again}`);
  }
  document.title = kind === "live" ? `${headline(model)} – qumo-sdn` : "qumo-sdn";
  byId("retry").hidden = kind !== "stale" && kind !== "connecting";
  network.tick();
}
