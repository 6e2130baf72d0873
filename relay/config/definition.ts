import {
  type ConfigDefinition,
  type EnvironmentVariable,
  keysOf,
  variablesFor,
} from "@qumo/shared/runtime";
import { DEFAULTS } from "./defaults.ts";
import { brokenRules, relaySchema } from "./schema.ts";
import type { RelayConfig } from "./types.ts";

const NO_CONTROLLER = "the connection to a controller is not available yet";

// The variables of the container that this relay follows, under their own names.
const CONTAINER_VARIABLES: readonly EnvironmentVariable[] = [
  { name: "RELAY_ADDR", key: "server.address" },
  { name: "CERT_FILE", key: "server.cert_file" },
  { name: "KEY_FILE", key: "server.key_file" },
  { name: "GROUP_CACHE_SIZE", key: "cache.max_groups_per_track" },
  { name: "RELAY_NAME", key: "relay.node_id" },
  { name: "REGION", key: "relay.region" },
  {
    name: "INSECURE",
    sets: { "server.cert_file": "", "server.key_file": "", "auth.mode": "open" },
  },
  { name: "FRAME_CAPACITY", retired: "there is no frame pool to size: unset it" },
  ...["SDN_URL", "RELAY_MOQT_ADDR", "NEIGHBORS", "HEARTBEAT_INTERVAL"].map((name) => ({
    name,
    retired: `${NO_CONTROLLER}: unset it`,
  })),
];

/** The relay's configuration: keys, values, former keys and environment variables. */
export const relayDefinition: ConfigDefinition<RelayConfig> = {
  defaults: DEFAULTS,
  schema: relaySchema,
  rules: brokenRules,
  renamed: new Map([["relay.group_cache_size", "cache.max_groups_per_track"]]),
  retired: new Map([
    ["sdn", `${NO_CONTROLLER}: remove this section; sdn.relay_name is now relay.node_id`],
    [
      "server.health_check_addr",
      "health is at /health on the TCP port of server.address: remove this key",
    ],
    [
      "relay.frame_capacity",
      "there is no frame pool to size: remove this key; limits.max_object_bytes bounds an object",
    ],
  ]),
  environment: [...CONTAINER_VARIABLES, ...variablesFor("QUMO", keysOf(DEFAULTS).values.keys())],
};
