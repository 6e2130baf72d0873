import { loadConfig, type LoadedConfig, type Outcome, refused } from "@qumo/shared/runtime";
import type { Command } from "./config/arguments.ts";
import { relayDefinition } from "./config/definition.ts";
import type { RelayConfig } from "./config/types.ts";

export { type Command, parseCommand, USAGE } from "./config/arguments.ts";
export {
  formatAddress,
  healthUrl,
  isLoopback,
  parseAddress,
  reachable,
  type SocketAddress,
} from "./config/address.ts";
export { DEFAULTS } from "./config/defaults.ts";
export { platformProblem } from "./config/platform.ts";
export { configReport, configWarnings } from "./config/report.ts";
export type {
  AuthConfig,
  BehaviourConfig,
  CacheLimits,
  DeliveryLimits,
  LateJoin,
  LogConfig,
  MetricsConfig,
  RelayConfig,
  ServerConfig,
  SessionLimits,
} from "./config/types.ts";

/** Loads what the command line, the environment and the file say; refuses with lines to print. */
export async function loadRelayConfig(
  command: Command,
): Promise<Outcome<LoadedConfig<RelayConfig>, readonly string[]>> {
  const name = command.configFile;
  let file;
  try {
    if (name !== undefined) file = { name, text: await Deno.readTextFile(name) };
  } catch (error) {
    return refused([`Cannot read ${name}: ${readFailure(error)}`]);
  }
  return loadConfig(relayDefinition, {
    file,
    environment: (variable) => Deno.env.get(variable),
    flags: command.flags,
  });
}

function readFailure(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
