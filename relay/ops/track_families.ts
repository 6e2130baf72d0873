import { printable } from "@qumo/shared/runtime";
import type { Add, NumberFamily } from "@qumo/shared/metrics";
import type { Family, Scraped } from "./family.ts";
import type { TrackView } from "./snapshot.ts";

/** Characters of a publisher's name in a label. */
const MAX_LABEL = 128;

/** Series of single tracks: of all in the reading, which bounds them. Each costs memory in every scraper. */
export const trackFamilies: readonly Family[] = [
  family(
    "counter",
    "qumo_relay_ingress_bytes_total",
    "Payload bytes received of a track.",
    (track) => track.bytesReceived,
  ),
  family(
    "counter",
    "qumo_relay_egress_bytes_total",
    "Bytes of a track sent to subscribers, with headers.",
    (track) => track.bytesSent,
  ),
  family(
    "gauge",
    "qumo_relay_track_subscriptions_active",
    "Subscriptions to a track now.",
    (track) => track.subscriptions,
  ),
  family(
    "gauge",
    "qumo_relay_buffer_depth_groups",
    "Groups of a track in the cache.",
    (track) => track.cachedGroups,
  ),
  family(
    "gauge",
    "qumo_relay_buffer_depth_bytes",
    "Memory of the objects of a track in the cache.",
    (track) => track.cachedBytes,
  ),
];

function family(
  type: NumberFamily["type"],
  name: string,
  help: string,
  value: (track: TrackView) => number,
): Family {
  const read = ({ tracks }: Scraped, add: Add) => {
    for (const track of tracks.rows) {
      add(value(track), {
        scope: printable(track.path, MAX_LABEL),
        path: printable(track.namespace, MAX_LABEL),
        track: printable(track.name, MAX_LABEL),
      });
    }
  };
  return { type, name, help, labels: ["scope", "path", "track"], read };
}
