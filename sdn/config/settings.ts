import * as z from "zod";
import {
  acmeSettings,
  addressForm,
  bytes,
  integer,
  isHttpOrigin,
  listOf,
  mapOf,
  milliseconds,
  oneOf,
  parseAddress,
  programSettings,
  seconds,
  section,
  text,
  tokenEntry,
  yesNo,
} from "@qumo/shared/runtime";
import { relayNameFault } from "@qumo/shared/topology";

const number = (min: number, max: number) => {
  const error = `a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
};
const file = text(4096, "a path");
const path = () => file.default("");
const url = text(2048, "an http or https URL without a path", isHttpOrigin);
const token = tokenEntry({
  role: oneOf("read", "relay", "admin"),
  relay: text(255, "a relay's name", (value) => relayNameFault(value) === undefined).optional(),
});

/** The controller's configuration with its defaults; `configs/sdn.yaml` documents each key. */
export const settingsSchema = section({
  server: section({
    address: text(64, addressForm(8090), (value) => parseAddress(value) !== undefined)
      .default("127.0.0.1:8090"),
    certFile: path(),
    keyFile: path(),
    bodyTimeoutMs: milliseconds(100).default(10_000),
    shutdownTimeoutMs: milliseconds(0).default(5000),
    requestsPerSecond: integer(0, 1_000_000).default(500),
    requestBurst: integer(1, 1_000_000).default(2000),
    allowedHosts: listOf(text(253, "a host's name without a port"), 100).default([]),
  }),
  acme: acmeSettings,
  auth: section({
    mode: oneOf("loopback", "open", "token").default("loopback"),
    tokens: listOf(token, 1000).default([]),
  }),
  controller: section({ name: text(64).default("") }),
  store: oneOf("auto", "memory", "sqlite", "etcd").default("auto"),
  etcd: section({
    endpoints: listOf(url, 16).default([]),
    prefix: text(255, "a text that ends with /", (value) => /^[^\0]*\/$/.test(value))
      .default("/qumo-sdn/"),
    user: text(255).default(""),
    passwordFile: path(),
    caFile: path(),
    certFile: path(),
    keyFile: path(),
    timeoutMs: milliseconds(100).default(2000),
  }),
  graph: section({
    dataDir: path(),
    nodeTtlSec: seconds(0.01, 86_400).default(90),
    tombstoneTtlSec: seconds(1, 31_536_000).default(3600),
    oneWayLinks: yesNo().default(true),
    costPolicy: oneOf("static", "rtt", "composite").default("static"),
    minGain: number(0, 1).default(0.1),
    holdMs: milliseconds(0).default(10_000),
    smoothing: number(0.01, 1).default(0.3),
    spfHoldMs: milliseconds(0, 60_000).default(50),
    weights: section({
      cost: number(0, 1000).default(1),
      rtt: number(0, 1000).default(1),
      loss: number(0, 1000).default(10),
      load: number(0, 1000).default(1),
    }),
    regions: listOf(
      mapOf({
        name: text(128),
        latitude: number(-90, 90),
        longitude: number(-180, 180),
      }),
      1000,
    ).default([]),
    peerUrl: z.union([z.literal(""), url], { error: "an http or https URL" }).default(""),
    peers: listOf(url, 16).default([]),
    peerTokenFile: path(),
    syncIntervalSec: seconds(0.1, 3600).default(10),
  }),
  mesh: section({
    keyFile: path(),
    identityLifetimeSec: seconds(2, 86_400).default(600),
  }),
  watch: section({
    history: integer(1, 1_000_000).default(10_000),
    historyBytes: bytes(64 * 1024, 1024 * 1024 * 1024).default(32 * 1024 * 1024),
  }),
  ...programSettings,
});

/** The controller's configuration. */
export type SdnConfig = z.output<typeof settingsSchema>;
