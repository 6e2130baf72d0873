import { relayDefinition } from "../../relay/config/definition.ts";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import { type ApiDocument, apiReference } from "./api_reference.ts";
import { configReference, type ConfigSource } from "./config_reference.ts";
import { configSchema } from "./config_schema.ts";
import { metricsReference } from "./metrics_reference.ts";
import { runTask } from "./running_program.ts";

const ROOT = new URL("../../", import.meta.url);

/** The documents that are made from the code, by their paths from the project's root. */
export async function references(): Promise<Map<string, string>> {
  await using relay = await runTask("relay", ["--address", "127.0.0.1:0"]);
  await using sdn = await runTask("sdn", ["--address", "127.0.0.1:0"]);
  const document: ApiDocument = JSON.parse(await sdn.get("/openapi.json"));
  const relaySource = await source("qumo-relay", "configs/relay.yaml");
  const sdnSource = await source("qumo-sdn", "configs/sdn.yaml");
  const texts = new Map([
    ["relay/docs/configuration.md", configReference(relayDefinition, relaySource)],
    ["sdn/docs/configuration.md", configReference(sdnDefinition, sdnSource)],
    ["configs/relay.schema.json", configSchema(relayDefinition, relaySource)],
    ["configs/sdn.schema.json", configSchema(sdnDefinition, sdnSource)],
    ["sdn/docs/api.md", apiReference(document)],
    ["relay/docs/metrics.md", metricsReference("qumo-relay", await relay.get("/metrics"))],
    ["sdn/docs/metrics.md", metricsReference("qumo-sdn", await sdn.get("/metrics"))],
  ]);
  const formatted = await Promise.all(
    Array.from(texts, async ([path, text]) => [path, await format(path, text)] as const),
  );
  return new Map(formatted);
}

async function source(program: string, file: string): Promise<ConfigSource> {
  return { program, file, yaml: await Deno.readTextFile(new URL(file, ROOT)) };
}

/** As `deno fmt` writes it, which has the last word on every file of the project. */
async function format(path: string, text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", path.slice(path.lastIndexOf(".") + 1), "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`deno fmt ended with ${code}`);
  return new TextDecoder().decode(stdout);
}
