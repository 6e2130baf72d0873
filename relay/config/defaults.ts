import type { RelayConfig } from "./types.ts";

/** What is in force where nobody says anything; the reasons are in `configs/relay.yaml`. */
export const DEFAULTS: RelayConfig = {
  server: {
    address: "127.0.0.1:4433",
    certFile: "",
    keyFile: "",
    allowedOrigins: ["*"],
    keepAliveMs: 4000,
    idleTimeoutMs: 10_000,
    handshakeTimeoutMs: 10_000,
    maxSessions: 5000,
    maxBidiStreams: 512,
    maxUniStreams: 512,
  },
  auth: { mode: "loopback" },
  relay: {
    nodeId: "",
    region: "",
    lateJoin: "auto",
    solicit: true,
    lingerMs: 2000,
    rendezvousMaxMs: 30_000,
    requestTimeoutMs: 10_000,
  },
  cache: {
    maxBytes: 268_435_456,
    maxTrackBytes: 33_554_432,
    maxGroupsPerTrack: 100,
    maxAgeMs: 30_000,
  },
  limits: {
    maxRequests: 1000,
    maxSubscriptions: 500,
    maxPublishedTracks: 500,
    maxNamespaces: 200,
    maxNamespaceSubscriptions: 50,
    maxFetches: 50,
    controlMessageRate: 200,
    controlMessageBurst: 2000,
    maxObjectBytes: 16_777_216,
  },
  delivery: {
    maxBacklogBytes: 8_388_608,
    maxOpenSubgroups: 32,
    stallTimeoutMs: 10_000,
  },
  metrics: { perTrack: 0 },
  log: { level: "info", format: "auto" },
  telemetry: { enabled: false },
  drainTimeoutMs: 10_000,
};
