import { complain, healthUrl, runProgram } from "@qumo/shared/runtime";
import { configWarnings, platformProblem, relayDefinition, USAGE } from "./config.ts";
import type { Process } from "./process.ts";
import type { HostParts, SessionHost } from "./host.ts";
import { serve } from "./serve.ts";
import { version } from "./version.ts";

/** Runs the command of the command line. Returns the exit code; 2 is a usage error. */
export async function runCommand(
  args: readonly string[],
  createHost: (parts: HostParts) => SessionHost,
  process: Process,
): Promise<number> {
  const problem = platformProblem(process.deno, process.hasQuic);
  if (problem !== undefined) return complain(process, problem, 1);
  return await runProgram(args, {
    version,
    usage: USAGE,
    definition: relayDefinition,
    warnings: configWarnings,
    healthUrl: ({ server }) => healthUrl(server.address),
    serve: (config, log) => serve(config, createHost, log, process),
  }, process);
}
