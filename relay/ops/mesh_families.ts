import { printable } from "@qumo/shared/runtime";
import { counter, counters, type Distribution, type Family, gauge } from "./family.ts";
import type { Histogram, RelayMetrics } from "./metrics.ts";
import type { RelayView } from "./snapshot.ts";
import type { LinkView } from "../views.ts";

/** Characters of a neighbor's name in a label. */
const MAX_LABEL = 128;

/** Metrics of links to other relays, and of remote tracks. */
export function meshFamilies(metrics: RelayMetrics, relay: RelayView): Family[] {
  const links = () => relay.mesh?.links ?? [];
  return [
    perLink(
      "qumo_relay_link_up",
      "1 while a link to a neighbor is up.",
      links,
      ({ state }) => state === "up" ? 1 : 0,
    ),
    perLink(
      "qumo_relay_link_rtt_seconds",
      "Smoothed round-trip time of a link.",
      links,
      ({ rttMs }) => rttMs === undefined ? undefined : rttMs / 1000,
    ),
    gauge(
      "qumo_relay_upstream_sessions",
      "Sessions to neighbors that deliver remote tracks.",
      () => links().filter(({ state }) => state !== "dialing").length,
    ),
    gauge(
      "qumo_relay_remote_tracks",
      "Remote tracks: received from neighbors for subscribers here.",
      () => relay.mesh?.remoteTracks ?? 0,
    ),
    gauge(
      "qumo_relay_unreachable_relays",
      "Unreachable relays: they have announces and no route leads to them, so these are not offered here.",
      () => relay.mesh?.unreachable.length ?? 0,
    ),
    counter(
      "qumo_relay_unreachable_total",
      "Times that a relay became unreachable and its announces were withdrawn here.",
      () => metrics.mesh.unreachable,
    ),
    counters(
      "qumo_relay_reroutes_total",
      "Remote tracks moved to another route, by reason.",
      "reason",
      () => metrics.mesh.reroutes,
    ),
    counters(
      "qumo_relay_directory_lookups_total",
      "Lookups of tracks that nobody publishes at this relay, by result.",
      "result",
      () => metrics.mesh.lookups,
    ),
    whereKnown(
      "qumo_relay_mirror_revision",
      "Revision of the relay's mirror.",
      () => relay.mesh?.control?.revision,
    ),
    whereKnown(
      "qumo_relay_mirror_age_seconds",
      "Time since the last message from the controller.",
      () => {
        const age = relay.mesh?.control?.ageMs;
        return age === undefined ? undefined : age / 1000;
      },
    ),
  ];
}

/** Histograms of the delay of objects in this relay, of failover gaps, and of path lengths. */
export function distributions({ deliveryDelays, mesh }: RelayMetrics): Distribution[] {
  return [
    distribution(
      "qumo_relay_delivery_seconds",
      "Time from the arrival of a subgroup's first object until a subscriber's transport took it.",
      deliveryDelays,
    ),
    distribution(
      "qumo_relay_failover_gap_seconds",
      "Failover gap: time without objects of a remote track whose path broke.",
      mesh.failoverGaps,
    ),
    distribution(
      "qumo_relay_mesh_hops",
      "Relays on the path of a remote track when it was subscribed to.",
      mesh.hopCounts,
    ),
  ];
}

function distribution(name: string, help: string, histogram: Histogram): Distribution {
  const { bounds, counts, sum } = histogram;
  return { name, help, bounds, counts, sum };
}

function perLink(
  name: string,
  help: string,
  links: () => readonly LinkView[],
  value: (link: LinkView) => number | undefined,
): Family {
  return {
    type: "gauge",
    name,
    help,
    labels: ["neighbor"],
    read(add) {
      for (const link of links()) {
        const number = value(link);
        if (number !== undefined) add(number, { neighbor: printable(link.neighbor, MAX_LABEL) });
      }
    },
  };
}

/** A gauge that is absent while there is no value, as for a relay without a controller. */
function whereKnown(name: string, help: string, value: () => number | undefined): Family {
  return {
    type: "gauge",
    name,
    help,
    labels: [],
    read(add) {
      const number = value();
      if (number !== undefined) add(number);
    },
  };
}
