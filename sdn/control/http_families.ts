import type { HttpMetrics } from "@qumo/shared/http";
import { counters, type Family, gauge } from "@qumo/shared/metrics";

/** What the HTTP listener counts. */
export function httpFamilies(http: HttpMetrics): Family[] {
  return [
    gauge("qumo_sdn_http_connections", "HTTP connections", () => http.connections),
    counters(
      "qumo_sdn_http_connections_dropped_total",
      "HTTP connections that were refused, or ended by the controller, by reason",
      "reason",
      () => http.drops,
    ),
  ];
}
