import type { MetricLabels } from "./live_metrics.ts";
import { parsePromql, type Query } from "./promql.ts";

/** A rule of Prometheus that computes something once for many. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
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
