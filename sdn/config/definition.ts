import { defineConfig, type EnvironmentVariable } from "@qumo/shared/runtime";
import { TARGET_VARIABLES } from "../client/variables.ts";
import { namedFiles } from "./files.ts";
import { LIVE_KEYS } from "./live_keys.ts";
import { brokenRules } from "./rules.ts";
import { type SdnConfig, settingsSchema } from "./settings.ts";

// Environment variables of the container image that have names of their own.
const CONTAINER_VARIABLES: readonly EnvironmentVariable[] = [
  { name: "SDN_ADDR", key: "server.address" },
  { name: "DATA_DIR", key: "graph.data_dir" },
  { name: "SYNC_INTERVAL", key: "graph.sync_interval_sec" },
  { name: "NODE_TTL_SEC", key: "graph.node_ttl_sec" },
  { name: "PEER_URL", key: "graph.peer_url" },
  { name: "INSECURE", sets: { "auth.mode": "open" } },
  ...Object.values(TARGET_VARIABLES).map((name) => ({ name, isElsewhere: true } as const)),
];

/** The controller's configuration: keys, values, former keys and environment variables. */
export const sdnDefinition = defineConfig<SdnConfig>({
  schema: settingsSchema,
  rules: brokenRules,
  files: namedFiles,
  renamed: new Map([["graph.listen_addr", "server.address"]]),
  retired: new Map(),
  live: Object.values(LIVE_KEYS).flat(),
  environment: { variables: CONTAINER_VARIABLES, prefix: "QUMO_SDN_" },
});

/** The configuration with every key at its default. */
export const DEFAULTS = sdnDefinition.defaults;
