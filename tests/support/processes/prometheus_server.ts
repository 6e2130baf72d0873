import { fileURLToPath } from "node:url";
import { freePort } from "../mesh/ports.ts";
import { becomes } from "../until.ts";
import { ProgramProcess } from "./program_process.ts";

const CONFIG = fileURLToPath(new URL("../../../configs/prometheus/", import.meta.url));

/** Prometheus itself, as configs/prometheus has it but for whom it asks and how often. */
export class PrometheusServer implements AsyncDisposable {
  readonly #program: ProgramProcess;
  readonly #origin: string;

  private constructor(program: ProgramProcess, origin: string) {
    this.#program = program;
    this.#origin = origin;
  }

  /** Starts one that scrapes these addresses. */
  static async start(targets: { relays: string[]; controllers: string[] }) {
    const folder = await Deno.makeTempDir({ prefix: "prometheus_" });
    await Deno.mkdir(`${folder}/targets`);
    for (const [name, addresses] of Object.entries(targets)) {
      const groups = JSON.stringify([{ targets: addresses }]);
      await Deno.writeTextFile(`${folder}/targets/${name}.yaml`, groups);
    }
    for (const name of ["recording.yaml", "alerts.yaml"]) {
      await Deno.copyFile(CONFIG + name, `${folder}/${name}`);
    }
    const config = await Deno.readTextFile(`${CONFIG}prometheus.yaml`);
    const hasty = config.replaceAll(/(_interval): 15s/g, "$1: 1s");
    await Deno.writeTextFile(`${folder}/prometheus.yaml`, hasty);
    const address = `127.0.0.1:${freePort()}`;
    const program = new ProgramProcess([
      "prometheus",
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ], { folder });
    return new PrometheusServer(program, `http://${address}`);
  }

  /** The answer to a query: series with their labels and values. Rejects when it is refused. */
  async query(expr: string): Promise<{ metric: Record<string, string>; value: number }[]> {
    const url = `${this.#origin}/api/v1/query?${new URLSearchParams({ query: expr })}`;
    const response = await fetch(url);
    const { status, error, data } = await response.json();
    if (status !== "success") throw new Error(`${expr}: ${error}`);
    return data.result.map((one: { metric: Record<string, string>; value: [number, string] }) => ({
      metric: one.metric,
      value: Number(one.value[1]),
    }));
  }

  /** Waits until a query has so many series in its answer. */
  async until(expr: string, series: number): Promise<void> {
    await becomes(async () => (await this.query(expr)).length, series);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.end("SIGKILL");
  }
}
