import { fileURLToPath } from "node:url";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../deadline.ts";

const CONFIG = fileURLToPath(new URL("../../../configs/prometheus/", import.meta.url));

// How often it is asked whether it knows something yet.
const ASK_EVERY_MS = 100;

/** Prometheus itself, as configs/prometheus has it but for whom it asks and how often. */
export class PrometheusServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #origin: string;
  readonly #deadline = new Deadline(30_000);

  private constructor(child: Deno.ChildProcess, folder: string, origin: string) {
    this.#child = child;
    this.#folder = folder;
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
    const hasty = config.replaceAll(/(_interval): 15s/g, "$1: 200ms");
    await Deno.writeTextFile(`${folder}/prometheus.yaml`, hasty);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${listener.addr.port}`;
    listener.close();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder}/prometheus.yaml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=${address}`,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new PrometheusServer(child, folder, `http://${address}`);
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
    while ((await this.query(expr).catch(() => [])).length !== series) {
      await sleep(systemClock, ASK_EVERY_MS);
      if (this.#deadline.signal.aborted) throw new Error(`Prometheus has no ${series} of ${expr}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deadline[Symbol.dispose]();
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
