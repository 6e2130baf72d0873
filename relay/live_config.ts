import { hashedToken } from "@qumo/shared/http";
import type { FileAccess, LiveKeys } from "@qumo/shared/runtime";
import type { Admission } from "./admission.ts";
import { ACCESS_DEPENDS_ON, LIVE_KEYS, type RelayConfig } from "./config.ts";
import type { SessionHost } from "./host.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import type { Listeners } from "./listeners.ts";
import type { OpsAccess } from "./ops/callers.ts";
import { type OriginPolicy, originPolicy } from "./origins.ts";
import type { RelayAccess } from "./relay_access.ts";

/** What of a running relay follows its configuration. */
export interface LiveParts {
  readonly host: Pick<SessionHost, "configure">;
  readonly admission: Pick<Admission, "maxSessions">;
  readonly listeners: Pick<Listeners, "limitConnections">;
  readonly known: Pick<KnownAddresses, "configure">;
  readonly access: RelayAccess | undefined;
  readonly files: Pick<FileAccess, "readText">;
  readonly settings: LiveSettings;
}

/** What a relay reads at each use, because it may have changed. */
export interface LiveSettings {
  allowOrigin: OriginPolicy;
  ops: OpsAccess;
  drainTimeoutMs: number;
  maxConnectionsPerAddress: number;
}

/** The settings that a relay begins with, but for the tokens of its HTTP side. */
export function firstSettings(config: RelayConfig): LiveSettings {
  return {
    allowOrigin: originPolicy(config.server),
    // Nobody is answered before the tokens have been read.
    ops: { details: config.ops.details, tokens: [] },
    drainTimeoutMs: config.drainTimeoutMs,
    maxConnectionsPerAddress: config.server.maxConnectionsPerAddress,
  };
}

/** The tokens of the HTTP side. Rejects when a file of one cannot be read. */
export async function readOpsAccess(
  { ops: { details, tokens } }: RelayConfig,
  files: LiveParts["files"],
): Promise<OpsAccess> {
  const read = tokens.map((token) => hashedToken(token, (path) => files.readText(path)));
  return { details, tokens: await Promise.all(read) };
}

/** How a running relay takes over each key of {@linkcode LIVE_KEYS}, but for those of the log. */
export function liveKeys(parts: LiveParts): LiveKeys<RelayConfig>[] {
  const { host, admission, listeners, known, access, files, settings } = parts;
  const live: LiveKeys<RelayConfig>[] = [
    { keys: LIVE_KEYS.sessions, prepare: (config) => () => host.configure(config) },
    {
      keys: LIVE_KEYS.connections,
      prepare: ({ server }) => () => {
        admission.maxSessions = server.maxSessions;
        listeners.limitConnections(server.maxConnectionsPerAddress);
        settings.maxConnectionsPerAddress = server.maxConnectionsPerAddress;
        known.configure(server.knownAddresses);
      },
    },
    {
      keys: LIVE_KEYS.origins,
      dependsOn: ["server.address"],
      prepare: ({ server }) => {
        const allowOrigin = originPolicy(server);
        return () => void (settings.allowOrigin = allowOrigin);
      },
    },
    {
      keys: LIVE_KEYS.ops,
      readsFiles: true,
      prepare: async (config) => {
        const ops = await readOpsAccess(config, files);
        return () => void (settings.ops = ops);
      },
    },
    {
      keys: LIVE_KEYS.drain,
      prepare: ({ drainTimeoutMs }) => () => void (settings.drainTimeoutMs = drainTimeoutMs),
    },
  ];
  const follow = access?.follow;
  if (follow === undefined) return live;
  return [...live, {
    keys: LIVE_KEYS.access,
    dependsOn: ACCESS_DEPENDS_ON,
    prepare: ({ auth }) => follow(auth),
  }];
}
