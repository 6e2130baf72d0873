import { Counter, Gauge, type Registry as Metrics } from "prom-client";

/** What the process has used up to now. */
export interface Usage {
  /** User and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** What is told of the process, under the names that every exporter uses. */
export interface ProcessSources {
  readonly build: { readonly version: string; readonly commit: string; readonly deno: string };
  /** When the process began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly usage: () => Usage;
  /** The end of the certificate in milliseconds since 1970; undefined where the API is plain HTTP. */
  readonly certificateEnd: () => number | undefined;
}

/** Adds what runs and what it costs to the metrics. */
export function addProcessMetrics(metrics: Metrics, sources: ProcessSources): void {
  const { build, startedAt, usage, certificateEnd } = sources;
  const registers = [metrics];
  new Gauge({
    name: "qumo_sdn_build_info",
    help: "Always 1; the labels have the version",
    labelNames: ["version", "commit", "deno"],
    registers,
  }).set(build, 1);
  new Gauge({
    name: "process_start_time_seconds",
    help: "Start of the process in seconds since 1970",
    registers,
  }).set(startedAt / 1000);
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of the process, user and system",
    registers,
    collect() {
      this.reset();
      this.inc(usage().cpuSeconds);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the process",
    registers,
    collect() {
      this.set(usage().residentBytes);
    },
  });
  if (certificateEnd() === undefined) return;
  new Gauge({
    name: "qumo_sdn_certificate_not_after_seconds",
    help: "End of the certificate in seconds since 1970",
    registers,
    collect() {
      this.set((certificateEnd() ?? 0) / 1000);
    },
  });
}
