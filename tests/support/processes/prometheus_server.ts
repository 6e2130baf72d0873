import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../mesh/ports.ts";
import { becomes } from "../until.ts";
import { ProgramProcess } from "./program_process.ts";

const CONFIG = fileURLToPath(new URL("../../../configs/prometheus/", import.meta.url));

/** Prometheus itself, as configs/prometheus has it but for whom it asks and how often. */
export class PrometheusServer extends ProgramProcess {
  /** Starts one that scrapes these addresses. */
  static async start(targets: { relays: string[]; controllers: string[] }) {
    const folder = await Deno.makeTempDir({ prefix: "prometheus_" });
    await cp(CONFIG, folder, { recursive: true });
    for (const [name, addresses] of Object.entries(targets)) {
      const groups = JSON.stringify([{ targets: addresses }]);
      await Deno.writeTextFile(`${folder}/targets/${name}.yaml`, groups);
    }
    const config = await Deno.readTextFile(`${CONFIG}prometheus.yaml`);
    const hasty = config.replaceAll(/(_interval): 15s/g, "$1: 1s");
    await Deno.writeTextFile(`${folder}/prometheus.yaml`, hasty);
    const port = freePort();
    const server = new PrometheusServer([
      "prometheus",
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ], { folder });
    server.port = port;
    return server;
  }

  /** The answer to a query: series with their labels and values. Rejects when it is refused. */
  async query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const { body } = await this.ask("GET", `/api/v1/query?${new URLSearchParams({ query: expr })}`);
    if (body.status !== "success") throw new Error(`${expr}: ${body.error}`);
    return body.data.result.map(({ metric, value }: { metric: object; value: string[] }) => ({
      metric,
      value: Number(value[1]),
    }));
  }

  /** Waits until a query has so many series in its answer. */
  async until(expr: string, series: number): Promise<void> {
    await becomes(async () => (await this.query(expr)).length, series);
  }
}
