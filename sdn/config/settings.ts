import { z } from "zod";
import {
  addressForm,
  integer,
  isHttpOrigin,
  isLoopback,
  listOf,
  LOG_LEVELS,
  mapOf,
  milliseconds as durationMs,
  oneOf,
  parseAddress,
  seconds,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import { relayNameFault } from "@qumo/shared/topology";

const DAY_MS = 86_400_000;

/** What the controller can be told; `configs/sdn.yaml` explains each key. */
export type SdnConfig = z.output<typeof settingsSchema>;

/** What is in force where nobody says anything. */
export const DEFAULTS: SdnConfig = {
  server: {
    address: "127.0.0.1:8090",
    certFile: "",
    keyFile: "",
    bodyTimeoutMs: 10_000,
    shutdownTimeoutMs: 5000,
    requestsPerSecond: 500,
    requestBurst: 2000,
    allowedHosts: [],
  },
  auth: { mode: "loopback", tokens: [] },
  controller: { name: "" },
  store: "auto",
  etcd: {
    endpoints: [],
    prefix: "/qumo-sdn/",
    user: "",
    passwordFile: "",
    caFile: "",
    certFile: "",
    keyFile: "",
    timeoutMs: 2000,
  },
  graph: {
    dataDir: "",
    nodeTtlSec: 90,
    tombstoneTtlSec: 3600,
    oneWayLinks: true,
    costPolicy: "static",
    minGain: 0.1,
    holdMs: 10_000,
    smoothing: 0.3,
    spfHoldMs: 50,
    weights: { cost: 1, rtt: 1, loss: 10, load: 1 },
    regions: [],
    peerUrl: "",
    peers: [],
    peerTokenFile: "",
    syncIntervalSec: 10,
  },
  watch: { history: 10_000, historyBytes: 32 * 1024 * 1024 },
  log: { level: "info", format: "auto" },
  telemetry: { enabled: false },
};

const number = (min: number, max: number) => {
  const error = `a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
};
const file = text(4096, "a path");
const milliseconds = (min: number, max = DAY_MS) => durationMs(min, max);
const url = text(2048, "an http or https URL without a path", isHttpOrigin);
const tokenSchema = mapOf({
  role: oneOf("read", "relay", "admin"),
  sha256: text(64, "64 hexadecimal digits", (value) => /^[0-9a-f]{64}$/.test(value)).optional(),
  token_file: file.optional(),
  relay: text(255, "a relay's name", (value) => relayNameFault(value) === undefined).optional(),
}).refine(hasOneSecret, {
  // A name that is wrong is told beside what is missing because of it.
  when: ({ value }) => typeof value === "object" && value !== null,
  error: "one of `sha256` and `token_file`, and not both",
});

function hasOneSecret(token: object): boolean {
  return "sha256" in token !== "token_file" in token;
}

/** What each key may be. */
export const settingsSchema = z.strictObject({
  server: z.strictObject({
    address: text(64, addressForm(8090), (value) => parseAddress(value) !== undefined),
    certFile: file,
    keyFile: file,
    bodyTimeoutMs: milliseconds(100),
    shutdownTimeoutMs: milliseconds(0),
    requestsPerSecond: integer(0, 1_000_000),
    requestBurst: integer(1, 1_000_000),
    allowedHosts: listOf(text(253, "a host's name without a port"), 100),
  }),
  auth: z.strictObject({
    mode: oneOf("loopback", "open", "token"),
    tokens: listOf(tokenSchema, 1000),
  }),
  controller: z.strictObject({ name: text(64) }),
  store: oneOf("auto", "memory", "sqlite", "etcd"),
  etcd: z.strictObject({
    endpoints: listOf(url, 16),
    prefix: text(255, "a text that ends with /", (value) => /^[^\0]*\/$/.test(value)),
    user: text(255),
    passwordFile: file,
    caFile: file,
    certFile: file,
    keyFile: file,
    timeoutMs: milliseconds(100),
  }),
  graph: z.strictObject({
    dataDir: file,
    nodeTtlSec: seconds(0.01, 86_400),
    tombstoneTtlSec: seconds(1, 31_536_000),
    oneWayLinks: yesNo(),
    costPolicy: oneOf("static", "rtt", "composite"),
    minGain: number(0, 1),
    holdMs: milliseconds(0),
    smoothing: number(0.01, 1),
    spfHoldMs: milliseconds(0, 60_000),
    weights: z.strictObject({
      cost: number(0, 1000),
      rtt: number(0, 1000),
      loss: number(0, 1000),
      load: number(0, 1000),
    }),
    regions: listOf(
      mapOf({
        name: text(128),
        latitude: number(-90, 90),
        longitude: number(-180, 180),
      }),
      1000,
    ),
    peerUrl: z.union([z.literal(""), url], { error: "an http or https URL" }),
    peers: listOf(url, 16),
    peerTokenFile: file,
    syncIntervalSec: seconds(0.1, 3600),
  }),
  watch: z.strictObject({
    history: integer(1, 1_000_000),
    historyBytes: integer(64 * 1024, 1024 * 1024 * 1024),
  }),
  log: z.strictObject({ level: oneOf(...LOG_LEVELS), format: oneOf("auto", "human", "json") }),
  telemetry: z.strictObject({ enabled: yesNo() }),
});

/** What must hold between values, told at the place of `key`. */
export function brokenRules({ server, auth, store, etcd, graph }: SdnConfig) {
  const broken: { key: string; text: string }[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (auth.mode === "loopback" && !isLoopback(parseAddress(server.address)!)) {
    refuse(
      "server.address",
      `refusing to listen on ${server.address} without access control: set \`auth.mode: token\` ` +
        "with `auth.tokens`, or `auth.mode: open` (or INSECURE=true) to allow anyone",
    );
  }
  if (auth.mode === "token" && auth.tokens.length === 0) {
    refuse("auth.tokens", "nobody could come in: write at least one token");
  }
  for (const [place, token] of auth.tokens.entries()) {
    if (token.relay !== undefined && token.role !== "relay") {
      refuse(`auth.tokens.${place}`, "`relay` goes with the role relay alone");
    }
  }
  if ((server.certFile === "") !== (server.keyFile === "")) {
    refuse("server.cert_file", "a certificate and its key go together");
  }
  if (store === "sqlite" && graph.dataDir === "") {
    refuse("graph.data_dir", "`store: sqlite` needs a folder");
  }
  if (store === "etcd" && etcd.endpoints.length === 0) {
    refuse("etcd.endpoints", "`store: etcd` needs at least one URL");
  }
  if (store === "etcd" && (graph.peers.length > 0 || graph.peerUrl !== "")) {
    refuse("graph.peers", "controllers on one etcd tell each other everything through it");
  }
  if ((etcd.certFile === "") !== (etcd.keyFile === "")) {
    refuse("etcd.cert_file", "a certificate and its key go together");
  }
  if ((etcd.user === "") !== (etcd.passwordFile === "")) {
    refuse("etcd.user", "a user and the file with its password go together");
  }
  const hasPeers = graph.peers.length > 0 || graph.peerUrl !== "";
  if (hasPeers && graph.syncIntervalSec > graph.nodeTtlSec / 2) {
    refuse(
      "graph.sync_interval_sec",
      "must be at most half of `graph.node_ttl_sec`: a peer that was away would end living relays",
    );
  }
  if (graph.tombstoneTtlSec < 2 * graph.nodeTtlSec) {
    refuse("graph.tombstone_ttl_sec", "must be at least twice `graph.node_ttl_sec`");
  }
  return broken;
}
