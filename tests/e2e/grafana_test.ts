/** The dashboards of configs/grafana, against the metrics that the programs expose. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { scrapePrograms } from "../support/metrics/live_metrics.ts";
import {
  readLabels,
  recordedBy,
  type RecordingRule,
  unknownIn,
} from "../support/metrics/metric_names.ts";
import { parsePromql } from "../support/metrics/promql.ts";

const CONFIGS = fileURLToPath(new URL("../../configs/", import.meta.url));
const BOARDS = ["mesh.json", "relay.json"];

// What Prometheus makes of alerts.yaml by itself.
const ALERTS = new Map(["alertname", "alertstate", "instance"].map((name) => [name, new Set("")]));

// How wide a dashboard is.
const COLUMNS = 24;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Place;
  readonly targets?: readonly Target[];
  readonly datasource?: { readonly uid: string };
}

async function readBoard(name: string) {
  const board = JSON.parse(await Deno.readTextFile(`${CONFIGS}grafana/dashboards/${name}`));
  return board as {
    uid: string;
    panels: Panel[];
    templating: { list: { name: string; type: string; definition?: string }[] };
    annotations: { list: Target[] };
  };
}

async function readYaml(path: string) {
  return parse(await Deno.readTextFile(CONFIGS + path));
}

/** A query as Prometheus is asked it: what Grafana fills in is filled in. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "1m");
}

Deno.test("every query of the dashboards asks for metrics, labels and words that there are", async () => {
  const known = readLabels(await scrapePrograms());
  const used = new Set<string>();
  const { groups } = await readYaml("prometheus/recording.yaml");
  for (const rule of groups.flatMap(({ rules }: { rules: RecordingRule[] }) => rules)) {
    recordedBy(rule, known);
    for (const { metric } of parsePromql(rule.expr).selectors) used.add(metric);
  }
  known.set("ALERTS", ALERTS);
  for (const name of BOARDS) {
    const { panels, annotations, templating } = await readBoard(name);
    const queries = [...panels.flatMap(({ targets = [] }) => targets), ...annotations.list];
    for (const { expr, legendFormat = "" } of queries) {
      const query = parsePromql(filledIn(expr));
      assert.deepEqual(unknownIn(query, known), [], `${name}: ${expr}`);
      for (const { metric } of query.selectors) used.add(metric);
      const labels = query.groupings.length > 0
        ? query.groupings
        : query.selectors.flatMap(({ metric }) => [...known.get(metric)!.keys()]);
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert.ok(labels.includes(label!), `${name}: ${legendFormat} of ${expr}`);
      }
    }
    for (const { type, definition } of templating.list) {
      if (type !== "query") continue;
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition!)!;
      assert.ok(known.get(metric!)?.has(label!), `${name}: ${definition}`);
    }
  }
  // Parts of a histogram and what every process has are not of ours to show one by one.
  const shown = (name: string) =>
    used.has(name) || /_(count|sum|bucket)$|^process_start/.test(name);
  const own = [...known.keys()].filter((name) => /^(qumo_|process_)/.test(name) && !shown(name));
  assert.deepEqual(own, ["qumo_relay_certificate_generated"], "metrics that no dashboard shows");
});

for (const name of BOARDS) {
  Deno.test(`${name} has panels that say what they show, beside and below each other`, async () => {
    const { uid, panels, templating } = await readBoard(name);
    assert.match(uid, /^qumo-/);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const variables = new Set(templating.list.map(({ name }) => name));
    const taken = new Set<string>();
    for (
      const { type, title, description, gridPos: { x, y, w, h }, targets = [], datasource }
        of panels
    ) {
      assert.ok(x + w <= COLUMNS, title);
      for (let row = y; row < y + h; row++) {
        for (let column = x; column < x + w; column++) {
          assert.ok(!taken.has(`${column},${row}`), `${title} covers another panel`);
          taken.add(`${column},${row}`);
        }
      }
      if (type === "row") continue;
      assert.match(description ?? "", /\.$/, title);
      assert.ok(targets.length > 0, title);
      assert.equal(datasource?.uid, "${datasource}", title);
      for (const { expr } of targets) {
        for (const [, variable] of expr.matchAll(/\$(\w+)/g)) {
          assert.ok(variables.has(variable!) || variable === "__rate_interval", expr);
        }
      }
    }
  });
}

Deno.test("Grafana is told where the dashboards and their metrics are", async () => {
  const { datasources } = await readYaml("grafana/provisioning/datasources/qumo.yaml");
  const { providers } = await readYaml("grafana/provisioning/dashboards/qumo.yaml");
  const [prometheus] = datasources;
  const { global } = await readYaml("prometheus/prometheus.yaml");
  assert.deepEqual([prometheus.type, prometheus.isDefault], ["prometheus", true]);
  assert.equal(prometheus.jsonData.timeInterval, global.scrape_interval);
  assert.deepEqual(providers.map(({ type }: { type: string }) => type), ["file"]);
  const files = [];
  for await (const { name } of Deno.readDir(`${CONFIGS}grafana/dashboards`)) files.push(name);
  assert.deepEqual(files.sort(), BOARDS);
  for (const name of BOARDS) {
    const { templating } = await readBoard(name);
    const [source] = templating.list as unknown as [{ type: string; current: { value: string } }];
    assert.deepEqual([source.type, source.current.value], ["datasource", prometheus.uid]);
  }
});
