import { relayDefinition } from "../../relay/config/definition.ts";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import { type ApiDocument, apiReference } from "./api_reference.ts";
import { configReference } from "./config_reference.ts";
import { metricsReference } from "./metrics_reference.ts";
import { runTask } from "./running_program.ts";

const ROOT = new URL("../../", import.meta.url);

/** The documents that are made from the code, by their names in `.docs/reference/`. */
export async function references(): Promise<Map<string, string>> {
  await using relay = await runTask("relay", ["--address", "127.0.0.1:0"]);
  await using sdn = await runTask("sdn", ["--address", "127.0.0.1:0"]);
  const document: ApiDocument = JSON.parse(await sdn.get("/openapi.json"));
  const texts = new Map([
    [
      "relay.md",
      configReference(relayDefinition, {
        program: "qumo-relay",
        file: "configs/relay.yaml",
        yaml: await Deno.readTextFile(new URL("configs/relay.yaml", ROOT)),
      }),
    ],
    [
      "sdn.md",
      configReference(sdnDefinition, {
        program: "qumo-sdn",
        file: "configs/sdn.yaml",
        yaml: await Deno.readTextFile(new URL("configs/sdn.yaml", ROOT)),
      }),
    ],
    ["api.md", apiReference(document)],
    [
      "metrics.md",
      metricsReference([
        { program: "qumo-relay", text: await relay.get("/metrics") },
        { program: "qumo-sdn", text: await sdn.get("/metrics") },
      ]),
    ],
  ]);
  const formatted = await Promise.all(
    Array.from(texts, async ([name, text]) => [name, await format(text)] as const),
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
