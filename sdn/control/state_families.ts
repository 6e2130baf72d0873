import { accessKinds } from "@qumo/shared/topology/access_schemas";
import { counter, type Family, gauge } from "@qumo/shared/metrics";
import type { AccessCounts } from "../registry/mod.ts";
import type { EventCount } from "../events/mod.ts";
import type { NodeState } from "../graph/mod.ts";

/** The sources of metrics of the controller's state. */
export interface StateSources {
  readonly relays: () => Readonly<Record<NodeState, number>>;
  readonly announces: () => number;
  readonly announceBytes: () => number;
  readonly historyBytes: () => number;
  /** Interests of all watchers that follow some announces only. */
  readonly interests: () => number;
  readonly flows: () => number;
  /** Revocations and policies in force. */
  readonly access: () => AccessCounts;
  /** Reports of what one tenant uses at one relay. */
  readonly usages: () => number;
  readonly usagesLeftOut: () => number;
  readonly kicks: () => number;
  readonly kicksLost: () => number;
  readonly revision: () => number;
  readonly prolonged: () => number;
  readonly isStoreHealthy: () => boolean;
  readonly events: () => ReadonlyMap<string, Readonly<EventCount>>;
  /** The members of the cluster behind the store; empty when the store has no cluster. */
  readonly members: () => readonly { readonly name: string; readonly state: string }[];
}

/** Metrics of the controller's state. */
export function stateFamilies(sources: StateSources): Family[] {
  return [
    {
      type: "gauge",
      name: "qumo_sdn_relays",
      help: "Relays by state; only the first three have a lease",
      labels: ["state"],
      read(_, add) {
        for (const [state, count] of Object.entries(sources.relays())) add(count, { state });
      },
    },
    gauge("qumo_sdn_announces", "Announces of all relays", sources.announces),
    gauge("qumo_sdn_announce_bytes", "Bytes of the texts of all announces", sources.announceBytes),
    gauge(
      "qumo_sdn_watch_history_bytes",
      "Bytes of changes kept for watchers that are behind",
      sources.historyBytes,
    ),
    gauge(
      "qumo_sdn_watch_interests",
      "Namespaces and prefixes whose announces relays follow, of all relays",
      sources.interests,
    ),
    gauge("qumo_sdn_flows", "Flows: remote tracks that relays take from neighbors", sources.flows),
    revocations(sources),
    gauge("qumo_sdn_policies", "Policies of tenants", () => sources.access().policies),
    gauge(
      "qumo_sdn_tenant_reports",
      "Reports of what one tenant uses at one relay",
      sources.usages,
    ),
    counter(
      "qumo_sdn_tenant_reports_left_out_total",
      "Reports of what a tenant uses that were not taken because there are too many",
      sources.usagesLeftOut,
    ),
    counter("qumo_sdn_kicks_total", "Kicks that relays were told", sources.kicks),
    counter(
      "qumo_sdn_kicks_lost_total",
      "Kicks that other controllers were not told, because a peer or etcd did not answer",
      sources.kicksLost,
    ),
    counter(
      "qumo_sdn_leases_prolonged_total",
      "Leases that did not end because the controller itself was busy or stopped, or a peer fell silent",
      sources.prolonged,
    ),
    gauge("qumo_sdn_revision", "Current revision", sources.revision),
    gauge(
      "qumo_sdn_store_healthy",
      "1 while the store accepts writes; 0 when etcd has no quorum, or a disk fails",
      () => sources.isStoreHealthy() ? 1 : 0,
    ),
    members(sources),
    events(sources),
  ];
}

function revocations({ access }: StateSources): Family {
  return {
    type: "gauge",
    name: "qumo_sdn_revocations",
    help: "Revocations in force, by kind",
    labels: ["kind"],
    read(_, add) {
      const { revocations } = access();
      for (const kind of accessKinds) add(revocations[kind] ?? 0, { kind });
    },
  };
}

function members({ members }: StateSources): Family {
  return {
    type: "gauge",
    name: "qumo_sdn_etcd_member",
    help: "1 for the state of each member of etcd: leader, follower, leaderless or silent",
    labels: ["member", "state"],
    read(_, add) {
      for (const { name, state } of members()) add(1, { member: name, state });
    },
  };
}

function events({ events }: StateSources): Family {
  return {
    type: "counter",
    name: "qumo_sdn_events_total",
    help: "Events by kind; left_out: not listed, because their relay caused too many",
    labels: ["kind", "result"],
    read(_, add) {
      for (const [kind, count] of events()) {
        for (const [result, number] of Object.entries(count)) {
          add(number, { kind, result });
        }
      }
    },
  };
}
