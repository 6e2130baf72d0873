import assert from "node:assert/strict";
import { EventLoopLag } from "./event_loop.ts";
import { RelayMetrics } from "./metrics.ts";
import { processFamilies } from "./process_families.ts";
import { createRegistry } from "./prometheus.ts";
import { mediaFamilies, sessionFamilies } from "./relay_families.ts";
import type { RelayView, TrackView } from "./snapshot.ts";
import { trackFamilies } from "./track_families.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

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

function view(tracks: TrackView[] = []): RelayView {
  return {
    state: "serving",
    uptimeMs: 0,
    address: "127.0.0.1:1",
    certificate: { hash: "", notAfter: 2_000_000_000_000, isGenerated: true },
    unreadBytes: 0,
    snapshot: () => ({
      sessions: 3,
      subscriptions: 5,
      tracks: 2,
      namespaces: 1,
      openGroups: 4,
      parkedStreams: 6,
      clientStreams: 9,
      cache: { bytes: 100, groups: 7 },
    }),
    tracks: () => tracks,
    sessions: () => [],
    namespaces: () => [],
    unready: undefined,
    conditions: ["name_taken"],
    mesh: undefined,
  };
}

/** The series of a scrape, without comments. */
async function scrape(metrics: RelayMetrics, relay = view(), perTrack = 0): Promise<string[]> {
  const registry = createRegistry("", [
    ...sessionFamilies(metrics, relay),
    ...mediaFamilies(metrics, relay, 1000),
    ...trackFamilies(relay, perTrack),
  ]);
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && line[0] !== "#");
}

Deno.test("a scrape reads what the data path counted, each time anew", async () => {
  const metrics = new RelayMetrics();
  const relay = view();
  const registry = createRegistry("", mediaFamilies(metrics, relay, 1000));
  metrics.received.objects += 2;
  metrics.sent.bytes += 100;
  metrics.skips.backlog++;
  assert.match(await registry.metrics(), /^qumo_relay_objects_total\{direction="in"\} 2$/m);
  metrics.received.objects += 3;
  const text = await registry.metrics();
  assert.match(text, /^qumo_relay_objects_total\{direction="in"\} 5$/m);
  assert.match(text, /^qumo_relay_object_bytes_total\{direction="out"\} 100$/m);
  assert.match(text, /^qumo_relay_subscriber_skips_total\{reason="backlog"\} 1$/m);
});

Deno.test("the names of metrics are part of the product", async () => {
  const lines = await scrape(new RelayMetrics(), view([track]), 1);
  const names = new Set(lines.map((line) => line.split(/[{ ]/)[0]));
  assert.deepEqual([...names], [
    "qumo_relay_ready",
    "qumo_relay_draining",
    "qumo_relay_condition",
    "qumo_relay_sessions_active",
    "qumo_relay_sessions_started_total",
    "qumo_relay_sessions_ended_total",
    "qumo_relay_handshakes_refused_total",
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
    "qumo_relay_streams_parked",
    "qumo_relay_streams_parked_total",
    "qumo_relay_parked_streams_finished_total",
    "qumo_relay_fetches_shared_total",
    "qumo_relay_requests_unread_total",
    "qumo_relay_request_stops_total",
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
  assert.equal(untouched.filter((line) => line.startsWith("qumo_relay_requests_total")).length, 9);
});

Deno.test("single tracks are told only when asked, and no more than asked", async () => {
  const tracks = Array.from({ length: 5 }, (_, n) => ({ ...track, name: `t${n}` }));
  const series = async (max: number) =>
    (await scrape(new RelayMetrics(), view(tracks), max)).filter((line) => line.includes("track="));
  assert.deepEqual(await series(0), []);
  assert.equal((await series(2)).length, 10);
  assert.ok(
    (await series(2)).includes(
      'qumo_relay_ingress_bytes_total{scope="/",path="live/a",track="t1"} 5000',
    ),
  );
});

Deno.test("names of tracks cannot break out of a label, nor fill the page", async () => {
  const hostile = { ...track, namespace: 'a"} 1\nfake{x="', name: "\u0000".repeat(5000) };
  const lines = await scrape(new RelayMetrics(), view([hostile]), 1);
  assert.ok(lines.includes(
    'qumo_relay_buffer_depth_groups{scope="/",path="a\\"} 1\\\\u000afake{x=\\"",track="' +
      "\\\\u0000".repeat(128) + '…"} 3',
  ));
  assert.equal(lines.filter((line) => line.startsWith("fake")).length, 0);
});

Deno.test("the process tells what runs and what it costs", async () => {
  const clock = new ManualClock();
  const eventLoop = new EventLoopLag(clock);
  const usage = () => ({ cpuSeconds: 1.5, residentBytes: 1000, heapBytes: 500 });
  const program = { version: "1.2.3", commit: "abc", deno: "2.9.6", usage };
  const text = await createRegistry("", processFamilies({ program, startedAt: 5000, eventLoop }))
    .metrics();
  assert.match(text, /^qumo_relay_build_info\{version="1.2.3",commit="abc",deno="2.9.6"\} 1$/m);
  assert.match(text, /^process_start_time_seconds 5$/m);
  assert.match(text, /^process_cpu_seconds_total 1\.5$/m);
  assert.match(text, /^process_resident_memory_bytes 1000$/m);
  assert.match(text, /^qumo_relay_event_loop_lag_seconds 0$/m);
  eventLoop.close();
  assert.equal(clock.pending, 0);
});
