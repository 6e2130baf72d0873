import { byId, setText } from "./dom.js";
import { duration, metricLines } from "./format.js";
import { showBadge, Table } from "./table.js";

/** How this controller is, and when it last agreed with the others. */
export class PeersView {
  #api;
  #table;

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
          show: ({ age, interval }, cell) => {
            const isFine = age !== undefined && age < interval;
            showBadge(cell, isFine ? "ok" : "error", isFine ? "in step" : "out of reach");
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
  }

  /** @param {{ ready: boolean, reason?: string }} health */
  async refresh({ ready, reason }) {
    const how = ready ? "ready" : `not ready: ${(reason ?? "unknown").replaceAll("_", " ")}`;
    setText(byId("self"), `This controller is ${how}.`);
    const text = await this.#api.fetch("metrics").then((response) => response.text());
    const now = Date.now() + this.#api.clockAhead;
    const last = new Map(
      metricLines(text, "qumo_sdn_last_sync_timestamp_seconds").map(({ labels, value }) => {
        return [labels.peer, now - value * 1000];
      }),
    );
    const peers = new Map();
    for (const { labels, value } of metricLines(text, "qumo_sdn_syncs_total")) {
      const peer = peers.get(labels.peer) ?? { peer: labels.peer, ok: 0, failed: 0 };
      if (labels.result === "ok") peer.ok += value;
      else peer.failed += value;
      peers.set(labels.peer, { ...peer, age: last.get(labels.peer), interval: PATIENCE_MS });
    }
    this.#table.show([...peers.values()]);
  }
}

/** After so long without an exchange a peer counts as out of reach: six times the usual interval. */
const PATIENCE_MS = 60_000;
