import {
  type Command,
  loadCommandConfig,
  type LoadedConfig,
  type Outcome,
  usageText,
} from "@qumo/shared/runtime";
import { relayDefinition } from "./config/definition.ts";
import type { RelayConfig } from "./config/types.ts";

export {
  formatAddress,
  isLoopback,
  parseAddress,
  reachable,
  type SocketAddress,
} from "@qumo/shared/runtime";
export { type ControllerFetch, controllerFetch } from "./config/controller_fetch.ts";
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
  MeshConfig,
  MetricsConfig,
  RelayConfig,
  SdnConfig,
  ServerConfig,
  SessionLimits,
} from "./config/types.ts";

/** The answer of `qumo-relay --help`. */
export const USAGE = usageText({
  program: "qumo-relay",
  noun: "relay",
  example: "configs/relay.yaml",
  address: "127.0.0.1:4433",
});

/** Loads what the command line, the environment and the file say; refuses with lines to print. */
export function loadRelayConfig(
  command: Command,
): Promise<Outcome<LoadedConfig<RelayConfig>, readonly string[]>> {
  return loadCommandConfig(relayDefinition, command, {
    readText: (path) => Deno.readTextFile(path),
    environment: (variable) => Deno.env.get(variable),
  });
}
