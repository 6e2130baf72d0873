import { Counter, Gauge, type Registry as Metrics } from "prom-client";
import type { EventCount } from "../events/mod.ts";
import type { NodeState } from "../graph/mod.ts";

/** The sources of gauges that are read at each scrape. */
export interface StateSources {
  readonly relays: () => Readonly<Record<NodeState, number>>;
  readonly announces: () => number;
  readonly announceBytes: () => number;
  readonly historyBytes: () => number;
  readonly flows: () => number;
  readonly revision: () => number;
  readonly isStoreHealthy: () => boolean;
  readonly events: () => ReadonlyMap<string, Readonly<EventCount>>;
  /** The members of the cluster behind the store; empty when the store has no cluster. */
  readonly members: () => readonly { readonly name: string; readonly state: string }[];
}

/** Registers gauges of the controller's state. */
export function addStateMetrics(metrics: Metrics, sources: StateSources): void {
  const registers = [metrics];
  const read = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  addRelays(metrics, sources);
  read("qumo_sdn_announces", "Announces of all relays", sources.announces);
  read("qumo_sdn_announce_bytes", "Bytes of the texts of all announces", sources.announceBytes);
  read(
    "qumo_sdn_watch_history_bytes",
    "Bytes of changes kept for watchers that are behind",
    sources.historyBytes,
  );
  read("qumo_sdn_flows", "Flows: remote tracks that relays take from neighbors", sources.flows);
  read("qumo_sdn_revision", "Current revision", sources.revision);
  read(
    "qumo_sdn_store_healthy",
    "1 while the store accepts writes; 0 when etcd has no quorum, or a disk fails",
    () => sources.isStoreHealthy() ? 1 : 0,
  );
  addMembers(metrics, sources);
  addEvents(metrics, sources);
}

function addRelays(metrics: Metrics, { relays }: StateSources): void {
  new Gauge({
    name: "qumo_sdn_relays",
    help: "Relays by state; only the first three have a lease",
    labelNames: ["state"],
    registers: [metrics],
    collect() {
      for (const [state, count] of Object.entries(relays())) this.set({ state }, count);
    },
  });
}

function addMembers(metrics: Metrics, { members }: StateSources): void {
  new Gauge({
    name: "qumo_sdn_etcd_member",
    help: "1 for the state of each member of etcd: leader, follower, leaderless or silent",
    labelNames: ["member", "state"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { name, state } of members()) this.set({ member: name, state }, 1);
    },
  });
}

function addEvents(metrics: Metrics, { events }: StateSources): void {
  new Counter({
    name: "qumo_sdn_events_total",
    help: "Events by kind; left_out: not listed, because their relay caused too many",
    labelNames: ["kind", "result"],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [kind, count] of events()) {
        for (const [result, number] of Object.entries(count)) {
          if (number > 0) this.inc({ kind, result }, number);
        }
      }
    },
  });
}
