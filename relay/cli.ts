import { complain, healthUrl, type Program, runProgram } from "@qumo/shared/runtime";
import {
  configReport,
  configWarnings,
  loadRelayConfig,
  platformProblem,
  type RelayConfig,
  USAGE,
} from "./config.ts";
import type { Process } from "./process.ts";
import type { HostParts, SessionHost } from "./host.ts";
import { serve } from "./serve.ts";
import { StartError } from "./start_error.ts";
import { version } from "./version.ts";

/** Does what the command line asks for; returns the exit code: 2 for a command line nobody understands. */
export async function runCommand(
  args: readonly string[],
  createHost: (parts: HostParts) => SessionHost,
  process: Process,
): Promise<number> {
  const problem = platformProblem(process.deno, process.hasQuic);
  if (problem !== undefined) return complain(process, problem, 1);
  const program: Program<RelayConfig> = {
    version,
    usage: USAGE,
    load: loadRelayConfig,
    report: configReport,
    healthUrl: ({ server }) => healthUrl(server.address),
    async serve(loaded, log) {
      for (const warning of configWarnings(loaded)) log.warn(warning);
      try {
        return await serve(loaded.value, createHost, log, process);
      } catch (error) {
        if (error instanceof StartError) return error.message;
        throw error;
      }
    },
  };
  return await runProgram(args, program, process);
}
