import type { Case } from "./cases.ts";
import type { Measurement } from "./run.ts";

/** What one case came to, as it is written to JSON. Latencies are milliseconds. */
export interface Result {
  readonly case: string;
  readonly about: string;
  readonly seconds: number;
  readonly objects_per_second: number;
  readonly mbit_per_second: number;
  /** The relay's CPU time for each delivered object, in microseconds, without what else it did. */
  readonly cpu_us_per_object: number | null;
  readonly reference_cpu_us_per_object: number | null;
  readonly cpu_ratio: number | null;
  /** Share of a core that the relay took, and the publishers and readers. */
  readonly cpu: number;
  /** Share of a core of {@linkcode cpu} that went to what goes on beside what is measured. */
  readonly beside_cpu: number | null;
  readonly load_cpu: number;
  /** Cores that other programs took meanwhile, at worst. */
  readonly other_cpu: number;
  readonly rss_mib: number;
  readonly reference_rss_mib: number;
  /** What the relay keeps of the tracks, in all dialects. */
  readonly cache_mib: number | null;
  readonly rss_kib_per_connection: number;
  readonly reference_rss_kib_per_connection: number;
  /** What a connection takes of the relay alone: without what the bare connection of the floor does. */
  readonly own_rss_kib_per_connection: number;
  readonly latency_ms: Quantiles;
  readonly reference_latency_ms: Quantiles;
  readonly lost: number;
  /** Groups and subgroups that the relay did not send, by reason. */
  readonly skips: Readonly<Record<string, number>>;
}

/** Undefined in a run without objects. */
interface Quantiles {
  readonly p50: number | undefined;
  readonly p90: number | undefined;
  readonly p99: number | undefined;
}

/** What a subject is held against. */
export interface Compared {
  /** Their mean counts. */
  readonly references: readonly Measurement[];
  /** What went on beside the subject, alone. */
  readonly beside?: Measurement | undefined;
}

/** Puts the runs of a case together. */
export function resultOf(
  { name, about, subject: { traffic } }: Case,
  subject: Measurement,
  { references, beside }: Compared,
): Result {
  const besideShare = beside === undefined ? undefined : beside.cpuSeconds / beside.seconds;
  const cpu = microsecondsOf(subject, besideShare);
  const referenceCpu = mean(references.map((one) => microsecondsOf(one)));
  const rate = subject.delivered / subject.seconds;
  const connection = subject.bytesPerConnection / KIB;
  const bare = mean(references.map(({ bytesPerConnection }) => bytesPerConnection / KIB))!;
  return {
    case: name,
    about,
    seconds: subject.seconds,
    objects_per_second: rate,
    mbit_per_second: rate * (traffic?.objectBytes ?? 0) * 8 / 1e6,
    cpu_us_per_object: cpu,
    reference_cpu_us_per_object: referenceCpu,
    cpu_ratio: cpu === null || referenceCpu === null ? null : cpu / referenceCpu,
    cpu: subject.cpuSeconds / subject.seconds,
    beside_cpu: besideShare ?? null,
    load_cpu: subject.loadCpuSeconds / subject.seconds,
    other_cpu: Math.max(
      ...[subject, ...references].map((one) => one.otherCpuSeconds / one.seconds),
    ),
    rss_mib: subject.residentBytes / MIB,
    reference_rss_mib: mean(references.map(({ residentBytes }) => residentBytes / MIB))!,
    cache_mib: subject.cacheBytes === undefined ? null : subject.cacheBytes / MIB,
    rss_kib_per_connection: connection,
    reference_rss_kib_per_connection: bare,
    own_rss_kib_per_connection: connection - bare,
    latency_ms: quantilesOf([subject]),
    reference_latency_ms: quantilesOf(references),
    lost: (subject.expected ?? subject.objects) - subject.objects,
    skips: subject.skips,
  };
}

/** A result in a line. */
export function toJson(result: object): string {
  const short = (_key: string, value: unknown) =>
    typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
  return JSON.stringify(result, short);
}

/** All results as a table, in Markdown. */
export function toTable(results: readonly Result[]): string {
  const rows = [HEADINGS, ...results.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, at) => at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))
        .join(" | ")
    } |`;
  const rule = `| ${
    widths.map((width, at) => at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`).join(
      " | ",
    )
  } |`;
  const [headings, ...body] = rows.map(line);
  return [headings, rule, ...body].join("\n");
}

/** What to think of the numbers when the machine was not quiet; undefined when it was. */
export function warning(results: readonly Result[]): string | undefined {
  const most = Math.max(...results.map(({ other_cpu }) => other_cpu));
  if (most < QUIET_CORES) return undefined;
  return `Other programs took up to ${
    most.toFixed(1)
  } cores meanwhile: measure again when they rest.`;
}

// What a machine does that nobody uses, and what the counters are off.
const QUIET_CORES = 0.2;

const KIB = 1024;
const MIB = 1024 * 1024;

const HEADINGS = [
  "case",
  "objects/s",
  "Mbit/s",
  "CPU/object",
  "floor's",
  "ratio",
  "RSS",
  "cache",
  "RSS/conn.",
  "floor's",
  "own",
  "p50",
  "p90",
  "p99 ms",
  "floor's p50",
  "p99 ms",
  "lost",
];

function cellsOf(result: Result): string[] {
  const { latency_ms: latency, reference_latency_ms: reference } = result;
  return [
    result.about,
    result.objects_per_second.toFixed(0),
    result.mbit_per_second.toFixed(1),
    withUnit(result.cpu_us_per_object, "µs"),
    withUnit(result.reference_cpu_us_per_object, "µs"),
    result.cpu_ratio?.toFixed(2) ?? NONE,
    `${result.rss_mib.toFixed(0)} MiB`,
    result.cache_mib === null ? NONE : `${result.cache_mib.toFixed(1)} MiB`,
    `${result.rss_kib_per_connection.toFixed(0)} KiB`,
    `${result.reference_rss_kib_per_connection.toFixed(0)} KiB`,
    `${result.own_rss_kib_per_connection.toFixed(0)} KiB`,
    ...[latency.p50, latency.p90, latency.p99, reference.p50, reference.p99].map(
      (value) => value?.toFixed(1) ?? NONE,
    ),
    lostText(result),
  ];
}

const NONE = "–";

function withUnit(value: number | null, unit: string): string {
  return value === null ? NONE : `${value.toFixed(1)} ${unit}`;
}

function lostText({ lost, skips }: Result): string {
  const reasons = Object.entries(skips).map(([reason, count]) => `${reason} ${count}`);
  return reasons.length === 0 ? `${lost}` : `${lost} (skips: ${reasons.join(", ")})`;
}

function microsecondsOf(
  { cpuSeconds, seconds, delivered }: Measurement,
  beside = 0,
): number | null {
  return delivered === 0 ? null : (cpuSeconds - beside * seconds) * 1e6 / delivered;
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function quantilesOf(measurements: readonly Measurement[]): Quantiles {
  const at = (share: number) => {
    const found = measurements.map(({ receipts }) => receipts.latency.percentile(share) ?? null);
    return mean(found) ?? undefined;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
