/** Every counter and gauge that the relay shows is one that something moves. */
import assert from "node:assert/strict";
import { RelayMetrics } from "../../relay/metrics.ts";
import {
  DISK_DELETIONS,
  DISK_DROPS,
  DISK_READS,
  HLS_LOSSES,
  HLS_OUTCOMES,
  LOOKUP_OUTCOMES,
  REQUEST_KINDS,
  REQUEST_OUTCOMES,
  UPSTREAM_OUTCOMES,
  UPSTREAM_REQUEST_KINDS,
} from "../../relay/vocabulary/mod.ts";
import { DELIVERY } from "../scenarios/counters/delivery_drives.ts";
import { scrape } from "../scenarios/counters/drive.ts";
import { MESH } from "../scenarios/counters/mesh_drives.ts";
import { OBJECTS } from "../scenarios/counters/object_drives.ts";
import { PORTS } from "../scenarios/counters/port_drives.ts";
import { ENDINGS, REQUESTS } from "../scenarios/counters/session_drives.ts";
import { movedIn, MovedSeries } from "../support/metrics/moved_series.ts";

const HTTP = "shared/http/listener_test.ts";
const ACME = "shared/acme/acme_certificates_test.ts";
const ENCODERS = "tests/scenarios/encoders_test.ts";
const HOOK = "relay/access/hook/hook_test.ts";
const HLS = "relay/media/hls/hls_server_test.ts";
const HLS_MEDIA = "tests/scenarios/hls_test.ts";
const DISK = "relay/disk/disk_archive_test.ts";
const LOOKUPS = "relay/media/lookups/lookups_test.ts";
const OVERFLOW = "relay/overflow_test.ts";
const INTERESTS = "tests/scenarios/interests_test.ts";

/** What takes a flood or a broken network to move: the tests in which that is, for each of its words. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'qumo_relay_acme_orders_total{result="ok"}': ACME,
  'qumo_relay_acme_orders_total{result="failed"}': ACME,
  'qumo_relay_handshakes_refused_total{reason="quic"}': "tests/faults/vanishing_test.ts",
  'qumo_relay_handshakes_refused_total{reason="setup"}': "tests/scenarios/negotiation_test.ts",
  'qumo_relay_client_redirects_total{outcome="sent"}': OVERFLOW,
  'qumo_relay_client_redirects_total{outcome="nowhere"}': OVERFLOW,
  'qumo_relay_client_redirects_total{outcome="unassigned"}': OVERFLOW,
  'qumo_relay_client_redirects_total{outcome="not_a_follower"}': OVERFLOW,
  'qumo_relay_transport_limits_total{limit="handshakes"}': "relay/transport/quic_test.ts",
  'qumo_relay_transport_limits_total{limit="unread_bytes_per_connection"}':
    "relay/transport/listener_test.ts",
  'qumo_relay_transport_limits_total{limit="webtransport_handshakes"}':
    "relay/transport/listener_test.ts",
  'qumo_relay_transport_limits_total{limit="websocket_handshakes"}':
    "relay/transport/websocket/accept_test.ts",
  'qumo_relay_transport_limits_total{limit="unread_bytes"}':
    "relay/transport/unread_budget_test.ts",
  'qumo_relay_requests_blocked_total{requests="of_peer"}': "tests/scenarios/control_stream_test.ts",
  'qumo_relay_requests_blocked_total{requests="of_relay"}':
    "tests/scenarios/control_stream_test.ts",
  'qumo_relay_subscriber_skips_total{reason="out_of_order"}':
    "tests/scenarios/moq_lite_mapping_test.ts",
  'qumo_relay_inexpressible_total{what="property"}': "tests/scenarios/control_stream_test.ts",
  'qumo_relay_inexpressible_total{what="gaps"}': "tests/scenarios/moq_lite_mapping_test.ts",
  'qumo_relay_inexpressible_total{what="object_properties"}':
    "tests/scenarios/moq_lite_mapping_test.ts",
  'qumo_relay_http_connections_dropped_total{reason="accept_failed"}':
    "tests/e2e/descriptors_test.ts",
  'qumo_relay_http_connections_dropped_total{reason="address_full"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="full"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="head_timeout"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="idle"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="malformed"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="stalled"}': HTTP,
  'qumo_relay_http_connections_dropped_total{reason="unsent"}': HTTP,
  'qumo_relay_hook_questions_total{result="allowed"}': HOOK,
  'qumo_relay_hook_questions_total{result="refused"}': HOOK,
  'qumo_relay_hook_questions_total{result="failed"}': HOOK,
  'qumo_relay_hook_questions_total{result="kept"}': HOOK,
  'qumo_relay_hook_questions_total{result="not_asked"}': HOOK,
  'qumo_relay_interests_total{result="told"}': INTERESTS,
  'qumo_relay_interests_total{result="late"}': INTERESTS,
  'qumo_relay_interests_total{result="away"}': INTERESTS,
  'qumo_relay_interests_total{result="widened"}': INTERESTS,
  'qumo_relay_encoder_frames_dropped_total{reason="codec"}': ENCODERS,
  'qumo_relay_encoder_frames_dropped_total{reason="malformed"}': ENCODERS,
  'qumo_relay_encoder_frames_dropped_total{reason="no_config"}': ENCODERS,
  'qumo_relay_encoder_frames_dropped_total{reason="no_key_frame"}': ENCODERS,
  'qumo_relay_encoder_frames_dropped_total{reason="too_large"}': ENCODERS,
  'qumo_relay_encoder_frames_dropped_total{reason="too_many_tracks"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="drained"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="ended"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="internal_error"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="lost"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="malformed"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="stalled"}': ENCODERS,
  'qumo_relay_encoders_ended_total{reason="unauthorized"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="draining"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="malformed"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="max_encoders"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="name"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="timeout"}': ENCODERS,
  'qumo_relay_encoders_refused_total{reason="unauthorized"}': ENCODERS,
  qumo_relay_encoder_frames_total: ENCODERS,
  qumo_relay_encoders_active: ENCODERS,
  'qumo_relay_encoders_started_total{protocol="rtmp"}': ENCODERS,
  'qumo_relay_encoders_started_total{protocol="http"}': "relay/media/ingest/http_ingest_test.ts",
  'qumo_relay_encoder_limits_total{limit="rate"}': ENCODERS,
  'qumo_relay_encoder_limits_total{limit="connections"}': "relay/media/rtmp/listener_test.ts",
  ...Object.fromEntries(
    HLS_OUTCOMES.map((outcome) => [`qumo_relay_hls_requests_total{outcome="${outcome}"}`, HLS]),
  ),
  ...Object.fromEntries(
    HLS_LOSSES.map((what) => [`qumo_relay_hls_losses_total{what="${what}"}`, HLS_MEDIA]),
  ),
  'qumo_relay_hls_requests_total{outcome="ok"}': HLS_MEDIA,
  'qumo_relay_hls_requests_total{outcome="malformed"}': HLS_MEDIA,
  ...Object.fromEntries(
    LOOKUP_OUTCOMES.map((outcome) => [`qumo_relay_lookups_total{outcome="${outcome}"}`, LOOKUPS]),
  ),
  ...Object.fromEntries(
    ["bytes", "groups", "segments", "tracks"].map((what) => [`qumo_relay_disk_${what}`, DISK]),
  ),
  qumo_relay_disk_written_groups_total: DISK,
  qumo_relay_disk_written_bytes_total: DISK,
  qumo_relay_disk_write_failures_total: DISK,
  ...Object.fromEntries(
    DISK_DROPS.map((reason) => [`qumo_relay_disk_dropped_groups_total{reason="${reason}"}`, DISK]),
  ),
  ...Object.fromEntries(
    DISK_READS.map((outcome) => [`qumo_relay_disk_reads_total{outcome="${outcome}"}`, DISK]),
  ),
  ...Object.fromEntries(
    DISK_DELETIONS.map((
      reason,
    ) => [`qumo_relay_disk_segments_deleted_total{reason="${reason}"}`, DISK]),
  ),
  'qumo_relay_condition{condition="controller_outdated"}': "tests/e2e/go_controller_test.ts",
  'qumo_relay_condition{condition="name_contested"}': "tests/e2e/relay_epochs_test.ts",
  'qumo_relay_condition{condition="listener_failed"}': "tests/e2e/relay_listeners_test.ts",
};

// A connection's operations in Deno end some time after the connection.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "everything that the relay counts and shows is moved by something",
  UNTIDY,
  async (test) => {
    const moved = new MovedSeries();
    moved.take(await scrape(new RelayMetrics()));
    // Of answers only those are shown that there were.
    const requests = "qumo_relay_requests_total";
    moved.expect(requests, "kind", REQUEST_KINDS);
    moved.expect(requests, "outcome", REQUEST_OUTCOMES);
    const upstream = "qumo_relay_upstream_requests_total";
    moved.expect(upstream, "kind", UPSTREAM_REQUEST_KINDS);
    moved.expect(upstream, "outcome", UPSTREAM_OUTCOMES);
    const drives = [...ENDINGS, ...REQUESTS, ...OBJECTS, ...DELIVERY, ...MESH, ...PORTS];
    for (const { what, run } of drives) {
      await test.step({ name: what, fn: () => run(moved), ...UNTIDY });
    }
    for (const [point, file] of Object.entries(ELSEWHERE)) await movedIn(file, point);
    assert.deepEqual(moved.still, [...Object.keys(ELSEWHERE)].sort());
  },
);
