import {
  healthUrl,
  isLoopback,
  type LoadedConfig,
  parseAddress,
  runProgram,
  usageText,
} from "@qumo/shared/runtime";
import { sdnDefinition } from "./config/definition.ts";
import type { SdnConfig } from "./config/settings.ts";
import { backUp } from "./open_store.ts";
import type { Process } from "./process.ts";
import { serve } from "./serve.ts";
import { version } from "./version.ts";

const USAGE = usageText({
  program: "qumo-sdn",
  noun: "controller",
  example: "configs/sdn.yaml",
  address: "127.0.0.1:8090",
  hasBackup: true,
});

/** Runs the command of the command line. Returns the exit code; 2 is a usage error. */
export async function runCommand(args: readonly string[], process: Process): Promise<number> {
  return await runProgram(args, {
    version,
    usage: USAGE,
    definition: sdnDefinition,
    warnings: configWarnings,
    healthUrl: ({ server }) => healthUrl(server.address, server.certFile === "" ? "http" : "https"),
    async serve(config, log) {
      await serve(config, log, process);
      return 0;
    },
    backup: backUp,
  }, process);
}

function configWarnings({ value: { auth, server } }: LoadedConfig<SdnConfig>): string[] {
  if (auth.mode !== "open" || isLoopback(parseAddress(server.address)!)) return [];
  return ["auth.mode is open: anyone who can reach the controller may change everything"];
}
