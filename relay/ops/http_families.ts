import type { HttpMetrics } from "@qumo/shared/http";
import { counters, type Family, gauge } from "./family.ts";

/** What the HTTP listener counts. */
export function httpFamilies(http: HttpMetrics): Family[] {
  return [
    gauge("qumo_relay_http_connections", "HTTP connections.", () => http.connections),
    counters(
      "qumo_relay_http_connections_dropped_total",
      "HTTP connections that were refused, or ended by the relay, by reason.",
      "reason",
      () => http.drops,
    ),
  ];
}
