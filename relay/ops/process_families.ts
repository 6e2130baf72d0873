import { counter, type Family, gauge } from "./family.ts";

/** The versions of the program. */
export interface Build {
  readonly version: string;
  readonly commit: string;
  /** The version of Deno. */
  readonly deno: string;
}

/** Metrics of the build and of the process; `startedAt` is in milliseconds since 1970. */
export function processFamilies({ version, commit, deno }: Build, startedAt: number): Family[] {
  return [
    {
      type: "gauge",
      name: "qumo_relay_build_info",
      help: "Always 1; the labels have the version.",
      labels: ["version", "commit", "deno"],
      read: (_, add) => add(1, { version, commit, deno }),
    },
    gauge(
      "process_start_time_seconds",
      "Start of the process in seconds since 1970.",
      () => startedAt / 1000,
    ),
    counter(
      "process_cpu_seconds_total",
      "CPU time of the process, user and system.",
      ({ process }) => process.cpuSeconds,
    ),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory of the process.",
      ({ process }) => process.residentBytes,
    ),
    gauge(
      "qumo_relay_heap_used_bytes",
      "JavaScript heap in use.",
      ({ process }) => process.heapBytes,
    ),
    gauge(
      "qumo_relay_event_loop_lag_seconds",
      "Longest recent delay of the event loop.",
      ({ process }) => process.eventLoopLagMs / 1000,
    ),
  ];
}
