import { printable } from "@qumo/shared/runtime";
import { counter, counters, distribution, type Family, gauge, type Scraped } from "./family.ts";
import type { LinkView } from "../views.ts";
import type { MeshView } from "./snapshot.ts";

/** Characters of a neighbor's name in a label. */
const MAX_LABEL = 128;

/** Metrics of links to other relays, and of remote tracks. */
export const meshFamilies: readonly Family[] = [
  perLink(
    "qumo_relay_link_up",
    "1 while a link to a neighbor is up.",
    ({ state }) => state === "up" ? 1 : 0,
  ),
  perLink(
    "qumo_relay_link_rtt_seconds",
    "Smoothed round-trip time of a link.",
    ({ rttMs }) => rttMs === undefined ? undefined : rttMs / 1000,
  ),
  gauge(
    "qumo_relay_upstream_sessions",
    "Sessions to neighbors that deliver remote tracks.",
    ({ mesh }) => linksOf(mesh).filter(({ state }) => state !== "dialing").length,
  ),
  gauge(
    "qumo_relay_remote_tracks",
    "Remote tracks: received from neighbors for subscribers here.",
    ({ mesh }) => mesh?.remoteTracks ?? 0,
  ),
  gauge(
    "qumo_relay_unreachable_relays",
    "Unreachable relays: they have announces and no route leads to them, so these are not offered here.",
    ({ mesh }) => mesh?.unreachable.length ?? 0,
  ),
  counter(
    "qumo_relay_unreachable_total",
    "Times that a relay became unreachable and its announces were withdrawn here.",
    ({ counts }) => counts.mesh.unreachable,
  ),
  counters(
    "qumo_relay_reroutes_total",
    "Remote tracks moved to another route, by reason.",
    "reason",
    ({ counts }) => counts.mesh.reroutes,
  ),
  counters(
    "qumo_relay_directory_lookups_total",
    "Lookups of tracks that nobody publishes at this relay, by result.",
    "result",
    ({ counts }) => counts.mesh.lookups,
  ),
  whereKnown(
    "qumo_relay_interests",
    "Interests: namespaces and prefixes whose announces this relay follows for its sessions.",
    ({ mesh }) => mesh?.control?.interests?.count,
  ),
  counters(
    "qumo_relay_interests_total",
    "Namespaces and prefixes that were asked for the first time, by result: told; late, when the " +
      "controller did not answer in time; away, when there was none to ask. widened: there were too " +
      "many, so that all announces are followed.",
    "result",
    ({ mesh }) => mesh?.control?.interests?.counts ?? {},
  ),
  whereKnown(
    "qumo_relay_mirror_revision",
    "Revision of the relay's mirror.",
    ({ mesh }) => mesh?.control?.revision,
  ),
  whereKnown(
    "qumo_relay_mirror_age_seconds",
    "Time since the last message from the controller.",
    ({ mesh }) => {
      const age = mesh?.control?.ageMs;
      return age === undefined ? undefined : age / 1000;
    },
  ),
];

/** Histograms of the delay of objects in this relay, of failover gaps, and of path lengths. */
export const distributionFamilies: readonly Family[] = [
  distribution(
    "qumo_relay_delivery_seconds",
    "Time from the arrival of a subgroup's first object until a subscriber's transport took it.",
    ({ counts }) => counts.deliveryDelays,
  ),
  distribution(
    "qumo_relay_failover_gap_seconds",
    "Failover gap: time without objects of a remote track whose path broke.",
    ({ counts }) => counts.mesh.failoverGaps,
  ),
  distribution(
    "qumo_relay_mesh_hops",
    "Relays on the path of a remote track when it was subscribed to.",
    ({ counts }) => counts.mesh.hopCounts,
  ),
];

function linksOf(mesh: MeshView | undefined): readonly LinkView[] {
  return mesh?.links ?? [];
}

function perLink(
  name: string,
  help: string,
  value: (link: LinkView) => number | undefined,
): Family {
  return {
    type: "gauge",
    name,
    help,
    labels: ["neighbor"],
    read({ mesh }, add) {
      for (const link of linksOf(mesh)) {
        const number = value(link);
        if (number !== undefined) add(number, { neighbor: printable(link.neighbor, MAX_LABEL) });
      }
    },
  };
}

/** A gauge that is absent while there is no value, as for a relay without a controller. */
function whereKnown(
  name: string,
  help: string,
  value: (scraped: Scraped) => number | undefined,
): Family {
  return {
    type: "gauge",
    name,
    help,
    labels: [],
    read(scraped, add) {
      const number = value(scraped);
      if (number !== undefined) add(number);
    },
  };
}
