import { complain, healthUrl, runProgram, StartError } from "@qumo/shared/runtime";
import { configWarnings, platformProblem, relayDefinition, tlsFetch, USAGE } from "./config.ts";
import { CLIENT_COMMANDS } from "./client/names.ts";
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
  const [first = "", ...words] = args;
  if (first === "token") return await tokenTool(words, process);
  if (Object.hasOwn(CLIENT_COMMANDS, first)) {
    // A relay that serves calls nobody in this way.
    const { runClient } = await import("./client/client.ts");
    return await runClient(args, process);
  }
  return await runProgram(args, {
    version,
    usage: USAGE,
    otherCommands: Object.keys(CLIENT_COMMANDS),
    definition: relayDefinition,
    warnings: configWarnings,
    healthUrl: ({ server }) => healthUrl(server.address),
    serve: (config, log, reload) => serve(config, { createHost, reload, log, process }),
    async doctor(config) {
      const { examine } = await import("./doctor/doctor.ts");
      return await examine(config, process);
    },
    async explain({ auth }, token) {
      const { explainToken } = await import("./access/explain.ts");
      const fetching = await tlsFetch(auth, process.readText);
      if (!fetching.ok) throw new StartError(fetching.refusal, "auth.ca_file");
      try {
        return await explainToken(auth, token, { ...process, fetch: fetching.value.fetch });
      } finally {
        fetching.value.close();
      }
    },
  }, process);
}

/** Runs `token`; nothing of it needs a configuration. */
async function tokenTool(words: readonly string[], process: Process): Promise<number> {
  const { runTokenTool } = await import("./access/token_tool.ts");
  const result = await runTokenTool(words, process);
  if (!result.ok) {
    return complain(process, `${result.refusal}\nTry ${version.name} token --help`, 2);
  }
  process.stdout.write(result.value);
  return 0;
}
