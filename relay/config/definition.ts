import { defineConfig, type EnvironmentVariable } from "@qumo/shared/runtime";
import { namedFiles } from "./files.ts";
import { LIVE_KEYS } from "./live_keys.ts";
import { brokenRules } from "./rules.ts";
import { type RelayConfig, settingsSchema } from "./settings.ts";

// Variables with names of their own, as in the container of the former program.
const CONTAINER_VARIABLES: readonly EnvironmentVariable[] = [
  { name: "RELAY_ADDR", key: "server.address" },
  { name: "CERT_FILE", key: "server.cert_file" },
  { name: "KEY_FILE", key: "server.key_file" },
  { name: "GROUP_CACHE_SIZE", key: "cache.max_groups_per_track" },
  { name: "RELAY_NAME", key: "relay.node_id" },
  { name: "RELAY_NAME", key: "sdn.relay_name" },
  { name: "REGION", key: "relay.region" },
  { name: "SDN_URL", key: "sdn.urls" },
  { name: "RELAY_MOQT_ADDR", key: "sdn.address" },
  { name: "NEIGHBORS", key: "sdn.neighbors" },
  { name: "HEARTBEAT_INTERVAL", key: "sdn.heartbeat_interval_sec" },
  {
    name: "INSECURE",
    sets: { "server.cert_file": "", "server.key_file": "", "auth.mode": "open" },
  },
  {
    name: "FRAME_CAPACITY",
    retired:
      "there is no frame pool to size, QUMO_LIMITS_MAX_OBJECT_BYTES bounds an object; unset it",
  },
];

/** The relay's configuration: keys, values, former keys and environment variables. */
export const relayDefinition = defineConfig<RelayConfig>({
  schema: settingsSchema,
  rules: brokenRules,
  files: namedFiles,
  live: Object.values(LIVE_KEYS).flat(),
  renamed: new Map([
    ["relay.group_cache_size", "cache.max_groups_per_track"],
    ["sdn.url", "sdn.urls"],
    ["sdn.region", "relay.region"],
  ]),
  retired: new Map([
    [
      "server.health_check_addr",
      "health is at /health on the TCP port of server.address; remove this key",
    ],
    [
      "relay.frame_capacity",
      "there is no frame pool to size, limits.max_object_bytes bounds an object; remove this key",
    ],
  ]),
  environment: {
    variables: CONTAINER_VARIABLES,
    prefix: "QUMO_",
    // The prefix of the controller's variables, which is why the keys of `sdn` have another one.
    otherPrefix: "QUMO_SDN_",
    sectionPrefixes: { sdn: "QUMO_CONTROLLER_" },
  },
});

/** The default of every key; `configs/relay.yaml` explains them. */
export const DEFAULTS = relayDefinition.defaults;
