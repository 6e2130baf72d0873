import { counter, type Family, gauge } from "@qumo/shared/metrics";

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
  /** Orders of certificates by ACME, by result. */
  readonly acmeOrders: Readonly<Record<string, number>>;
}

/** Metrics of version, process and certificate. */
export function processFamilies(
  { build, startedAt, usage, certificateEnd, acmeOrders }: ProcessSources,
): Family[] {
  const process: Family[] = [
    {
      type: "gauge",
      name: "qumo_sdn_build_info",
      help: "Always 1; the labels have the version",
      labels: ["version", "commit", "deno"],
      read: (_, add) => add(1, build),
    },
    gauge(
      "process_start_time_seconds",
      "Start of the process in seconds since 1970",
      () => startedAt / 1000,
    ),
    counter(
      "process_cpu_seconds_total",
      "CPU time of the process, user and system",
      () => usage().cpuSeconds,
    ),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory of the process",
      () => usage().residentBytes,
    ),
    {
      type: "counter",
      name: "qumo_sdn_acme_orders_total",
      help: "Orders of certificates by ACME, by result",
      labels: ["result"],
      read: (_, add) => {
        for (const [result, count] of Object.entries(acmeOrders)) add(count, { result });
      },
    },
  ];
  if (certificateEnd() === undefined) return process;
  const certificate = gauge(
    "qumo_sdn_certificate_not_after_seconds",
    "End of the certificate in seconds since 1970",
    () => (certificateEnd() ?? 0) / 1000,
  );
  return [...process, certificate];
}
