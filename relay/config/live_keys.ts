import { LIVE_LOG_KEYS } from "@qumo/shared/runtime";

/**
 * The keys that a running relay takes anew, by what they are about. The others are part of what is
 * built once: addresses, buffers of sockets, the mesh.
 */
export const LIVE_KEYS = {
  log: LIVE_LOG_KEYS,
  /** For sessions that begin afterwards. */
  sessions: [
    "relay.late_join",
    "relay.forward",
    "relay.solicit",
    "relay.rendezvous_max_ms",
    "limits.max_requests",
    "limits.max_subscriptions",
    "limits.max_published_tracks",
    "limits.max_namespaces",
    "limits.max_namespace_subscriptions",
    "limits.max_fetches",
    "limits.control_message_rate",
    "limits.control_message_burst",
    "delivery.max_backlog_bytes",
    "delivery.max_open_subgroups",
    "delivery.stall_timeout_ms",
  ],
  /** For connections that come afterwards. */
  connections: [
    "server.max_sessions",
    "server.max_connections_per_address",
    "server.known_addresses",
  ],
  origins: ["server.allowed_origins"],
  access: ["auth.keys", "auth.public.publish", "auth.public.subscribe"],
  ops: ["ops.details", "ops.tokens"],
  drain: ["drain_timeout_ms"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What the keys of `access` are judged with. */
export const ACCESS_DEPENDS_ON = [
  "auth.mode",
  "auth.ca_file",
  "auth.cat.enabled",
  "auth.hook.url",
  "mesh.key_file",
  "mesh.trusted_keys",
];
