import type { HttpMetrics } from "@qumo/shared/http";
import { Counter, Gauge, type Registry as Metrics } from "prom-client";

/** Registers the counters of the HTTP listener. */
export function addHttpMetrics(metrics: Metrics, http: HttpMetrics): void {
  const registers = [metrics];
  new Gauge({
    name: "qumo_sdn_http_connections",
    help: "HTTP connections",
    registers,
    collect() {
      this.set(http.connections);
    },
  });
  new Counter({
    name: "qumo_sdn_http_connections_dropped_total",
    help: "HTTP connections that were refused, or ended by the controller, by reason",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(http.drops)) this.inc({ reason }, count);
    },
  });
}
