import type { EventLoopLag } from "./event_loop.ts";
import { counter, type Family, gauge } from "./family.ts";

/** Resource usage of the process so far. */
export interface Usage {
  /** User and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** The program that runs. */
export interface Program {
  readonly version: string;
  readonly commit: string;
  /** The version of Deno. */
  readonly deno: string;
  readonly usage: () => Usage;
}

/** Values of the process metrics, whose names every exporter uses. */
export interface ProcessSources {
  readonly program: Program;
  /** When the process began, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly eventLoop: EventLoopLag;
}

/** Metrics of the build and the process. */
export function processFamilies({ program, startedAt, eventLoop }: ProcessSources): Family[] {
  const { usage, ...build } = program;
  return [
    {
      type: "gauge",
      name: "qumo_relay_build_info",
      help: "Always 1; the labels have the version.",
      labels: ["version", "commit", "deno"],
      read: (add) => add(1, build),
    },
    gauge(
      "process_start_time_seconds",
      "Start of the process in seconds since 1970.",
      () => startedAt / 1000,
    ),
    counter(
      "process_cpu_seconds_total",
      "CPU time of the process, user and system.",
      () => usage().cpuSeconds,
    ),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory of the process.",
      () => usage().residentBytes,
    ),
    gauge("qumo_relay_heap_used_bytes", "JavaScript heap in use.", () => usage().heapBytes),
    gauge(
      "qumo_relay_event_loop_lag_seconds",
      "Longest recent delay of the event loop.",
      () => eventLoop.worst() / 1000,
    ),
  ];
}
