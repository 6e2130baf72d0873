import {
  configReport,
  healthUrl,
  loadCommandConfig,
  messageOf,
  runProgram,
  usageText,
} from "@qumo/shared/runtime";
import { sdnDefinition } from "./config/definition.ts";
import type { Process } from "./process.ts";
import { serve } from "./serve.ts";
import { version } from "./version.ts";

const USAGE = usageText({
  program: "qumo-sdn",
  noun: "controller",
  example: "configs/sdn.yaml",
  address: "127.0.0.1:8090",
});

/** Does what the command line asks for; returns the exit code: 2 for a command line nobody understands. */
export async function runCommand(args: readonly string[], process: Process): Promise<number> {
  return await runProgram(args, {
    version,
    usage: USAGE,
    load: (command) => loadCommandConfig(sdnDefinition, command, process),
    report: configReport,
    healthUrl: ({ server }) => healthUrl(server.address, server.certFile === "" ? "http" : "https"),
    async serve({ value }, log) {
      try {
        await serve(value, log, process);
        return 0;
      } catch (error) {
        return `Cannot start: ${messageOf(error)}`;
      }
    },
  }, process);
}
