import { relayDefinition } from "../../relay/config/definition.ts";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import { type ApiDocument, apiReference } from "./api_reference.ts";
import { configReference } from "./config_reference.ts";
import { metricsReference } from "./metrics_reference.ts";
import { runTask } from "./running_program.ts";

const ROOT = new URL("../../", import.meta.url);

/** The documents that are made from the code, by their paths from the project's root. */
export async function references(): Promise<Map<string, string>> {
  await using relay = await runTask("relay", ["--address", "127.0.0.1:0"]);
  await using sdn = await runTask("sdn", ["--address", "127.0.0.1:0"]);
  const document: ApiDocument = JSON.parse(await sdn.get("/openapi.json"));
  const texts = new Map([
    [
      "relay/docs/configuration.md",
      configReference(relayDefinition, {
        program: "qumo-relay",
        file: "configs/relay.yaml",
        yaml: await Deno.readTextFile(new URL("configs/relay.yaml", ROOT)),
      }),
    ],
    [
      "sdn/docs/configuration.md",
      configReference(sdnDefinition, {
        program: "qumo-sdn",
        file: "configs/sdn.yaml",
        yaml: await Deno.readTextFile(new URL("configs/sdn.yaml", ROOT)),
      }),
    ],
    ["sdn/docs/api.md", apiReference(document)],
    ["relay/docs/metrics.md", metricsReference("qumo-relay", await relay.get("/metrics"))],
    ["sdn/docs/metrics.md", metricsReference("qumo-sdn", await sdn.get("/metrics"))],
  ]);
  const formatted = await Promise.all(
    Array.from(texts, async ([path, text]) => [path, await format(text)] as const),
  );
  return new Map(formatted);
}

/** As `deno fmt` writes it, which has the last word on every file of the project. */
async function format(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "-"],
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
