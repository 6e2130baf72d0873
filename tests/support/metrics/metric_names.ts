import { seriesOf } from "./exposition.ts";
import { parsePromql, type Query } from "./promql.ts";

/** The values that each label of a metric has had, by the names of metrics and labels. */
export type MetricLabels = Map<string, Map<string, Set<string>>>;

/** What Prometheus adds to every series by itself, and to those of no program. */
const ADDED = ["job", "instance"];

/** What can be asked of Prometheus when programs expose these texts. */
export function readLabels(texts: readonly string[]): MetricLabels {
  const metrics: MetricLabels = new Map([["up", new Map()]]);
  const labelsOf = (metric: string) => metrics.getOrInsertComputed(metric, () => new Map());
  for (const text of texts) {
    // A counter that has counted nothing yet may have no series.
    for (const [, name] of text.matchAll(/^# TYPE (\w+) (?!histogram$)/gm)) labelsOf(name!);
    for (const { name, labels } of seriesOf(text)) {
      const known = labelsOf(name);
      for (const [label, value] of labels) {
        known.getOrInsertComputed(label, () => new Set()).add(value);
      }
    }
  }
  for (const labels of metrics.values()) for (const label of ADDED) labels.set(label, new Set());
  return metrics;
}

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
  const unknown = selectors.flatMap(({ metric, matchers }) => {
    const labels = metrics.get(metric);
    if (labels === undefined) return [metric];
    return matchers.filter(({ label, operator, value }) =>
      !isPossible(labels.get(label), operator, value)
    ).map(({ label, operator, value }) => `${metric}{${label}${operator}"${value}"}`);
  });
  const seen = new Set(selectors.flatMap(({ metric }) => [...metrics.get(metric)?.keys() ?? []]));
  return [
    ...unknown,
    ...groupings.filter((label) => !seen.has(label)).map((label) => `by ${label}`),
  ];
}

// A status or a peer may be any; words of which there is a fixed number must be among them. What the
// test's programs have not shown of those is zero, and shown all the same.
const OPEN_LABELS = /^\d*$|^[^a-z]/;

function isPossible(values: Set<string> | undefined, operator: string, value: string): boolean {
  if (values === undefined) return false;
  if (operator.startsWith("!") || values.size === 0 || value.startsWith("$")) return true;
  if ([...values].some((one) => OPEN_LABELS.test(one))) return true;
  return value.split("|").every((word) =>
    [...values].some((one) =>
      operator === "=~" ? new RegExp(`^(?:${word})$`).test(one) : one === word
    )
  );
}
