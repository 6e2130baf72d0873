import { Counter, Gauge, type Registry as Metrics } from "prom-client";

/** Resource usage of the process since its start. */
export interface Usage {
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * The sources of the process metrics, which have the standard names of Prometheus' client
 * libraries.
 */
export interface ProcessSources {
  readonly build: { readonly version: string; readonly commit: string; readonly deno: string };
  /** The start of the process, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly usage: () => Usage;
  /** The certificate's expiry in milliseconds since 1970; undefined when the API is plain HTTP. */
  readonly certificateEnd: () => number | undefined;
}

/** Registers version, process and certificate metrics. */
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
