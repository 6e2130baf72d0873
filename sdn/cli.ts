import {
  healthUrl,
  isLoopback,
  type LoadedConfig,
  parseAddress,
  runProgram,
  usageText,
} from "@qumo/shared/runtime";
import { CLIENT_COMMANDS } from "./client/names.ts";
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
  others: {
    title: "Ask a controller that runs (COMMAND --help says more)",
    commands: CLIENT_COMMANDS,
  },
});

/** Runs the command of the command line. Returns the exit code; 2 is a usage error. */
export async function runCommand(args: readonly string[], process: Process): Promise<number> {
  const [first = ""] = args;
  if (Object.hasOwn(CLIENT_COMMANDS, first)) {
    // Loaded where it is needed: a controller that serves asks no other in this way.
    const { runClient } = await import("./client/client.ts");
    return await runClient(args, process);
  }
  return await runProgram(args, {
    version,
    usage: USAGE,
    otherCommands: Object.keys(CLIENT_COMMANDS),
    definition: sdnDefinition,
    warnings: configWarnings,
    healthUrl({ server, acme }) {
      const isPlain = server.certFile === "" && acme.domains.length === 0;
      return healthUrl(server.address, isPlain ? "http" : "https");
    },
    async serve(config, log, reload) {
      await serve(config, { reload, log, process });
      return 0;
    },
    backup: backUp,
  }, process);
}

function configWarnings({ value: { auth, server } }: LoadedConfig<SdnConfig>): string[] {
  if (auth.mode !== "open" || isLoopback(parseAddress(server.address)!)) return [];
  return ["auth.mode is open: anyone who can reach the controller may change everything"];
}
