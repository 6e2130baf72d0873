/** What configs/prometheus says of the programs, against what they expose. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { scrapePrograms } from "../support/metrics/live_metrics.ts";
import { anchorsOf } from "../support/documents/anchors.ts";
import { readLabels, recordedBy, unknownIn } from "../support/metrics/metric_names.ts";
import { parsePromql } from "../support/metrics/promql.ts";
import { PrometheusServer } from "../support/processes/prometheus_server.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { toolTest } from "../support/tools.ts";
import { DEFAULTS as RELAY } from "../../relay/config/definition.ts";
import { DEFAULTS as SDN } from "../../sdn/config/definition.ts";

const FOLDER = fileURLToPath(new URL("../../configs/prometheus/", import.meta.url));

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}

async function read(name: string) {
  return parse(await Deno.readTextFile(FOLDER + name));
}

async function rules(): Promise<Rule[]> {
  const files = await Promise.all(["recording.yaml", "alerts.yaml"].map(read));
  return files.flatMap(({ groups }) => groups.flatMap(({ rules }: { rules: Rule[] }) => rules));
}

Deno.test("every rule asks for metrics, labels and words that the programs expose", async () => {
  const known = readLabels(await scrapePrograms());
  for (const { record, expr } of await rules()) {
    assert.deepEqual(unknownIn(parsePromql(expr), known), [], expr);
    if (record !== undefined) recordedBy({ record, expr }, known);
  }
});

Deno.test("each alert says how grave it is, what happened, what to do, and has a test of its own", async () => {
  const { tests } = await read("alerts_test.yaml");
  const proved = new Set<string>();
  for (const one of tests.flatMap((test: { alert_rule_test: unknown[] }) => test.alert_rule_test)) {
    if (one.exp_alerts?.length > 0) proved.add(one.alertname);
  }
  const { groups } = await read("alerts.yaml");
  for (
    const { alert, labels, annotations } of groups.flatMap((g: { rules: unknown[] }) => g.rules)
  ) {
    assert.ok(["page", "ticket"].includes(labels.severity), alert);
    assert.deepEqual(Object.keys(annotations), ["summary", "action", "runbook_url"], alert);
    const [, page, anchor] = /^\{\{ \$externalLabels\.docs \}\}\/(\S+)#(\S+)$/
      .exec(annotations.runbook_url)!;
    const text = await Deno.readTextFile(new URL(`../../configs/${page}`, import.meta.url));
    assert.ok(anchorsOf(text).has(anchor!), `${alert}: ${page} has no #${anchor}`);
    assert.ok(proved.delete(alert), `${alert} has no test in which it fires`);
  }
  assert.deepEqual([...proved], [], "tests of alerts that are not there");
});

Deno.test("Prometheus scrapes the ports that the programs have by default", async () => {
  const { scrape_configs } = await read("prometheus.yaml");
  const targets: Record<string, string[]> = {};
  for (const { job_name, file_sd_configs } of scrape_configs) {
    const [groups] = await Promise.all(file_sd_configs[0].files.map(read));
    targets[job_name] = groups.flatMap(({ targets }: { targets: string[] }) => targets);
  }
  assert.deepEqual(targets, {
    "qumo-relay": [RELAY.server.address],
    "qumo-sdn": [SDN.server.address],
  });
});

toolTest("promtool", "accepts the configuration and the rules", async (promtool) => {
  await promtool(["check", "config", `${FOLDER}prometheus.yaml`]);
  await promtool(["check", "rules", `${FOLDER}recording.yaml`, `${FOLDER}alerts.yaml`]);
});

toolTest(
  "promtool",
  "sees each alert fire when it should, and be silent otherwise",
  async (promtool) => {
    await promtool(["test", "rules", `${FOLDER}alerts_test.yaml`]);
  },
);

toolTest(
  "promtool",
  "finds no fault in how the programs expose their metrics",
  async (promtool) => {
    for (const text of await scrapePrograms()) await promtool(["check", "metrics"], text);
  },
);

toolTest("prometheus", "scrapes both programs, and computes what is recorded of them", async () => {
  await using relay = await startRelay();
  await using controller = await SdnProcess.start({});
  await using prometheus = await PrometheusServer.start({
    relays: [new URL(relay.origin).host],
    controllers: [new URL(controller.url).host],
  });
  await prometheus.until('up{job=~"qumo-.*"} == 1', 2);
  for (const { record } of await rules()) {
    // Nobody has begun a group, so no share of them is skipped; requests are those of Prometheus.
    if (record !== undefined && record !== "qumo:relay_skips:ratio5m") {
      await prometheus.until(`count(${record})`, 1);
    }
  }
  assert.deepEqual(await prometheus.query('ALERTS{alertstate="firing"}'), []);
  // Killed, since one that stops in order and is scraped while it drains raises nothing.
  relay.kill("SIGKILL");
  await prometheus.until('ALERTS{alertname="QumoRelayDown", alertstate="pending"}', 1);
});
