import { byId, setText } from "./dom.js";
import { duration, metricLines } from "./format.js";
import { showBadge, Table } from "./table.js";

/** Badge colors of etcd's members by state. */
const MEMBER_BADGES = { leader: "ok", follower: "ok", leaderless: "draining" };

/** The state of this controller, and its last exchange with each peer. */
export class PeersView {
  #api;
  #table;
  #members;

  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.#api = api;
    this.#table = new Table(byId("peers"), {
      label: "Other controllers",
      key: ({ peer }) => peer,
      empty: "It has no peers: when it is down, relays go on with the routes they know.",
      columns: [
        { label: "Peer", kind: "name", show: ({ peer }) => peer },
        {
          label: "State",
          show: ({ lag }, cell) => {
            const words = lag === 0 ? "up to date" : `behind for ${duration(lag)}`;
            showBadge(cell, lag === 0 ? "ok" : "error", words);
          },
        },
        {
          label: "Last exchange",
          show: ({ age }) => age === undefined ? "never" : `${duration(age)} ago`,
        },
        { label: "Exchanges", kind: "figure", show: ({ ok }) => String(ok) },
        { label: "Failures", kind: "figure", show: ({ failed }) => String(failed) },
      ],
    });
    this.#members = new Table(byId("members"), {
      label: "Members of etcd",
      key: ({ member }) => member,
      empty: "",
      columns: [
        { label: "Member", kind: "name", show: ({ member }) => member },
        {
          label: "State",
          show: ({ state }, cell) => showBadge(cell, MEMBER_BADGES[state] ?? "error", state),
        },
      ],
    });
  }

  /** @param {{ ready: boolean, reason?: string, revision: number }} health */
  async refresh({ ready, reason, revision }) {
    const how = ready ? "ready" : `not ready: ${(reason ?? "unknown").replaceAll("_", " ")}`;
    setText(byId("self"), `This controller is ${how}. Revision ${revision}.`);
    const text = await this.#api.fetch("metrics").then((response) => response.text());
    this.#showMembers(text);
    const now = Date.now() + this.#api.clockAhead;
    const peers = new Map();
    for (const { labels: { peer }, value } of metricLines(text, "qumo_sdn_sync_lag_seconds")) {
      peers.set(peer, { peer, lag: value * 1000, ok: 0, failed: 0 });
    }
    const tell = (metric, take) => {
      for (const { labels, value } of metricLines(text, metric)) {
        const peer = peers.get(labels.peer);
        if (peer) take(peer, value, labels.result);
      }
    };
    tell("qumo_sdn_last_sync_timestamp_seconds", (peer, value) => peer.age = now - value * 1000);
    tell(
      "qumo_sdn_syncs_total",
      (peer, value, result) => peer[result === "ok" ? "ok" : "failed"] = value,
    );
    this.#table.show([...peers.values()]);
  }

  /** Shows the members of the etcd cluster, and whether it has a quorum. */
  #showMembers(text) {
    const members = metricLines(text, "qumo_sdn_etcd_member").map(({ labels }) => labels);
    byId("etcd").hidden = members.length === 0;
    byId("peers").hidden = members.length > 0;
    this.#members.show(members);
    const agree = members.filter(({ state }) => state === "leader" || state === "follower");
    // A leader without a quorum steps down; until it does, the count is more accurate.
    const isEnough = 2 * agree.length > members.length;
    const how = isEnough && agree.some(({ state }) => state === "leader") ? "has" : "has lost";
    const count = `${agree.length} of ${members.length} members agree`;
    setText(byId("etcd-words"), `etcd ${how} its quorum: ${count}.`);
  }
}
