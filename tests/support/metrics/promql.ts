import { parser } from "@prometheus-io/lezer-promql";

/** What a query asks one metric for. */
export interface Selector {
  readonly metric: string;
  readonly matchers: { label: string; operator: string; value: string }[];
}

/** What a query names: metrics with what it asks of their labels, and labels to group by. */
export interface Query {
  readonly selectors: readonly Selector[];
  readonly groupings: readonly string[];
}

/** Reads a query of Prometheus; throws at what is not one, saying where. */
export function parsePromql(text: string): Query {
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  parser.parse(text).iterate({
    enter({ name, from, to, node, type }) {
      const part = text.slice(from, to);
      if (type.isError) throw new SyntaxError(`Not PromQL at ${from}: ${text}`);
      if (name === "VectorSelector") {
        const { from, to } = node.getChild("Identifier") ?? { from: 0, to: 0 };
        selectors.push({ metric: text.slice(from, to), matchers: [] });
      }
      if (name === "UnquotedLabelMatcher") {
        const [, label, operator, value] = /^(\w+)\s*(=~|!~|!=|=)\s*["'](.*)["']$/s.exec(part) ??
          [];
        selectors.at(-1)!.matchers.push({ label: label!, operator: operator!, value: value! });
      }
      if (name === "GroupingLabels") groupings.push(...part.slice(1, -1).split(/\s*,\s*/));
    },
  });
  return { selectors, groupings: groupings.filter((label) => label !== "") };
}
