import { openLog } from "@qumo/shared/runtime";
import {
  configReport,
  configWarnings,
  healthUrl,
  loadRelayConfig,
  parseCommand,
  platformProblem,
  USAGE,
} from "./config.ts";
import { askHealth } from "./ops/health_check.ts";
import type { Process } from "./process.ts";
import type { HostParts, SessionHost } from "./relay.ts";
import { serve } from "./serve.ts";
import { StartError } from "./start_error.ts";
import { versionText } from "./version.ts";

/** Does what the command line asks for; returns the exit code: 2 for a command line nobody understands. */
export async function runCommand(
  args: readonly string[],
  createHost: (parts: HostParts) => SessionHost,
  process: Process,
): Promise<number> {
  const problem = platformProblem(process.deno, process.hasQuic);
  if (problem !== undefined) return complain(process, problem, 1);
  const parsed = parseCommand(args);
  if (!parsed.ok) return complain(process, `${parsed.refusal}\nTry qumo-relay --help`, 2);
  const command = parsed.value;
  if (command.name === "help") return say(process, USAGE);
  if (command.name === "version") return say(process, versionText(process.deno));
  if (command.url !== undefined) return await health(process, command.url);
  const loaded = await loadRelayConfig(command);
  if (!loaded.ok) return complain(process, loaded.refusal.join("\n"), 1);
  const config = loaded.value.value;
  if (command.name === "health") return await health(process, healthUrl(config));
  if (command.name === "check") return say(process, configReport(loaded.value));
  const { level, format } = config.log;
  const automatic = process.stderr.isTerminal ? "human" : "json";
  const log = openLog({
    level,
    format: format === "auto" ? automatic : format,
    write: (line) => process.stderr.write(line),
  });
  for (const warning of configWarnings(loaded.value)) log.warn(warning);
  try {
    return await serve(config, createHost, log, process);
  } catch (error) {
    if (error instanceof StartError) return complain(process, error.message, 1);
    throw error;
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
