import { bitRate, short, tableText } from "@qumo/shared/runtime";
import type { BenchReceipts } from "./bench_receipts.ts";
import type { BenchSettings } from "./bench_settings.ts";
import { BEHIND_MS } from "./limits.ts";

/** What a run came to, as it is written to JSON. Times are milliseconds. */
export interface BenchResult {
  readonly url: string;
  readonly protocol: string;
  readonly transport: string;
  readonly publishers: number;
  readonly subscribers_per_publisher: number;
  readonly tracks_per_publisher: number;
  readonly object_bytes: number;
  readonly objects_per_second_and_track: number;
  readonly seconds: number;
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  readonly delivered_per_second: number;
  readonly bytes_per_second: number;
  readonly latency_ms: Quantiles;
  readonly session_setup_ms: Quantiles;
  readonly first_object_ms: Quantiles;
  /** The share of a core that this program took: near 1 it measures itself. */
  readonly own_cpu: number;
  /** How late the publishers were at most with an object: what the relay cannot be blamed for. */
  readonly publishers_late_ms: number;
}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** What was measured. */
export interface Measured {
  readonly url: string;
  readonly protocol: string;
  readonly transport: string;
  readonly settings: BenchSettings;
  readonly receipts: BenchReceipts;
  readonly setUps: readonly number[];
  readonly expected: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly latenessMs: number;
}

/** Puts together what a run came to. */
export function benchResult(measured: Measured): BenchResult {
  const { url, protocol, transport, settings, receipts, setUps, expected, seconds } = measured;
  const { latency, tracks, objects, bytes } = receipts;
  const firsts = tracks.flatMap(({ first }) => first === undefined ? [] : [first]);
  return {
    url,
    protocol,
    transport,
    publishers: settings.publishers,
    subscribers_per_publisher: settings.subscribers,
    tracks_per_publisher: settings.tracks,
    object_bytes: settings.size,
    objects_per_second_and_track: settings.rate,
    seconds: rounded(seconds),
    expected,
    delivered: objects,
    lost: expected - objects,
    delivered_per_second: rounded(objects / seconds),
    bytes_per_second: rounded(bytes / seconds),
    latency_ms: {
      p50: latency.percentile(0.5) ?? null,
      p99: latency.percentile(0.99) ?? null,
      max: latency.count === 0 ? null : rounded(latency.largest),
    },
    session_setup_ms: quantilesOf(setUps),
    first_object_ms: quantilesOf(firsts),
    own_cpu: rounded(measured.cpuSeconds / seconds),
    publishers_late_ms: rounded(measured.latenessMs),
  };
}

/** A result as a table for people. */
export function benchTable(result: BenchResult): string {
  const times = ({ p50, p99, max }: Quantiles) =>
    [p50, p99, max].map((value) => value === null ? "-" : short(value)).join(" / ");
  const rows: readonly (readonly [string, string])[] = [
    ["relay", `${result.url} by ${result.protocol} over ${result.transport}`],
    [
      "load",
      `${result.publishers} publishers x ${result.tracks_per_publisher} tracks, ` +
      `${result.subscribers_per_publisher} subscribers each, ${result.object_bytes} bytes ` +
      `${result.objects_per_second_and_track}/s, ${result.seconds} s`,
    ],
    ["delivered", `${Math.round(result.delivered_per_second)} objects/s`],
    ["bit rate", bitRate(result.bytes_per_second * 8) ?? "-"],
    ["latency p50 / p99 / max", `${times(result.latency_ms)} ms`],
    ["lost", `${result.lost} of ${result.expected}`],
    ["session set-up p50 / p99 / max", `${times(result.session_setup_ms)} ms`],
    ["first object p50 / p99 / max", `${times(result.first_object_ms)} ms`],
    ["CPU of this program", `${Math.round(result.own_cpu * 100)} % of a core`],
    ["publishers", behindText(result.publishers_late_ms) ?? "keep the rate"],
  ];
  return tableText([
    { title: "what", of: ([what]) => what },
    { title: "found", of: ([, found]) => found },
  ], rows);
}

/** What is to be said of publishers that fall behind; undefined when they keep the rate. */
export function behindText(latenessMs: number): string | undefined {
  return latenessMs < BEHIND_MS
    ? undefined
    : `up to ${
      short(latenessMs)
    } ms behind the rate: this program is too slow, whatever the relay is`;
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return value === undefined ? null : rounded(value);
  };
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
