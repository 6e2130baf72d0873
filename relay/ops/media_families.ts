import { counter, counters, type Family, gauge } from "./family.ts";
import type { Traffic } from "../views.ts";

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
