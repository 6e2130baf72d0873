import {
  addressForm,
  bytes,
  integer,
  isLoopback,
  listOf,
  LOG_LEVELS,
  milliseconds as durationMs,
  oneOf,
  parseAddress,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import { z } from "zod";
import { LOOPBACK, parseNetwork } from "./networks.ts";
import { PUBLISHER_POLICIES, readPublisherPolicies } from "./publisher_policies.ts";
import { brokenMeshRules, meshSchema, sdnSchema, upstreamSchema } from "./mesh_schema.ts";
import type { RelayConfig } from "./types.ts";

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;

const milliseconds = (min: number, max: number = DAY_MS) => durationMs(min, max);
const count = (max: number, min = 1) => integer(min, max);
const path = () => text(4096);

/** What each value may be. Lower limits keep the relay usable, upper ones keep it a machine's size. */
export const relaySchema: z.ZodType<RelayConfig> = z.strictObject({
  server: z.strictObject({
    address: text(64, addressForm(4433), (value) => parseAddress(value) !== undefined),
    certFile: path(),
    keyFile: path(),
    allowedOrigins: listOf(
      text(512, "auto, * or an origin, like https://example.com", isOriginOrStar),
      1000,
    ),
    keepAliveMs: milliseconds(0, 60_000),
    idleTimeoutMs: milliseconds(500, 600_000),
    handshakeTimeoutMs: milliseconds(100, 60_000),
    maxHandshakes: count(1_000_000),
    maxSessions: count(1_000_000),
    maxConnectionsPerAddress: count(1_000_000),
    knownAddresses: listOf(
      text(64, "loopback, an address or a network, like 10.0.0.0/8", isKnownAddress),
      1000,
    ),
    maxUnreadBytesPerConnection: bytes(2_097_152, 1024 * GIB),
    maxUnreadBytes: bytes(2_097_152, 1024 * GIB),
    maxBidiStreams: count(65_536, 8),
    maxUniStreams: count(65_536, 8),
  }),
  auth: z.strictObject({ mode: oneOf("loopback", "open") }),
  relay: z.strictObject({
    nodeId: name(),
    region: name(),
    lateJoin: oneOf("auto", "strict", "group_start"),
    forward: oneOf("on_demand", "always"),
    solicit: yesNo(),
    publishers: oneOf(...PUBLISHER_POLICIES),
    publishersByNamespace: z.unknown().transform(readPublisherPolicies),
    lingerMs: milliseconds(0),
    rendezvousMaxMs: milliseconds(0),
    requestTimeoutMs: milliseconds(100, 600_000),
  }),
  cache: z.strictObject({
    maxBytes: bytes(1_048_576, 1024 * GIB),
    maxTrackBytes: bytes(1_048_576, 1024 * GIB),
    maxGroupsPerTrack: count(1_000_000),
    maxAgeMs: milliseconds(100),
  }),
  limits: z.strictObject({
    maxRequests: count(1_000_000),
    maxSubscriptions: count(1_000_000),
    maxPublishedTracks: count(1_000_000),
    maxNamespaces: count(1_000_000),
    maxNamespaceSubscriptions: count(1_000_000),
    maxFetches: count(1_000_000),
    controlMessageRate: count(1_000_000),
    controlMessageBurst: count(1_000_000),
    maxObjectBytes: bytes(1200, GIB),
  }),
  delivery: z.strictObject({
    maxBacklogBytes: bytes(65_536, GIB),
    maxOpenSubgroups: count(65_536),
    stallTimeoutMs: milliseconds(100, 600_000),
  }),
  sdn: sdnSchema,
  upstream: upstreamSchema,
  mesh: meshSchema,
  metrics: z.strictObject({ perTrack: count(10_000, 0) }),
  ops: z.strictObject({ details: oneOf("loopback", "open") }),
  log: z.strictObject({ level: oneOf(...LOG_LEVELS), format: oneOf("auto", "human", "json") }),
  telemetry: z.strictObject({ enabled: yesNo() }),
  drainTimeoutMs: milliseconds(0, 3_600_000),
});

/** What must hold between values, told at the place of `key`. */
export function brokenRules(config: RelayConfig) {
  const { server, auth, cache, limits } = config;
  const broken: { key: string; text: string }[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (auth.mode === "loopback" && !isLoopback(parseAddress(server.address)!)) {
    refuse(
      "server.address",
      `refusing to listen on ${server.address} without access control: ` +
        "set `auth.mode: open` (or INSECURE=true) to allow anyone, or listen on 127.0.0.1",
    );
  }
  if (server.certFile === "" && server.keyFile !== "") {
    refuse("server.key_file", "a key needs its certificate: write `server.cert_file` too");
  }
  if (server.keyFile === "" && server.certFile !== "") {
    refuse("server.cert_file", "a certificate needs its key: write `server.key_file` too");
  }
  if (server.keepAliveMs >= server.idleTimeoutMs) {
    refuse(
      "server.keep_alive_ms",
      `${server.keepAliveMs} keeps nothing alive: write less than ` +
        `\`server.idle_timeout_ms\`, which is ${server.idleTimeoutMs}, or 0`,
    );
  }
  if (server.maxUnreadBytesPerConnection > server.maxUnreadBytes) {
    refuse(
      "server.max_unread_bytes_per_connection",
      "one peer may not have more than `server.max_unread_bytes`",
    );
  }
  if (cache.maxTrackBytes > cache.maxBytes) {
    refuse("cache.max_track_bytes", "one track may not have more than `cache.max_bytes`");
  }
  if (limits.maxObjectBytes > cache.maxTrackBytes) {
    refuse("limits.max_object_bytes", "an object must fit `cache.max_track_bytes`");
  }
  return [...broken, ...brokenMeshRules(config)];
}

function name(): z.ZodType<string> {
  return text(
    128,
    "at most 128 letters, digits, dots, dashes, underscores and slashes",
    (value) => /^[\w./-]*$/.test(value),
  );
}

function isKnownAddress(value: string): boolean {
  return value === LOOPBACK || parseNetwork(value) !== undefined;
}

function isOriginOrStar(value: string): boolean {
  return value === "*" || value === "auto" ||
    URL.canParse(value) && new URL(value).origin === value;
}
