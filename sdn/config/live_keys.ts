import { LIVE_LOG_KEYS } from "@qumo/shared/runtime";

/** The keys that a running controller takes anew, by what they are about. */
export const LIVE_KEYS = {
  log: LIVE_LOG_KEYS,
  access: ["auth.mode", "auth.tokens", "server.allowed_hosts"],
  rates: ["server.requests_per_second", "server.request_burst"],
  peerToken: ["graph.peer_token_file"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
