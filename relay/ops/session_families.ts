import { CONDITIONS } from "./conditions.ts";
import type { Add } from "@qumo/shared/metrics";
import { counter, counters, type Family, gauge, type Scraped } from "./family.ts";

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
    "Clients that came while the relay was full, or without `/assign` above 70 %, by what became of them.",
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
