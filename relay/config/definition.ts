import {
  authorityFile,
  certificatePairFiles,
  type ConfigDefinition,
  type EnvironmentVariable,
  keysOf,
  type NamedFile,
  secretFile,
  variablesFor,
} from "@qumo/shared/runtime";
import { DEFAULTS } from "./defaults.ts";
import { brokenRules, relaySchema } from "./schema.ts";
import type { RelayConfig } from "./types.ts";

// The variables of the container that this relay follows, under their own names.
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

/*
 * A variable for each key. `QUMO_SDN_` is the controller's own prefix, so the keys of `sdn`, which
 * say how to reach it, are `QUMO_CONTROLLER_`; their former names are still understood.
 */
const KEY_VARIABLES: readonly EnvironmentVariable[] = variablesFor(
  "QUMO",
  keysOf(DEFAULTS).values.keys(),
).flatMap(({ name, key }) => {
  if (!key.startsWith("sdn.")) return [{ name, key }];
  const replacedBy = name.replace("QUMO_SDN_", "QUMO_CONTROLLER_");
  return [{ name, key, replacedBy }, { name: replacedBy, key }];
});

/** The relay's configuration: keys, values, former keys and environment variables. */
export const relayDefinition: ConfigDefinition<RelayConfig> = {
  defaults: DEFAULTS,
  schema: relaySchema,
  rules: brokenRules,
  files: namedFiles,
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
    variables: [...CONTAINER_VARIABLES, ...KEY_VARIABLES],
    prefix: "QUMO_",
    otherPrefix: "QUMO_SDN_",
  },
};

function namedFiles({ server, sdn, mesh }: RelayConfig): NamedFile[] {
  const { tls } = sdn;
  return [
    ...certificatePairFiles(
      { key: "server.cert_file", path: server.certFile },
      { key: "server.key_file", path: server.keyFile },
    ),
    secretFile("sdn.token_file", sdn.tokenFile),
    authorityFile("sdn.tls.ca_file", tls.caFile),
    ...certificatePairFiles(
      { key: "sdn.tls.cert_file", path: tls.certFile },
      { key: "sdn.tls.key_file", path: tls.keyFile },
    ),
    authorityFile("mesh.ca_file", mesh.caFile),
  ];
}
