import type { MetricLabels } from "./live_metrics.ts";
import { parsePromql, type Query } from "./promql.ts";

/** A rule of Prometheus that computes something once for many. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/**
 * Metrics of the mesh that rules and dashboards are written for and no program exposes yet, with
 * their labels. Each name goes from here when it is there.
 */
export const AWAITED: Readonly<Record<string, readonly string[]>> = {
  qumo_relay_link_up: ["neighbor"],
  qumo_relay_link_rtt_seconds: ["neighbor"],
  qumo_relay_upstream_sessions: [],
  qumo_relay_remote_tracks: [],
  qumo_relay_reroutes_total: ["reason"],
  qumo_relay_failover_gap_seconds_bucket: ["le"],
  qumo_relay_directory_lookups_total: ["result"],
  qumo_relay_mirror_age_seconds: [],
  qumo_relay_mirror_revision: [],
  qumo_relay_mesh_hops_bucket: ["le"],
};

/** The live metrics with those that are awaited. */
export function withAwaited(live: MetricLabels): MetricLabels {
  const all: MetricLabels = new Map(live);
  for (const [name, labels] of Object.entries(AWAITED)) {
    all.set(name, new Map([...labels, "job", "instance"].map((label) => [label, new Set()])));
  }
  return all;
}

/** Adds what a rule records: with the labels that it groups by, or those of what it asks for. */
export function recordedBy({ record, expr }: RecordingRule, metrics: MetricLabels): void {
  const { selectors: [selector], groupings } = parsePromql(expr);
  const asked = metrics.get(selector!.metric)!;
  metrics.set(
    record,
    groupings.length === 0
      ? asked
      : new Map(groupings.map((label) => [label, asked.get(label) ?? new Set()])),
  );
}

/** What a query names that the metrics do not have: a metric, a label, or a value of a label. */
export function unknownIn({ selectors, groupings }: Query, metrics: MetricLabels): string[] {
  const unknown: string[] = [];
  const seen = new Set<string>();
  for (const { metric, matchers } of selectors) {
    const labels = metrics.get(metric);
    if (labels === undefined) {
      unknown.push(metric);
      continue;
    }
    for (const label of labels.keys()) seen.add(label);
    for (const { label, operator, value } of matchers) {
      const values = labels.get(label);
      if (values === undefined) unknown.push(`${metric}{${label}}`);
      else if (!isPossible(values, operator, value)) {
        unknown.push(`${metric}{${label}${operator}"${value}"}`);
      }
    }
  }
  return [
    ...unknown,
    ...groupings.filter((label) => !seen.has(label)).map((label) => `by ${label}`),
  ];
}

// A status or a peer may be any; words of which there is a fixed number must be among them. What the
// test's programs have not shown of those is zero, and shown all the same.
const OPEN_LABELS = /^\d*$|^[^a-z]/;

function isPossible(values: ReadonlySet<string>, operator: string, value: string): boolean {
  if (operator.startsWith("!") || values.size === 0 || value.startsWith("$")) return true;
  if ([...values].some((one) => OPEN_LABELS.test(one))) return true;
  return value.split("|").every((word) =>
    [...values].some((one) =>
      operator === "=~" ? new RegExp(`^(?:${word})$`).test(one) : one === word
    )
  );
}
