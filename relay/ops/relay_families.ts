import { CONDITIONS } from "./conditions.ts";
import type { Add } from "@qumo/shared/metrics";
import { counter, counters, type Family, gauge, type Scraped } from "./family.ts";
import type { Traffic } from "../views.ts";

/** Metrics of sessions and requests. */
export const sessionFamilies: readonly Family[] = [
  gauge(
    "qumo_relay_ready",
    "1 while the relay takes new sessions.",
    ({ unready }) => unready === undefined ? 1 : 0,
  ),
  gauge(
    "qumo_relay_draining",
    "1 while the relay drains.",
    ({ state }) => state === "draining" ? 1 : 0,
  ),
  {
    type: "gauge",
    name: "qumo_relay_condition",
    help: "1 for each condition: something that is wrong although the relay serves.",
    labels: ["condition"],
    read({ conditions }, add) {
      for (const condition of CONDITIONS) {
        add(conditions.includes(condition) ? 1 : 0, { condition });
      }
    },
  },
  gauge("qumo_relay_sessions_active", "Open sessions.", ({ now }) => now.sessions),
  counters(
    "qumo_relay_sessions_started_total",
    "Sessions started, by the kind of connection.",
    "transport",
    ({ counts }) => counts.sessionsStarted,
  ),
  counters(
    "qumo_relay_dialect_sessions_total",
    "Sessions started, by the dialect that is spoken.",
    "dialect",
    ({ counts }) => counts.dialectSessions,
  ),
  counters(
    "qumo_relay_sessions_ended_total",
    "Sessions ended, by reason.",
    "reason",
    ({ counts }) => counts.sessionsEnded,
  ),
  counters(
    "qumo_relay_handshakes_refused_total",
    "Connections that did not become sessions, by reason.",
    "reason",
    ({ counts }) => counts.handshakesRefused,
  ),
  counters(
    "qumo_relay_client_redirects_total",
    "Clients that came while the relay was full, by what became of them.",
    "outcome",
    ({ counts }) => counts.clientRedirects,
  ),
  counters(
    "qumo_relay_transport_limits_total",
    "Connections and handshakes that were ended by a limit of the transport, by the limit.",
    "limit",
    ({ counts }) => counts.transportLimits,
  ),
  gauge(
    "qumo_relay_unread_bytes",
    "Upper bound of the bytes that peers have sent and the relay has not read.",
    ({ unreadBytes }) => unreadBytes,
  ),
  outcomes(
    "qumo_relay_requests_total",
    "Requests of peers, by how the relay answered.",
    ({ counts }) => counts.requests,
  ),
  outcomes(
    "qumo_relay_upstream_requests_total",
    "Requests of the relay, by how peers answered.",
    ({ counts }) => counts.upstreamRequests,
  ),
  counters(
    "qumo_relay_subscribe_errors_total",
    "SUBSCRIBE answered with an error, by its name.",
    "code",
    ({ counts }) => errorsOf(counts.requests.subscribe),
  ),
  counters(
    "qumo_relay_malformed_total",
    "Malformed messages and streams of peers, by kind.",
    "kind",
    ({ counts }) => counts.malformed,
  ),
  counters(
    "qumo_relay_oddities_total",
    "Parameters of moq-dev's clients that were understood although the draft has them otherwise: " +
      "misplaced ones are left out, others had another form.",
    "kind",
    ({ counts }) => counts.oddities,
  ),
  counters(
    "qumo_relay_publishers_replaced_total",
    "Tracks for which two publishers sent different objects, by which one has the track since.",
    "winner",
    ({ counts }) => counts.replacements,
  ),
  gauge(
    "qumo_relay_certificate_not_after_seconds",
    "End of the certificate in seconds since 1970.",
    ({ certificate }) => certificate.notAfter / 1000,
  ),
  gauge(
    "qumo_relay_certificate_generated",
    "1 if the relay generates its certificates, and renews them a day before they expire.",
    ({ certificate }) => certificate.isGenerated ? 1 : 0,
  ),
  counters(
    "qumo_relay_certificate_reloads_total",
    "Certificate reloads, by result.",
    "result",
    ({ counts }) => counts.certificateReloads,
  ),
  counters(
    "qumo_relay_acme_orders_total",
    "Orders of certificates by ACME, by result.",
    "result",
    ({ counts }) => counts.acmeOrders,
  ),
  counters(
    "qumo_relay_key_reloads_total",
    "Reloads of the keys that tokens are verified with, by result.",
    "result",
    ({ counts }) => counts.access.keyReloads,
  ),
  counters(
    "qumo_relay_hook_questions_total",
    "Questions for the hook of `auth.hook` who may come in, by what came of them; `kept`: known already, `not_asked`: it failed before or too many wait.",
    "result",
    ({ counts }) => counts.access.hook,
  ),
  counters(
    "qumo_relay_requests_cut_total",
    "Requests of peers ended although they had been allowed, by reason.",
    "reason",
    ({ counts }) => counts.access.requestsCut,
  ),
  gauge(
    "qumo_relay_revocations",
    "Revocations that controllers told the relay of and that are in force.",
    ({ counts }) => counts.access.revocations,
  ),
  counter(
    "qumo_relay_sessions_held_total",
    "Sessions that waited for a controller to say what is revoked.",
    ({ counts }) => counts.access.sessionsHeld,
  ),
  counter(
    "qumo_relay_kicks_total",
    "Kicks of operators that were carried out.",
    ({ counts }) => counts.access.kicks,
  ),
  counter(
    "qumo_relay_access_entries_left_out_total",
    "Revocations and policies of a controller that were unreadable or too many.",
    ({ counts }) => counts.access.accessEntriesLeftOut,
  ),
  counters(
    "qumo_relay_lookups_total",
    "Look-ups over HTTP (/announced, /fetch), by outcome.",
    "outcome",
    ({ counts }) => counts.media.lookups,
  ),
  counters(
    "qumo_relay_hls_requests_total",
    "Requests of players of HLS, by outcome.",
    "outcome",
    ({ counts }) => counts.media.hls,
  ),
  counters(
    "qumo_relay_hls_losses_total",
    "What players of HLS were not given, by what it is.",
    "what",
    ({ counts }) => counts.media.hlsLosses,
  ),
  counters(
    "qumo_relay_quota_refusals_total",
    "Sessions and requests refused because their tenant uses as much as it may, by quota.",
    "quota",
    ({ counts }) => counts.access.quotaRefusals,
  ),
  gauge(
    "qumo_relay_tenants_over_quota",
    "Tenants with sessions here that use more than their policy says.",
    ({ counts }) => counts.access.tenantsOverQuota,
  ),
  counter(
    "qumo_relay_unhandled_errors_total",
    "Unexpected internal errors.",
    ({ counts }) => counts.unhandledErrors,
  ),
];

/** Metrics of media: received, sent, cached and dropped; `maxCacheBytes` is the cache's limit. */
export function mediaFamilies(maxCacheBytes: number): Family[] {
  return [
    flow("qumo_relay_objects_total", "Objects, from publishers and to subscribers.", "objects"),
    flow(
      "qumo_relay_object_bytes_total",
      "Bytes of objects, with their headers and properties.",
      "bytes",
    ),
    flow(
      "qumo_relay_groups_total",
      "Groups started, for each publisher that sends one and each subscriber that gets one.",
      "groups",
    ),
    flow("qumo_relay_subgroups_total", "Subgroup streams started.", "subgroups"),
    flow("qumo_relay_datagrams_total", "Objects received and sent as datagrams.", "datagrams"),
    counter(
      "qumo_relay_duplicate_objects_total",
      "Objects on streams that another publisher of the track had already sent.",
      ({ counts }) => counts.duplicateObjects,
    ),
    counters(
      "qumo_relay_dropped_objects_total",
      "Objects from publishers that were dropped, by reason.",
      "reason",
      ({ counts }) => counts.droppedObjects,
    ),
    counters(
      "qumo_relay_tracks_given_up_total",
      "Tracks ended by the relay although their publishers would send more, by reason.",
      "reason",
      ({ counts }) => counts.tracksGivenUp,
    ),
    counters(
      "qumo_relay_streams_stopped_total",
      "Streams of publishers that the relay stopped before their end, by reason.",
      "reason",
      ({ counts }) => counts.streamsStopped,
    ),
    gauge(
      "qumo_relay_client_streams_open",
      "Streams that clients have open to the relay.",
      ({ now }) => now.clientStreams,
    ),
    counters(
      "qumo_relay_datagrams_dropped_total",
      "Datagrams dropped, by reason.",
      "reason",
      ({ counts }) => counts.datagramsDropped,
    ),
    gauge(
      "qumo_relay_subscribers_active",
      "Active subscriptions of subscribers.",
      ({ now }) => now.subscriptions,
    ),
    gauge("qumo_relay_tracks_active", "Active tracks.", ({ now }) => now.tracks),
    gauge(
      "qumo_relay_broadcasts_active",
      "Announced namespaces.",
      ({ now }) => now.namespaces,
    ),
    gauge(
      "qumo_relay_group_fills_inflight",
      "Groups of which a subgroup stream is being received.",
      ({ now }) => now.openGroups,
    ),
    counters(
      "qumo_relay_subscriber_skips_total",
      "Groups and subgroups skipped or cut short for a subscriber, and objects left out of a fetch, by reason.",
      "reason",
      ({ counts }) => counts.skips,
    ),
    counter(
      "qumo_relay_subscribers_too_far_behind_total",
      "Subscriptions ended because the subscriber was too far behind.",
      ({ counts }) => counts.subscribersTooFarBehind,
    ),
    counters(
      "qumo_relay_inexpressible_total",
      "What peers were not told, or were told otherwise, because their dialect has no words for it.",
      "what",
      ({ counts }) => counts.inexpressible,
    ),
    gauge(
      "qumo_relay_streams_parked",
      "Parked streams now: left open because they cannot be reset.",
      ({ now }) => now.parkedStreams,
    ),
    counter(
      "qumo_relay_streams_parked_total",
      "Streams that were parked: left open because they could not be reset.",
      ({ counts }) => counts.streamsParked,
    ),
    counters(
      "qumo_relay_parked_streams_finished_total",
      "Parked streams that were finished later, by reason.",
      "reason",
      ({ counts }) => counts.parkedStreamsFinished,
    ),
    counter(
      "qumo_relay_fetches_shared_total",
      "Fetches from publishers that shared an equal fetch already under way.",
      ({ counts }) => counts.fetchesShared,
    ),
    counters(
      "qumo_relay_requests_unread_total",
      "Requests abandoned before their first message was complete, by reason.",
      "reason",
      ({ counts }) => counts.requestsUnread,
    ),
    counters(
      "qumo_relay_request_stops_total",
      "Quiet requests that peers had cancelled with STOP_SENDING, by how it was noticed.",
      "noticed_by",
      ({ counts }) => counts.requestStops,
    ),
    counters(
      "qumo_relay_requests_blocked_total",
      "How often no more requests were allowed in sessions of drafts up to 16 (MAX_REQUEST_ID), by whose requests.",
      "requests",
      ({ counts }) => counts.requestsBlocked,
    ),
    gauge(
      "qumo_relay_cache_bytes",
      "Memory of the objects in the cache.",
      ({ now }) => now.cache.bytes,
    ),
    gauge(
      "qumo_relay_cache_limit_bytes",
      "Limit of the memory of objects in the cache.",
      () => maxCacheBytes,
    ),
    gauge("qumo_relay_cache_groups", "Groups in the cache.", ({ now }) => now.cache.groups),
    counters(
      "qumo_relay_cache_evictions_total",
      "Groups evicted from the cache, by the limit that was reached.",
      "reason",
      ({ counts }) => counts.evictions,
    ),
  ];
}

function flow(name: string, help: string, part: keyof Traffic): Family {
  return counters(
    name,
    help,
    "direction",
    ({ counts }) => ({ in: counts.received[part], out: counts.sent[part] }),
  );
}

// Kinds times outcomes would be a long list of zeros, so an outcome appears when it first happens.
function outcomes(
  name: string,
  help: string,
  answersIn: (scraped: Scraped) => Readonly<Record<string, Readonly<{ ok: number }>>>,
): Family {
  const read = (scraped: Scraped, add: Add) => {
    for (const [kind, answers] of Object.entries(answersIn(scraped))) {
      add(answers.ok, { kind, outcome: "ok" });
      for (const [outcome, count] of Object.entries(errorsOf(answers))) {
        add(count, { kind, outcome });
      }
    }
  };
  return { type: "counter", name, help, labels: ["kind", "outcome"], read };
}

function errorsOf(answers: Readonly<Record<string, number>>): Record<string, number> {
  const errors = Object.entries(answers).filter(([outcome, n]) => outcome !== "ok" && n > 0);
  return Object.fromEntries(errors);
}
