import { loadConfig, openLog } from "@qumo/shared/runtime";
import { formatAddress, parseAddress, reachable } from "./config/address.ts";
import { type Command, parseCommand, USAGE } from "./config/arguments.ts";
import { sdnDefinition } from "./config/definition.ts";
import { configReport } from "./config/report.ts";
import { askHealth } from "./health_check.ts";
import type { Process } from "./process.ts";
import { serve } from "./serve.ts";
import { versionText } from "./version.ts";

/** Does what the command line asks for; returns the exit code: 2 for a command line nobody understands. */
export async function runCommand(args: readonly string[], process: Process): Promise<number> {
  const parsed = parseCommand(args);
  if (!parsed.ok) return complain(process, `${parsed.refusal}\nTry qumo-sdn --help`, 2);
  const command = parsed.value;
  if (command.name === "help") return say(process, USAGE);
  if (command.name === "version") return say(process, versionText(process.deno));
  if (command.url !== undefined) return await health(process, command.url);
  const loaded = await load(command, process);
  if (!loaded.ok) return complain(process, loaded.refusal.join("\n"), 1);
  const config = loaded.value.value;
  if (command.name === "check") return say(process, configReport(loaded.value));
  if (command.name === "health") {
    const address = reachable(parseAddress(config.server.address)!);
    const scheme = config.server.certFile === "" ? "http" : "https";
    return await health(process, `${scheme}://${formatAddress(address)}`);
  }
  const automatic = process.stderr.isTerminal ? "human" : "json";
  const log = openLog({
    level: config.log.level,
    format: config.log.format === "auto" ? automatic : config.log.format,
    write: (line) => process.stderr.write(line),
  });
  try {
    await serve(config, log, process);
    return 0;
  } catch (error) {
    return complain(process, `Cannot start: ${messageOf(error)}`, 1);
  }
}

async function load({ configFile: name, flags }: Command, { environment, readText }: Process) {
  if (name === undefined) {
    return loadConfig(sdnDefinition, { file: undefined, environment, flags });
  }
  try {
    const file = { name, text: await readText(name) };
    return loadConfig(sdnDefinition, { file, environment, flags });
  } catch (error) {
    return { ok: false as const, refusal: [`Cannot read ${name}: ${messageOf(error)}`] };
  }
}

async function health(process: Process, url: string): Promise<number> {
  const { ready, text } = await askHealth(url, process.clock);
  return ready ? say(process, `${text}\n`) : complain(process, text, 1);
}

function say({ stdout }: Process, text: string): number {
  stdout.write(text);
  return 0;
}

function complain({ stderr }: Process, text: string, code: number): number {
  stderr.write(`${text}\n`);
  return code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
