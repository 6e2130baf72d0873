/** The dashboards of configs/grafana, asked of Prometheus while a mesh works and a relay dies. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { meshTest, type ProcessGround } from "../support/mesh/mesh_case.ts";
import { topology } from "../support/mesh/topology.ts";
import { programMissing } from "../support/optional_test_case.ts";
import { PrometheusServer } from "../support/processes/prometheus_server.ts";
import { until } from "../support/until.ts";

const BOARDS = fileURLToPath(new URL("../../configs/grafana/dashboards/", import.meta.url));

// Queries that have nothing to show here, and why.
const EMPTY = new Map([
  ["qumo_sdn_etcd_member", "the controllers have no etcd"],
  ["qumo_sdn_certificate_not_after_seconds", "they speak HTTP"],
  ["qumo_sdn_acme_orders_total", "none asks for a certificate"],
  ["qumo_relay_condition{", "no relay is in want of anything"],
  ["qumo_relay_draining", "none drains"],
  ["qumo_relay_fetches_shared_total", "nobody asks for what somebody else does at the same time"],
  ["qumo_relay_subscribe_errors_total", "no subscription is refused"],
]);

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The queries of a dashboard, by its panels' titles, as Grafana asks them for all instances. */
async function queriesOf(board: string): Promise<Map<string, readonly string[]>> {
  const { panels } = JSON.parse(await Deno.readTextFile(`${BOARDS}${board}.json`));
  return new Map(
    panels.map(({ title, targets = [] }: Panel) => [title, targets.map(({ expr }) => asked(expr))]),
  );
}

function asked(expr: string): string {
  return expr.replaceAll("$__rate_interval", "10m").replaceAll(/\$(instance|controller)/g, ".*");
}

function hasSomething(query: string): boolean {
  return ![...EMPTY.keys()].some((metric) => query.includes(metric));
}

async function watchedBy({ mesh }: ProcessGround): Promise<PrometheusServer> {
  const addresses = (programs: readonly { hostname: string; port: number }[]) =>
    programs.map(({ hostname, port }) => `${hostname}:${port}`);
  const { relays, controllers } = mesh;
  const prometheus = await PrometheusServer.start({
    relays: addresses(relays),
    controllers: addresses(controllers),
  });
  await prometheus.until('up{job=~"qumo-.*"} == 1', relays.length + controllers.length);
  return prometheus;
}

const missing = programMissing("prometheus");

meshTest(
  `every panel of the dashboards has something to show of a mesh${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  {
    topology: topology("tokyo-osaka:10 osaka-nagoya:10 tokyo-nagoya:30"),
    controllers: 2,
    // No link but those of the relay that dies must break, on a machine that is busy.
    relayConfig: { metrics: { per_track: 10 }, mesh: { link_timeout_ms: 15_000 } },
    ignore: missing !== undefined,
  },
  async (ground) => {
    await using prometheus = await watchedBy(ground);
    const live = await ground.publisher("concert", "tokyo");
    const far = await ground.viewer(live, "nagoya");
    await ground.comesBy(far, "osaka", "tokyo");
    const [mesh, relay] = await Promise.all(["mesh", "relay"].map(queriesOf));
    const shows = (query: string | undefined, value: number) =>
      prometheus.until(`(${query}) == ${value}`, 1);
    await shows(mesh!.get("Relays registered")![0], 3);
    await shows(relay!.get("Ready")![0], 3);

    await ground.kill("osaka");
    await ground.comesBy(far, "tokyo");
    await shows(mesh!.get("Relays missing")![0], 1);
    await shows(mesh!.get("Links up")![0], 2);
    await shows(relay!.get("Ready")![0], 2);
    await prometheus.until(`sum(${mesh!.get("Reroutes")![0]}) > 0`, 1);
    await prometheus.until(`(${relay!.get("Delivered")![0]}) > 0`, 1);

    let empty = [...mesh!.values(), ...relay!.values()].flat().filter(hasSomething);
    // Prometheus shows nothing of a program that did not answer it in time.
    await until("every panel to show something", async () => {
      const answers = await Promise.all(empty.map((query) => prometheus.query(query)));
      empty = empty.filter((_, at) => answers[at]!.length === 0);
      return empty.length === 0;
    }).catch(() => {});
    assert.deepEqual(empty, [], "these panels show nothing");
  },
);
