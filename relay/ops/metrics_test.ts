import { scraper } from "@qumo/shared/metrics";
import assert from "node:assert/strict";
import { allOf, readingWith } from "../../tests/support/worlds/relay_reading.ts";
import { countsOf } from "../counts.ts";
import { RelayMetrics } from "../metrics.ts";
import type { Family, Scraped } from "./family.ts";
import { processFamilies } from "./process_families.ts";
import { mediaFamilies } from "./media_families.ts";
import { sessionFamilies } from "./session_families.ts";
import type { TrackView } from "./snapshot.ts";
import { trackFamilies } from "./track_families.ts";

const track: TrackView = {
  path: "/",
  publishers: [],
  relays: [],
  largest: undefined,
  ageMs: 0,
  namespace: "live/a",
  name: "video",
  subscriptions: 2,
  cachedGroups: 3,
  cachedBytes: 400,
  bytesReceived: 5000,
  bytesSent: 10_000,
};

const now = {
  sessions: 3,
  subscriptions: 5,
  tracks: 2,
  namespaces: 1,
  openGroups: 4,
  parkedStreams: 6,
  encoders: 0,
  clientStreams: 9,
  cache: { bytes: 100, groups: 7 },
};

const certificate = { hash: "", notAfter: 2_000_000_000_000, isGenerated: true };

/** The answer to a scrape of these families. */
async function textOf(families: readonly Family[], reading: Scraped): Promise<string> {
  return (await scraper({ families, read: () => Promise.resolve(reading) })()).text;
}

/** The series of a scrape, without comments; of single tracks if there are any. */
async function scrape(metrics: RelayMetrics, tracks: TrackView[] = []): Promise<string[]> {
  const counts = countsOf(metrics);
  const text = await textOf(
    [...sessionFamilies, ...mediaFamilies(1000), ...trackFamilies],
    readingWith({ counts, now, certificate, tracks: allOf(tracks) }),
  );
  return text.split("\n").filter((line) => line !== "" && line[0] !== "#");
}

Deno.test("a scrape shows what the data path had counted when it was read, each time anew", async () => {
  const metrics = new RelayMetrics();
  const scrape = scraper({
    families: mediaFamilies(1000),
    read: () => Promise.resolve<Scraped>(readingWith({ counts: countsOf(metrics) })),
  });
  metrics.received.objects += 2;
  metrics.sent.bytes += 100;
  metrics.skips.backlog++;
  const first = await scrape();
  metrics.received.objects += 3;
  const { text } = await scrape();
  assert.match(first.text, /^qumo_relay_objects_total\{direction="in"\} 2$/m);
  assert.match(text, /^qumo_relay_objects_total\{direction="in"\} 5$/m);
  assert.match(text, /^qumo_relay_object_bytes_total\{direction="out"\} 100$/m);
  assert.match(text, /^qumo_relay_subscriber_skips_total\{reason="backlog"\} 1$/m);
});

Deno.test("the names of metrics are part of the product", async () => {
  const lines = await scrape(new RelayMetrics(), [track]);
  const names = new Set(lines.map((line) => line.split(/[{ ]/)[0]));
  assert.deepEqual([...names], [
    "qumo_relay_ready",
    "qumo_relay_draining",
    "qumo_relay_condition",
    "qumo_relay_sessions_active",
    "qumo_relay_sessions_started_total",
    "qumo_relay_sessions_ended_total",
    "qumo_relay_handshakes_refused_total",
    "qumo_relay_client_redirects_total",
    "qumo_relay_transport_limits_total",
    "qumo_relay_unread_bytes",
    "qumo_relay_requests_total",
    "qumo_relay_upstream_requests_total",
    "qumo_relay_malformed_total",
    "qumo_relay_oddities_total",
    "qumo_relay_publishers_replaced_total",
    "qumo_relay_certificate_not_after_seconds",
    "qumo_relay_certificate_generated",
    "qumo_relay_certificate_reloads_total",
    "qumo_relay_acme_orders_total",
    "qumo_relay_key_reloads_total",
    "qumo_relay_hook_questions_total",
    "qumo_relay_requests_cut_total",
    "qumo_relay_revocations",
    "qumo_relay_sessions_held_total",
    "qumo_relay_kicks_total",
    "qumo_relay_access_entries_left_out_total",
    "qumo_relay_lookups_total",
    "qumo_relay_hls_requests_total",
    "qumo_relay_hls_losses_total",
    "qumo_relay_quota_refusals_total",
    "qumo_relay_tenants_over_quota",
    "qumo_relay_unhandled_errors_total",
    "qumo_relay_objects_total",
    "qumo_relay_object_bytes_total",
    "qumo_relay_groups_total",
    "qumo_relay_subgroups_total",
    "qumo_relay_datagrams_total",
    "qumo_relay_duplicate_objects_total",
    "qumo_relay_dropped_objects_total",
    "qumo_relay_tracks_given_up_total",
    "qumo_relay_streams_stopped_total",
    "qumo_relay_client_streams_open",
    "qumo_relay_datagrams_dropped_total",
    "qumo_relay_subscribers_active",
    "qumo_relay_tracks_active",
    "qumo_relay_broadcasts_active",
    "qumo_relay_group_fills_inflight",
    "qumo_relay_subscriber_skips_total",
    "qumo_relay_subscribers_too_far_behind_total",
    "qumo_relay_inexpressible_total",
    "qumo_relay_streams_parked",
    "qumo_relay_streams_parked_total",
    "qumo_relay_parked_streams_finished_total",
    "qumo_relay_fetches_shared_total",
    "qumo_relay_requests_unread_total",
    "qumo_relay_request_stops_total",
    "qumo_relay_requests_blocked_total",
    "qumo_relay_cache_bytes",
    "qumo_relay_cache_limit_bytes",
    "qumo_relay_cache_groups",
    "qumo_relay_cache_evictions_total",
    "qumo_relay_ingress_bytes_total",
    "qumo_relay_egress_bytes_total",
    "qumo_relay_track_subscriptions_active",
    "qumo_relay_buffer_depth_groups",
    "qumo_relay_buffer_depth_bytes",
  ]);
});

Deno.test("gauges come from what the relay has now", async () => {
  const lines = await scrape(new RelayMetrics());
  for (
    const line of [
      "qumo_relay_ready 1",
      "qumo_relay_sessions_active 3",
      "qumo_relay_subscribers_active 5",
      "qumo_relay_tracks_active 2",
      "qumo_relay_broadcasts_active 1",
      "qumo_relay_group_fills_inflight 4",
      "qumo_relay_streams_parked 6",
      "qumo_relay_client_streams_open 9",
      "qumo_relay_cache_bytes 100",
      "qumo_relay_cache_limit_bytes 1000",
      "qumo_relay_cache_groups 7",
      "qumo_relay_certificate_not_after_seconds 2000000000",
      "qumo_relay_certificate_generated 1",
    ]
  ) assert.ok(lines.includes(line), line);
});

Deno.test("requests are counted by kind and outcome, errors once there are any", async () => {
  const metrics = new RelayMetrics();
  metrics.requests.subscribe.ok += 4;
  metrics.requests.subscribe.does_not_exist += 2;
  metrics.upstreamRequests.fetch.timeout++;
  const lines = (await scrape(metrics)).filter((line) => !line.endsWith(" 0"));
  for (
    const line of [
      'qumo_relay_requests_total{kind="subscribe",outcome="ok"} 4',
      'qumo_relay_requests_total{kind="subscribe",outcome="does_not_exist"} 2',
      'qumo_relay_upstream_requests_total{kind="fetch",outcome="timeout"} 1',
      'qumo_relay_subscribe_errors_total{code="does_not_exist"} 2',
    ]
  ) assert.ok(lines.includes(line), line);
  const untouched = await scrape(new RelayMetrics());
  assert.equal(untouched.filter((line) => line.startsWith("qumo_relay_requests_total")).length, 11);
});

Deno.test("of single tracks those are told that were read", async () => {
  const tracks = Array.from({ length: 2 }, (_, n) => ({ ...track, name: `t${n}` }));
  const series = async (told: TrackView[]) =>
    (await scrape(new RelayMetrics(), told)).filter((line) => line.includes("track="));
  assert.deepEqual(await series([]), []);
  assert.equal((await series(tracks)).length, 10);
  assert.ok(
    (await series(tracks)).includes(
      'qumo_relay_ingress_bytes_total{scope="/",path="live/a",track="t1"} 5000',
    ),
  );
});

Deno.test("names of tracks cannot break out of a label, nor fill the page", async () => {
  const hostile = { ...track, namespace: 'a"} 1\nfake{x="', name: "\u0000".repeat(5000) };
  const lines = await scrape(new RelayMetrics(), [hostile]);
  assert.ok(lines.includes(
    'qumo_relay_buffer_depth_groups{scope="/",path="a\\"} 1\\\\u000afake{x=\\"",track="' +
      "\\\\u0000".repeat(128) + '…"} 3',
  ));
  assert.equal(lines.filter((line) => line.startsWith("fake")).length, 0);
});

Deno.test("the process tells what runs and what it costs", async () => {
  const build = { version: "1.2.3", commit: "abc", deno: "2.9.6" };
  const process = { cpuSeconds: 1.5, residentBytes: 1000, heapBytes: 500, eventLoopLagMs: 30 };
  const text = await textOf(processFamilies(build, 5000), readingWith({ process }));
  assert.match(text, /^qumo_relay_build_info\{version="1.2.3",commit="abc",deno="2.9.6"\} 1$/m);
  assert.match(text, /^process_start_time_seconds 5$/m);
  assert.match(text, /^process_cpu_seconds_total 1\.5$/m);
  assert.match(text, /^process_resident_memory_bytes 1000$/m);
  assert.match(text, /^qumo_relay_heap_used_bytes 500$/m);
  assert.match(text, /^qumo_relay_event_loop_lag_seconds 0\.03$/m);
});
