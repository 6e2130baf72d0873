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
import { brokenRules, DEFAULTS, type SdnConfig, settingsSchema } from "./settings.ts";

// The variables of the container, under their own names.
const CONTAINER_VARIABLES: readonly EnvironmentVariable[] = [
  { name: "SDN_ADDR", key: "server.address" },
  { name: "DATA_DIR", key: "graph.data_dir" },
  { name: "SYNC_INTERVAL", key: "graph.sync_interval_sec" },
  { name: "NODE_TTL_SEC", key: "graph.node_ttl_sec" },
  { name: "PEER_URL", key: "graph.peer_url" },
  { name: "INSECURE", sets: { "auth.mode": "open" } },
];

/** The controller's configuration: keys, values, former keys and environment variables. */
export const sdnDefinition: ConfigDefinition<SdnConfig> = {
  defaults: DEFAULTS,
  schema: settingsSchema,
  rules: brokenRules,
  files: namedFiles,
  renamed: new Map([["graph.listen_addr", "server.address"]]),
  retired: new Map(),
  environment: {
    variables: [
      ...CONTAINER_VARIABLES,
      ...variablesFor("QUMO_SDN", keysOf(DEFAULTS).values.keys()),
    ],
    prefix: "QUMO_SDN_",
  },
};

function namedFiles({ server, auth, etcd, graph, store }: SdnConfig): NamedFile[] {
  return [
    ...certificatePairFiles(
      { key: "server.cert_file", path: server.certFile },
      { key: "server.key_file", path: server.keyFile },
    ),
    ...(auth.mode !== "token"
      ? []
      : auth.tokens.map(({ token_file: path = "" }, place) =>
        secretFile(`auth.tokens.${place}.token_file`, path)
      )),
    ...(store !== "etcd" ? [] : [
      secretFile("etcd.password_file", etcd.passwordFile),
      authorityFile("etcd.ca_file", etcd.caFile),
      ...certificatePairFiles(
        { key: "etcd.cert_file", path: etcd.certFile },
        { key: "etcd.key_file", path: etcd.keyFile },
      ),
    ]),
    secretFile("graph.peer_token_file", graph.peerTokenFile),
  ];
}
